/**
 * An mbox file as a mailbox that can be read and not changed. What is added to the file comes as new mail.
 *
 * `deno run --allow-net=127.0.0.1 --allow-read=mail.mbox examples/mbox_view.ts mail.mbox` listens on
 * 127.0.0.1:1143 for alice, whose password is `secret`. What she has read is not noted anywhere.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import type { Callbacks, ImapServer, MessageEntry } from "../mod.ts";
import { serve } from "../mod.ts";

/** The line before a message, at the beginning of the file or behind an empty line (RFC 4155). */
const FROM_LINE = /^From \S+ +(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\s+$/;

/** The lines of a file, or of some of its bytes; each character stands for a byte. */
async function* linesOf(path: string, start = 0, end = Infinity) {
  const options = { encoding: "latin1", start, end } as const;
  let rest = "";
  for await (const text of createReadStream(path, options)) {
    const lines = String(text).split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    for (const line of lines) yield `${line}\n`;
  }
  if (rest !== "") yield rest;
}

/** The messages of a file; each is called by where it begins and ends. */
async function messagesOf(path: string): Promise<MessageEntry[]> {
  const found: { at: number; date: number }[] = [];
  let [at, last] = [0, ""];
  for await (const line of linesOf(path)) {
    const isStart = last.trim() === "" && FROM_LINE.exec(line);
    if (isStart) found.push({ at, date: Date.parse(`${isStart[1]} UTC`) });
    at += line.length;
    last = line;
  }
  return found.map(({ at: start, date }, index) => ({
    id: `${start}-${found[index + 1]?.at ?? at}`,
    internalDate: date,
  }));
}

/** Starts a server that shows a file as INBOX; port 0 picks a free one. */
export function start(path: string, port = 1143): ImapServer {
  let known = { size: 0, list: new Array<MessageEntry>() };
  const callbacks: Callbacks = {
    getMailboxes: () => [{ name: "INBOX", readOnly: true }],
    async getMessages() {
      const { size } = await Deno.stat(path);
      if (size !== known.size) known = { size, list: await messagesOf(path) };
      return known.list;
    },
    async getMessageSource({ message }) {
      const [from, to] = message.id!.split("-").map(Number);
      const [, ...lines] = await Array.fromAsync(linesOf(path, from, to! - 1));
      if (lines.at(-1)?.trim() === "") lines.pop();
      const text = lines.join("").replaceAll(/\r?\n/g, "\r\n");
      return Buffer.from(text, "latin1");
    },
  };
  return serve({ port, users: { alice: "secret" }, callbacks });
}

if (import.meta.main) {
  const [path = "mail.mbox", port = "1143"] = Deno.args;
  const server = start(path, Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  for await (const _ of Deno.watchFs(path)) await server.notify("alice");
}
