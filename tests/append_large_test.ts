/** Large messages one after the other, whose memory is used again. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { type Callbacks, MemoryStorage, openKvStorage } from "../mod.ts";
import type { Storage } from "../storage/storage.ts";
import { start } from "./callbacks/harness.ts";
import { withBodyFolders } from "./storage/body_folders.ts";

const SIZES = [
  ...[300_000, 1_200_000, 262_144, 700_000, 699_000, 40_000, 1_000_000],
  ...[1_200_000, 261_000, 500_000],
];

const messages = SIZES.map((size, index) => {
  const head = `Subject: message ${index}\r\n\r\n`;
  const line = `${index} `.repeat(30) + "\r\n";
  return (head + line.repeat(size / line.length)).padEnd(size, `${index}`);
});

/** All that a server says to sessions with nothing but these commands, all of them at the same time. */
async function answersTo(port: number, commands: string[]): Promise<string[]> {
  return await Promise.all(commands.map(async (commands) => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const writer = conn.writable.getWriter();
    const written = writer.write(new TextEncoder().encode(commands));
    const chunks: Uint8Array[] = [];
    for await (const chunk of conn.readable) chunks.push(chunk);
    await written;
    return Buffer.concat(chunks).toString("latin1");
  }));
}

/** Appends in two sessions, a command right behind each message; returns what each mailbox has then. */
async function appended(
  storage: Storage,
  callbacks: Callbacks = {},
): Promise<void> {
  await using tested = start(callbacks, { storage });
  const { port } = tested.server.addr;
  const mailboxes = ["one", "two"];
  const login = "a LOGIN alice secret\r\n";
  const said = await answersTo(
    port,
    mailboxes.map((name) =>
      `${login}b CREATE ${name}\r\n` +
      messages.map((text, index) =>
        `c${index} APPEND ${name} {${text.length}+}\r\n${text}\r\n` +
        `d${index} NOOP\r\n`
      ).join("") + "e LOGOUT\r\n"
    ),
  );
  for (const text of said) {
    assertEquals(text.match(/^[cd]\d+ OK/gm)?.length, 2 * messages.length);
  }
  const [one, two] = await answersTo(
    port,
    mailboxes.map((name) =>
      `${login}b EXAMINE ${name}\r\nc FETCH 1:* BODY.PEEK[]\r\nd LOGOUT\r\n`
    ),
  );
  for (const text of [one!, two!]) {
    for (const [index, source] of messages.entries()) {
      const answer = `* ${
        index + 1
      } FETCH (BODY[] {${source.length}}\r\n${source})`;
      assert(text.includes(answer), `message ${index}`);
    }
  }
  assertEquals(tested.faults, []);
  await storage.close();
}

Deno.test("large messages are what they were: in memory", () =>
  appended(new MemoryStorage()));

Deno.test("large messages are what they were: in a database", async () => {
  using kv = await Deno.openKv(":memory:");
  await appended(await openKvStorage({ kv }));
});

Deno.test("large messages are what they were: in files", () =>
  withBodyFolders(async (make) => {
    using kv = await Deno.openKv(":memory:");
    await appended(await openKvStorage({ kv, bodyFolder: await make() }));
  }));

Deno.test("a callback may keep the messages that it is given", () =>
  withBodyFolders(async (make) => {
    using kv = await Deno.openKv(":memory:");
    const kept: Uint8Array[] = [];
    const storage = await openKvStorage({ kv, bodyFolder: await make() });
    await appended(storage, {
      appendMessage({ source }, next) {
        kept.push(source);
        return next();
      },
    });
    assertEquals(kept.length, 2 * messages.length);
    const texts = new Set(kept.map((bytes) => new TextDecoder().decode(bytes)));
    assertEquals(texts, new Set(messages));
  }));
