/** Whatever the bytes of a message and however they come, they are what is stored. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LmtpServer, sourcesOf } from "./peer.ts";
import { rounds } from "../shards/part.ts";

/** Bytes of the kind that mail data is taken apart by. */
const messages = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(fc.constantFrom(13, 10, 46, 120, 0, 255), { maxLength: 60 })
    .map((bytes) => Uint8Array.from(bytes)),
);
/** How many bytes a chunk has, or the server reads at a time. */
const pieces = fc.integer({ min: 1, max: 40 });

/** A header before the bytes, so that no field of theirs is taken for Return-Path. */
const START = Uint8Array.of(0x58, 0x3a, 13, 10, 13, 10);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Mail data as a client sends it: a dot more where a line begins with one (RFC 5321 § 4.5.2). */
function stuffed(message: Uint8Array): Uint8Array {
  const out: number[] = [];
  message.forEach((byte, index) => {
    const begins = index === 0 ||
      (message[index - 2] === 13 && message[index - 1] === 10);
    if (begins && byte === 46) out.push(46);
    out.push(byte);
  });
  return Uint8Array.from([...out, 46, 13, 10]);
}

/** What is stored of a message behind our own fields, after all of these bytes were sent. */
async function stored(sent: Uint8Array, piece: number): Promise<Uint8Array> {
  await using server = new LmtpServer();
  const peer = await server.connect({ piece }).hello();
  peer.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@b.example>\r\n");
  peer.send(sent);
  peer.send("QUIT\r\n");
  const replies = await peer.rest();
  assertEquals(replies.at(-1), "221 2.0.0 Bye");
  const [source, ...more] = await sourcesOf(server.storage, "alice");
  assertEquals(more, []);
  // Return-Path, Delivered-To, and the four lines of Received
  let at = 0;
  for (let line = 0; line < 6; line++) at = source!.indexOf(10, at) + 1;
  return source!.subarray(at);
}

const encoder = new TextEncoder();

Deno.test("DATA stores the bytes of a message as they were", async () => {
  await fc.assert(
    fc.asyncProperty(messages, pieces, async (bytes, piece) => {
      const message = joined([START, bytes, Uint8Array.of(13, 10)]);
      const sent = joined([encoder.encode("DATA\r\n"), stuffed(message)]);
      assertEquals(await stored(sent, piece), message);
    }),
    { numRuns: rounds(300) },
  );
});

Deno.test("BDAT stores the bytes of a message as they were", async () => {
  await fc.assert(
    fc.asyncProperty(messages, pieces, pieces, async (bytes, size, piece) => {
      const message = joined([START, bytes]);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < message.length; at += size) {
        const chunk = message.subarray(at, at + size);
        const last = at + size >= message.length ? " LAST" : "";
        parts.push(encoder.encode(`BDAT ${chunk.length}${last}\r\n`), chunk);
      }
      assertEquals(await stored(joined(parts), piece), message);
    }),
    { numRuns: rounds(200) },
  );
});

Deno.test("Whatever a client sends, the server goes on or says goodbye", async () => {
  const words = fc.constantFrom(
    "LHLO a.example",
    "MAIL FROM:<a@b.example>",
    "MAIL FROM:<>",
    "RCPT TO:<alice@b.example>",
    "RCPT TO:<",
    "DATA",
    "BDAT 3",
    "BDAT 3 LAST",
    "RSET",
    ".",
    "..",
    "abc",
    "\r",
    "\n",
    "\0",
    "\xff\xfe",
    "\r\n",
    "\r\n",
    "\r\n",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 40 }), pieces, async (
      said,
      piece,
    ) => {
      await using server = new LmtpServer({ limits: { badCommands: 100 } });
      const peer = await server.connect({ piece }).hello();
      const bytes = Uint8Array.from(said.join(""), (c) => c.charCodeAt(0));
      peer.send(bytes);
      peer.end();
      for (const reply of await peer.rest()) {
        assert(/^[2345]\d\d /.test(reply.split("\r\n").at(-1)!), reply);
      }
    }),
    { numRuns: rounds(300) },
  );
});

Deno.test("A large message comes in without harm", async () => {
  const line = "x".repeat(76) + "\r\n";
  const message = encoder.encode(line.repeat(40_000));
  const sent = joined([encoder.encode("DATA\r\n"), stuffed(message)]);
  const source = await stored(sent, 65_536);
  assertEquals(source.length, message.length);
  assert(source.every((byte, index) => byte === message[index]));
});
