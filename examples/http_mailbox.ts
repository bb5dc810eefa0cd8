/**
 * Mailboxes that an HTTP service keeps. Below its URL it answers to
 *
 * - `GET USER/messages` with a list of `{ id, size, date, flags }`,
 * - `GET USER/messages/ID` with a message, its lines ending in CRLF,
 * - `POST USER/messages?date=DATE&flag=FLAG`, which has a message as its body, with `{ id }`,
 * - `PATCH USER/messages`, which has a list of `{ id, flags }`, and
 * - `DELETE USER/messages`, which has a list of ids, with 204.
 *
 * `deno run --allow-net=127.0.0.1,mail.example.com examples/http_mailbox.ts https://mail.example.com/`
 * listens on 127.0.0.1:1143 for alice, whose password is `secret`.
 *
 * @module
 */

import type { Callbacks, ImapServer, User } from "../mod.ts";
import { No, serve } from "../mod.ts";

type Listed = { id: string; size: number; date: string; flags: string[] };

/** Starts a server in front of a service; port 0 picks a free one. */
export function start(service: string, port = 1143): ImapServer {
  const ask = async (path: string, method = "GET", body?: BodyInit) => {
    const request = { method, ...(body && { body }) };
    const url = new URL(path, service);
    const response = await fetch(url, request).catch(() => undefined);
    if (response?.ok) return response;
    await response?.body?.cancel();
    throw new No("UNAVAILABLE", "The mailbox cannot be reached");
  };
  const at = ({ user }: { user: User }) =>
    `${encodeURIComponent(user.name)}/messages`;
  const callbacks: Callbacks = {
    getMailboxes: () => [],
    async getMessages(event) {
      const list: Listed[] = await (await ask(at(event))).json();
      return list.map(({ date, ...message }) => ({
        ...message,
        internalDate: new Date(date),
      }));
    },
    async getMessageSource({ message, ...event }) {
      const { body } = await ask(`${at(event)}/${message.id}`);
      return body ?? "";
    },
    async appendMessage({ source, flags, internalDate, ...event }) {
      const query = new URLSearchParams(flags.map((flag) => ["flag", flag]));
      query.set("date", internalDate.toISOString());
      const path = `${at(event)}?${query}`;
      return await (await ask(path, "POST", new Uint8Array(source))).json();
    },
    async updateMessages({ messages, ...event }) {
      const changes = messages.map(({ id, flags }) => ({ id, flags }));
      await ask(at(event), "PATCH", JSON.stringify(changes));
    },
    async deleteMessages({ messages, ...event }) {
      const ids = messages.map(({ id }) => id);
      await ask(at(event), "DELETE", JSON.stringify(ids));
    },
  };
  return serve({ port, users: { alice: "secret" }, callbacks });
}

if (import.meta.main) {
  const [service = "https://mail.example.com/", port = "1143"] = Deno.args;
  const server = start(service, Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
