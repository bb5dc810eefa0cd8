/**
 * POP3: numbers that are none, dots, sessions that drop, unique-ids over restarts, and STLS with something behind
 * it; over sockets, beside IMAP.
 */

import { assert, assertEquals } from "@std/assert";
import { serve } from "../../server/serve.ts";
import type { ImapServer } from "../../server/server.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Storage } from "../../storage/storage.ts";

const encoder = new TextEncoder();

/** A server with both protocols on a storage. */
async function start(storage: Storage): Promise<ImapServer> {
  return serve({
    hostname: "127.0.0.1",
    listeners: [{ kind: "imap", port: 0 }, { kind: "pop3", port: 0 }],
    users: { alice: "secret" },
    storage,
    tls: await testCertificate(),
    limits: { badCommandDelay: 0 },
    onError: (error) => console.error(error),
  });
}

/** A connection by text. */
class Line implements Disposable {
  readonly #conn: Deno.TcpConn;
  #heard = "";

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(server: ImapServer, kind: string): Promise<Line> {
    const { port } = server.addrs.find((address) => address.kind === kind)!;
    const line = new Line(await Deno.connect({ hostname: "127.0.0.1", port }));
    await line.until(/\r\n/);
    return line;
  }

  /** Sends, and gives what comes up to and with a pattern. */
  async ask(text: string, end: RegExp): Promise<string> {
    await this.send(text);
    return await this.until(end);
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(encoder.encode(text));
  }

  async until(end: RegExp): Promise<string> {
    const buffer = new Uint8Array(4_096);
    for (;;) {
      const match = end.exec(this.#heard);
      if (match !== null) {
        const at = match.index + match[0].length;
        const said = this.#heard.slice(0, at);
        this.#heard = this.#heard.slice(at);
        return said;
      }
      const count = await this.#conn.read(buffer);
      if (count === null) return this.#heard;
      this.#heard += new TextDecoder().decode(buffer.subarray(0, count));
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

const STATUS = /^(\+OK|-ERR)[^\n]*\r\n/;
const MULTI = /^\+OK[^]*?\r\n\.\r\n/;

async function logIn(server: ImapServer): Promise<Line> {
  const line = await Line.open(server, "pop3");
  await line.ask("USER alice\r\n", STATUS);
  assert((await line.ask("PASS secret\r\n", STATUS)).startsWith("+OK"));
  return line;
}

async function append(server: ImapServer, ...messages: string[]) {
  using imap = await Line.open(server, "imap");
  await imap.ask("a LOGIN alice secret\r\n", /a OK[^\n]*\n/);
  for (const message of messages) {
    const { length } = encoder.encode(message);
    await imap.ask(
      `b APPEND INBOX {${length}+}\r\n${message}\r\n`,
      /b OK[^\n]*\n/,
    );
  }
}

Deno.test("numbers that are none are refused, and the session goes on", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  await using server = await start(storage);
  await append(server, "Subject: x\r\n\r\nbody\r\n");
  using line = await logIn(server);
  for (
    const command of [
      "RETR 99999999999",
      "DELE -1",
      "TOP 1 -5",
      "RETR 0",
      "LIST 01",
    ]
  ) {
    assert((await line.ask(`${command}\r\n`, STATUS)).startsWith("-ERR"));
  }
  assertEquals(await line.ask("STAT\r\n", STATUS), "+OK 1 20\r\n");
});

Deno.test("dots at the start of lines are stuffed, and none ends a message early", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  await using server = await start(storage);
  const tricks = ".\r\n..\r\n.x\r\n\n.\n+OK 1 evil\n.\r\n";
  await append(server, `Subject: x\r\n\r\n${tricks}`);
  using line = await logIn(server);
  const heard = await line.ask("RETR 1\r\n", MULTI);
  const lines = heard.slice(heard.indexOf("\r\n") + 2, -3);
  assertEquals(
    lines,
    "Subject: x\r\n\r\n..\r\n...\r\n..x\r\n\r\n..\r\n+OK 1 evil\r\n..\r\n",
  );
  const size = lines.replace(/^\./gm, "").length;
  assertEquals(await line.ask("LIST 1\r\n", STATUS), `+OK 1 ${size}\r\n`);
});

Deno.test("a session that drops removes nothing, one that quits does, and IMAP hears at once", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  await using server = await start(storage);
  await append(server, "Subject: 1\r\n\r\n", "Subject: 2\r\n\r\n");
  using imap = await Line.open(server, "imap");
  await imap.ask("a LOGIN alice secret\r\n", /a OK[^\n]*\n/);
  assert(
    (await imap.ask("b SELECT INBOX\r\n", /b OK[^\n]*\n/)).includes(
      "* 2 EXISTS",
    ),
  );
  {
    using dropped = await logIn(server);
    await dropped.ask("DELE 1\r\n", STATUS);
  }
  {
    using quitting = await logIn(server);
    assertEquals(await quitting.ask("STAT\r\n", STATUS), "+OK 2 28\r\n");
    await imap.ask("c IDLE\r\n", /\+ [^\n]*\n/);
    await quitting.ask("DELE 2\r\n", STATUS);
    assert((await quitting.ask("QUIT\r\n", STATUS)).startsWith("+OK"));
  }
  assertEquals(await imap.until(/EXPUNGE\r\n/), "* 2 EXPUNGE\r\n");
  const done = await imap.ask("DONE\r\n", /c OK[^\n]*\n/);
  assert(!done.includes("EXPUNGE"));
});

Deno.test("unique-ids are the same after a restart, and never used again", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/mail.kv`;
    const heard: string[][] = [];
    for (let life = 0; life < 3; life++) {
      await using storage = await openKvStorage({ path });
      await using server = await start(storage);
      if (life !== 1) await append(server, "A: 1\r\n\r\n", "A: 2\r\n\r\n");
      using line = await logIn(server);
      const list = await line.ask("UIDL\r\n", MULTI);
      heard.push(
        list.split("\r\n").slice(1, -2).map((one) => one.split(" ")[1]!),
      );
      if (life === 1) await line.ask("DELE 2\r\nQUIT\r\n", /Signing off/);
    }
    const [first, second, third] = heard as [string[], string[], string[]];
    assertEquals(second, first);
    assertEquals(third.slice(0, 1), first.slice(0, 1));
    assertEquals(new Set([...first, ...third]).size, 4);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("what is said in clear text behind STLS is never answered", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  await using server = await start(storage);
  for (const behind of ["NOOP\r\n", "USER alice\r\nPASS secret\r\n", "US"]) {
    using line = await Line.open(server, "pop3");
    await line.send(`STLS\r\n${behind}`);
    assertEquals(await line.until(/never/), "+OK Begin the handshake\r\n");
  }
});

Deno.test("bytes of every kind as a command leave the server as it was", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  await using server = await start(storage);
  for (const text of ["\0", "\xff\xfe", "GET / HTTP/1.1", "x".repeat(70_000)]) {
    using line = await Line.open(server, "pop3");
    await line.send(`${text}\r\n`);
    assert((await line.until(STATUS)).startsWith("-ERR"));
  }
  using line = await Line.open(server, "pop3");
  await line.send("NONSENSE\r\n".repeat(30));
  const heard = await line.until(/never/);
  assertEquals(heard.match(/-ERR Unknown command\r\n/g)?.length, 20);
  assert(heard.endsWith("-ERR Too many bad commands\r\n"));
});
