/**
 * Connections that end while something is under way, and what must not be lost or shown by it.
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { serve } from "../../server/serve.ts";
import type { ImapServer } from "../../server/server.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { Arena, ask } from "./arena.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection on which text is written, and that is read to its end. */
async function begin(server: ImapServer): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ port: server.addr.port });
  await conn.write(encoder.encode("a LOGIN alice secret\r\n"));
  let heard = "";
  const buffer = new Uint8Array(4_096);
  while (!heard.includes("a OK")) {
    heard += decoder.decode(buffer.subarray(0, (await conn.read(buffer))!));
  }
  return conn;
}

async function readToEnd(conn: Deno.TcpConn): Promise<string> {
  let heard = "";
  for await (const chunk of conn.readable) heard += decoder.decode(chunk);
  return heard;
}

const appends = Array.from(
  { length: 20 },
  (_, n) => `p${n} APPEND INBOX {10+}\r\nSubject: x\r\n`,
).join("");

async function stored(storage: Storage): Promise<number> {
  const account = await storage.openAccount("alice");
  const [status] = await account.status(["INBOX"]);
  account.close();
  return status!.messages;
}

const endings: [
  string,
  string,
  (conn: Deno.TcpConn, server: ImapServer) => Promise<void> | void,
][] = [
  ["the client sends no more", "", (conn) => conn.closeWrite()],
  ["a literal is too long", "x CREATE {99999999+}\r\n", () => {}],
  ["a literal cannot be read", "x CREATE {1x+}\r\n", () => {}],
  ["the server stops", "", (_, server) => void server.shutdown()],
];

for (const [about, behind, end] of endings) {
  Deno.test(`what is stored is answered when ${about}`, async () => {
    await using storage = await openKvStorage({ path: ":memory:" });
    await using server = serve({
      port: 0,
      users: { alice: "secret" },
      storage,
    });
    const conn = await begin(server);
    await conn.write(encoder.encode(appends + behind));
    await end(conn, server);
    const heard = await readToEnd(conn);
    const answered = heard.match(/^p\d+ OK/gm)?.length ?? 0;
    assertEquals(answered, await stored(storage));
    if (about !== "the server stops") assertEquals(answered, 20);
  });
}

Deno.test("a trace shows no password, however LOGIN is written", async () => {
  const lines: string[] = [];
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    limits: { failedLoginDelay: 0, failedLogins: 100 },
    trace: (_, direction, line) => lines.push(`${direction} ${line}`),
  });
  const conn = await Deno.connect({ port: server.addr.port });
  const written = [
    "b LOGIN\talice s3cr3t",
    " c LOGIN alice s3cr3t",
    "d LOGON alice s3cr3t",
    "e  LOGIN alice s3cr3t",
    "f LOGIN alice {6+}\r\ns3cr3t",
    "g LOGIN {5+}\r\nalice s3cr3t",
    "h AUTHENTICATE PLAIN AGFsaWNlAHMzY3IzdA==",
    "i AUTHENTICATE PLAIN\r\nAGFsaWNlAHMzY3IzdA==",
    "j LOGIN alice s3cr3t extra",
    // Who does not wait for a challenge sends what is taken for a command, and echoed as its tag.
    `l AUTHENTICATE NONE\r\n${btoa("\0alice\0s3cr3t".padEnd(60, "x"))} x`,
    `m AUTHENTICATE NONE\r\n${btoa("\0alice\0s3cr3t".padEnd(60, "x"))}`,
    "k LOGOUT",
  ];
  await conn.write(encoder.encode(written.join("\r\n") + "\r\n"));
  await readToEnd(conn);
  const trace = lines.join("\n");
  assert(trace.includes("C d LOGON"));
  assertFalse(/s3cr3t|AGFsaWNl/.test(trace), trace);
});

Deno.test("FETCH of a large message many times over", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const body = "x".repeat(1_000_000);
  await ask(client, "a", `a APPEND INBOX {${body.length}+}\r\n${body}`);
  await ask(client, "b", "b SELECT INBOX");
  const same = Array(900).fill("BODY.PEEK[]").join(" ");
  const once = await ask(client, "c", `c FETCH 1 (${same})`);
  assertEquals(once.status, "OK");
  assertEquals(once.untagged.length, 1);
  const sizes = Array(900).fill("BINARY.SIZE[1]").join(" ");
  assertEquals((await ask(client, "d", `d FETCH 1 (${sizes})`)).status, "OK");
});

Deno.test("LIST with hundreds of patterns", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const pattern = "%*".repeat(10) + "x";
  const patterns = Array(900).fill(`{${pattern.length}+}\r\n${pattern}`);
  const { status, code } = await ask(
    client,
    "a",
    `a LIST "" (${patterns.join(" ")})`,
  );
  assertEquals([status, code], ["BAD", "LIMIT"]);
});
