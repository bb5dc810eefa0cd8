/**
 * An IMAP server over a plain array: no database, no storage object, nothing but callbacks.
 *
 * `deno run --allow-net examples/array_server.ts` listens on 127.0.0.1:1143 for alice, whose password is
 * `secret`. What she keeps there is gone when it ends.
 *
 * @module
 */

import { type Callbacks, type MailboxEvent, serve } from "../mod.ts";
import type { MailboxEntry, MessageEntry } from "../mod.ts";

type Box = MailboxEntry & { user: string; messages: MessageEntry[] };

/** Callbacks that keep the mailboxes of all users in an array. */
export function arrayCallbacks(): Callbacks {
  const all: Box[] = [];
  const box = ({ user: { name: user }, mailbox: { name } }: MailboxEvent) => {
    const known = all.find((one) => one.user === user && one.name === name);
    if (known === undefined) {
      all.push({ user, name, selectable: false, messages: [] });
    }
    return known ?? all.at(-1)!;
  };
  const empty = () => ({ selectable: false, specialUse: [], messages: [] });
  return {
    getMailboxes: ({ user }) => all.filter((one) => one.user === user.name),
    createMailbox({ specialUse, ...event }) {
      Object.assign(box(event), { selectable: true, specialUse });
    },
    deleteMailbox: (event) => void Object.assign(box(event), empty()),
    renameMailbox({ user, mailbox: { name: from }, newName }) {
      for (const one of all.filter((one) => one.user === user.name)) {
        const isBelow = from !== "INBOX" && one.name.startsWith(`${from}/`);
        if (one.name !== from && !isBelow) continue;
        const name = newName + one.name.slice(from.length);
        const { messages, specialUse = [] } = one;
        const selectable = one.selectable || from === "INBOX";
        const moved = { messages, specialUse, selectable };
        Object.assign(box({ user, mailbox: { name } }), moved);
        Object.assign(one, empty());
      }
    },
    updateMailbox: ({ user, mailbox, ...changes }) =>
      void Object.assign(box({ user, mailbox }), changes),
    getMessages: (event) => box(event).messages,
    appendMessage({ source, flags, internalDate, ...event }) {
      const id = crypto.randomUUID();
      box(event).messages.push({ id, source, flags, internalDate });
      return { id };
    },
    updateMessages(event) {
      const flags = new Map(event.messages.map(({ id, flags }) => [id, flags]));
      box(event).messages = box(event).messages.map((message) => ({
        ...message,
        flags: flags.get(message.id!) ?? message.flags!,
      }));
    },
    deleteMessages(event) {
      const gone = new Set(event.messages.map(({ id }) => id));
      box(event).messages = box(event).messages.filter(({ id }) =>
        !gone.has(id)
      );
    },
  };
}

if (import.meta.main) {
  const callbacks = arrayCallbacks();
  await serve({ users: { alice: "secret" }, callbacks }).finished;
}
