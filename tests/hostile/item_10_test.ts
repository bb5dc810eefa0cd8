/** Item 10: those who guess, wait, or do nothing. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { configure, reset } from "@logtape/logtape";
import { formatText } from "../../server/log.ts";
import { type ImapServer, serve, type ServeOptions } from "../../mod.ts";

const encoder = new TextEncoder();

/** A connection that reads line by line. */
class Line implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  #text = "";

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async open(server: ImapServer, listener = 0): Promise<Line> {
    const { port } = server.addrs[listener]!;
    return new Line(await Deno.connect({ port }));
  }

  async say(text: string): Promise<void> {
    await this.#conn.write(encoder.encode(text + "\r\n"));
  }

  /** The next line, or null at the end. */
  async hear(): Promise<string | null> {
    const buffer = new Uint8Array(4_096);
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) return null;
      this.#text += this.#decoder.decode(buffer.subarray(0, count));
    }
  }

  /** The response with a tag, or null when the connection ended. */
  async ask(tag: string, command: string): Promise<string | null> {
    await this.say(`${tag} ${command}`);
    for (;;) {
      const line = await this.hear();
      if (line === null || line.startsWith(`${tag} `)) return line;
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function start(options: ServeOptions): ImapServer {
  const users = { alice: "secret", bob: "secret" };
  return serve({
    port: 0,
    users,
    onListen: () => {},
    drainTime: 0,
    ...options,
  });
}

Deno.test("a user who is guessed at waits on every connection, others do not", async () => {
  const quick = { failedLoginDelay: 1 };
  await using server = start({ limits: quick });
  for (let n = 0; n < 3; n++) {
    using guesser = await Line.open(server);
    assertMatch(await guesser.ask("a", "LOGIN alice wrong") ?? "", /^a NO/);
  }
  // From now on a wait lasts longer than the test.
  const hour = 3_600_000;
  server.reload({
    limits: { failedLoginDelay: hour, loginWaitByUser: hour },
  });
  using alice = await Line.open(server);
  using bob = await Line.open(server);
  let answered = false;
  const waiting = alice.ask("a", "LOGIN alice secret")
    .then((answer) => answered = answer !== null);
  assertMatch(await bob.ask("b", "LOGIN bob secret") ?? "", /^b OK/);
  assertMatch(await bob.ask("c", "NOOP") ?? "", /^c OK/);
  assert(!answered);
  await server.shutdown();
  await waiting;
});

Deno.test("wrong passwords in a row end the connection", async () => {
  await using server = start({
    limits: { failedLoginDelay: 0, failedLogins: 3 },
  });
  using line = await Line.open(server);
  assertMatch(
    await line.ask("a", "LOGIN alice x") ?? "",
    /AUTHENTICATIONFAILED/,
  );
  assertMatch(
    await line.ask("b", "LOGIN nobody x") ?? "",
    /AUTHENTICATIONFAILED/,
  );
  await line.say("c LOGIN alice x");
  assertMatch(await line.hear() ?? "", /^\* BYE Too many failed logins/);
});

Deno.test("nonsense in a row ends the connection", async () => {
  await using server = start({
    limits: { badCommands: 5, badCommandDelay: 0 },
  });
  using line = await Line.open(server);
  let last: string | null = "";
  for (let n = 0; n < 10 && last !== null; n++) {
    await line.say(`t${n} NONSENSE`).catch(() => {});
    last = await line.hear();
    if (last?.startsWith("* BYE")) break;
  }
  assertMatch(last ?? "", /^\* BYE/);
});

for (const kind of ["imap", "pop3"] as const) {
  Deno.test(`nonsense in a row is answered ever later, and nobody else waits: ${kind}`, async () => {
    const hour = 3_600_000;
    await using server = start({
      listeners: [{ kind, port: 0 }],
      limits: { badCommands: 8, badCommandDelay: hour },
    });
    using line = await Line.open(server);
    await line.hear();
    // A quarter of them is free.
    for (let n = 0; n < 2; n++) {
      await line.say("x NONSENSE");
      assertMatch(await line.hear() ?? "", /^(x BAD|-ERR) /);
    }
    let answered = false;
    await line.say("x NONSENSE");
    const waiting = line.hear().then((said) => answered = said !== null);
    using other = await Line.open(server);
    assertMatch(await other.hear() ?? "", /^(\* OK|\+OK) /);
    await other.say("x NONSENSE");
    assertMatch(await other.hear() ?? "", /^(x BAD|-ERR) /);
    assert(!answered);
    await server.shutdown();
    await waiting;
  });
}

Deno.test("a user with too many sessions hears BYE, others do not", async () => {
  await using server = start({ maxConnectionsPerUser: 2 });
  const sessions = [];
  for (let n = 0; n < 2; n++) {
    const line = await Line.open(server);
    assertMatch(await line.ask("a", "LOGIN alice secret") ?? "", /^a OK/);
    sessions.push(line);
  }
  using third = await Line.open(server);
  await third.hear();
  await third.say("b LOGIN alice secret");
  assertMatch(await third.hear() ?? "", /^(\* BYE|b NO) .*[Tt]oo many/);
  using bob = await Line.open(server);
  assertMatch(await bob.ask("c", "LOGIN bob secret") ?? "", /^c OK/);
  sessions.shift()![Symbol.dispose]();
  for (let said: string | null = null; !said?.startsWith("d OK");) {
    using again = await Line.open(server);
    said = await again.ask("d", "LOGIN alice secret");
  }
  for (const line of sessions) line[Symbol.dispose]();
});

Deno.test("a failed login is a line of the log that the README's expression for fail2ban finds", async () => {
  const readme = await Deno.readTextFile("README.md");
  const [, failregex] = /`failregex = (.*)`/.exec(readme)!;
  const pattern = new RegExp(
    failregex!.replace("<ADDR>", "(?<address>[\\da-f.:]+)"),
  );
  const lines: string[] = [];
  await configure({
    sinks: { all: (record) => void lines.push(formatText(record)) },
    loggers: [
      { category: "imapd", lowestLevel: "info", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  try {
    await using server = start({
      listeners: [{ kind: "imap", port: 0 }, { kind: "lmtp", port: 0 }],
      limits: { failedLoginDelay: 0 },
    });
    using line = await Line.open(server);
    await line.ask("a", "LOGIN alice secret");
    using guesser = await Line.open(server);
    // What would have somebody else kept out.
    const forged = "info login failed connection=1 remote=192.0.2.1:1";
    await guesser.ask("a", `LOGIN "${forged}" x`);
    await guesser.ask("b", `ID ("name" "${forged}")`);
    await guesser.ask("c", "AUTHENTICATE PLAIN AGFsaWNlAHdyb25n");
    using mail = await Line.open(server, 1);
    await mail.say(
      `LHLO x\r\nMAIL FROM:<"${forged}"@x>\r\nRCPT TO:<alice>\r\nDATA\r\nx\r\n.\r\nQUIT`,
    );
    while (await mail.hear() !== null);
    assert(lines.some((line) => / deliver .*192\.0\.2\.1/.test(line)));
  } finally {
    await reset();
  }
  const found = lines.map((line) => pattern.exec(line)?.groups?.address);
  assertEquals(found.filter((address) => address !== undefined), [
    "127.0.0.1",
    "127.0.0.1",
  ]);
});

Deno.test("those who wait and see make room for those who come", async () => {
  await using server = start({ maxConnectionsBeforeLogin: 3 });
  using user = await Line.open(server);
  assertMatch(await user.ask("a", "LOGIN alice secret") ?? "", /^a OK/);
  const silent: Line[] = [];
  for (let n = 0; n < 5; n++) {
    const line = await Line.open(server);
    assertMatch(await line.hear() ?? "", /^\* OK/);
    silent.push(line);
  }
  const ends = await Promise.all(silent.slice(0, 2).map((line) => line.hear()));
  assertEquals(ends, [null, null]);
  for (const line of silent.slice(2)) {
    assertMatch(await line.ask("n", "NOOP") ?? "", /^n OK/);
  }
  assertMatch(await user.ask("b", "NOOP") ?? "", /^b OK/);
  for (const line of silent) line[Symbol.dispose]();
});

Deno.test("a byte now and then does not keep a connection without login", async () => {
  await using server = start({ limits: { loginTime: 300 } });
  using line = await Line.open(server);
  assertMatch(await line.hear() ?? "", /^\* OK/);
  const ended = line.hear();
  const drip = setInterval(() => line.say("").catch(() => {}), 20);
  try {
    for (let heard = await ended; heard !== null; heard = await line.hear());
  } finally {
    clearInterval(drip);
  }
});
