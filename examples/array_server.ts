/**
 * An IMAP server over a plain array: no database, no storage object, nothing but callbacks.
 *
 * `deno run --allow-net=127.0.0.1 examples/array_server.ts` listens on 127.0.0.1:1143 for alice, whose
 * password is `secret`. What she keeps there is gone when it ends.
 *
 * @module
 */

import type { Callbacks, ImapServer, MessageEntry } from "../mod.ts";
import { type MailboxName, serve, type User } from "../mod.ts";

interface Box {
  name: string;
  user: string;
  specialUse?: readonly string[];
  messages: (MessageEntry & { id: string; flags: readonly string[] })[];
}

/** Callbacks that keep the mailboxes of all users in an array. */
export function arrayCallbacks(): Callbacks {
  let boxes: Box[] = [];
  const box = ({ name: user }: User, { name }: MailboxName) =>
    boxes.find((one) => one.user === user && one.name === name) ??
      boxes[boxes.push({ user, name, messages: [] }) - 1]!;
  return {
    getMailboxes: ({ user }) => boxes.filter((one) => one.user === user.name),
    createMailbox({ user, mailbox, specialUse }) {
      box(user, mailbox).specialUse = specialUse;
    },
    deleteMailbox({ user, mailbox }) {
      const gone = box(user, mailbox);
      boxes = boxes.filter((one) => one !== gone);
    },
    renameMailbox({ user, renames }) {
      for (const { from, to } of renames) box(user, from).name = to.name;
    },
    getMessages: ({ user, mailbox }) => box(user, mailbox).messages,
    appendMessage({ user, mailbox, ...message }) {
      box(user, mailbox).messages.push(message);
    },
    updateMessages({ user, mailbox, messages }) {
      const flags = new Map(messages.map(({ id, flags }) => [id, flags]));
      for (const one of box(user, mailbox).messages) {
        one.flags = flags.get(one.id) ?? one.flags;
      }
    },
    deleteMessages({ user, mailbox, messages }) {
      const gone = new Set(messages.map(({ id }) => id));
      const from = box(user, mailbox);
      from.messages = from.messages.filter(({ id }) => !gone.has(id));
    },
  };
}

/** Starts it; port 0 picks a free one. */
export function start(port = 1143): ImapServer {
  const callbacks = arrayCallbacks();
  return serve({ port, users: { alice: "secret" }, callbacks });
}

if (import.meta.main) {
  const [port = "1143"] = Deno.args;
  const server = start(Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
