/**
 * Literals of many at once: what they take of memory is bounded over all connections.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { type ImapServer, type Limits, serve } from "../../mod.ts";
import { Wire } from "./wire.ts";

const KEPT = { literalsInMemory: 1_000, literalsInMemoryPerUser: 600 };

function start(limits: Partial<Limits>): ImapServer {
  return serve({
    listeners: [{ kind: "imap", port: 0 }, { kind: "lmtp", port: 0 }],
    users: { alice: "secret", bob: "secret", carol: "secret" },
    onListen: () => {},
    limits: { ...KEPT, ...limits },
  });
}

async function logIn(server: ImapServer, user: string): Promise<Wire> {
  const wire = await Wire.open(server.addr.port);
  await wire.until(/\r\n/);
  assertMatch(await wire.ask(`l LOGIN ${user} secret`), /^l OK/m);
  return wire;
}

const body = (size: number) => "x".repeat(size);

/** Announces a message and waits until it may come. */
async function announce(wire: Wire, size: number): Promise<void> {
  await wire.send(`a APPEND INBOX {${size}}\r\n`);
  assertMatch(await wire.until(/\r\n/), /^\+ /);
}

Deno.test("a literal for which there is no room is refused, and the next command is a command", async () => {
  await using server = start({ literalWait: 0 });
  using alice = await logIn(server, "alice");
  using bob = await logIn(server, "bob");
  await announce(alice, 600);
  const unavailable = /^b NO \[UNAVAILABLE\] /m;
  assertMatch(await bob.ask("b APPEND INBOX {500}"), unavailable);
  const sent = `b APPEND INBOX {500+}\r\n${body(500)}`;
  assertMatch(await bob.ask(sent), unavailable);
  assertMatch(await bob.ask("c NOOP"), /^c OK/m);
  // There is room for a smaller one.
  assertMatch(await bob.ask(`d APPEND INBOX {300+}\r\n${body(300)}`), /^d OK/m);
  assertMatch(await alice.ask(body(600), "a"), /^a OK/m);
  assertMatch(await bob.ask(`b APPEND INBOX {500+}\r\n${body(500)}`), /^b OK/m);
});

Deno.test("a user keeps out nobody but himself", async () => {
  await using server = start({ literalWait: 0 });
  using alice = await logIn(server, "alice");
  using second = await logIn(server, "alice");
  using bob = await logIn(server, "bob");
  await announce(alice, 400);
  assertMatch(await second.ask("b APPEND INBOX {300}"), /^b NO \[UNAVAILABLE/m);
  assertMatch(await bob.ask(`b APPEND INBOX {600+}\r\n${body(600)}`), /^b OK/m);
});

Deno.test("who holds one message of a command is not let wait for the next", async () => {
  await using server = start({ literalWait: 3_600_000 });
  using alice = await logIn(server, "alice");
  using bob = await logIn(server, "bob");
  await announce(alice, 600);
  await announce(bob, 300);
  assertMatch(
    await bob.ask(`${body(300)} {200}`, "a"),
    /^a NO \[UNAVAILABLE\] /m,
  );
  assertMatch(await bob.ask("b STATUS INBOX (MESSAGES)"), /MESSAGES 0/);
});

for (
  const [how, end] of [
    ["is stored", (wire: Wire) => wire.ask(body(600), "a")],
    ["is given up", (wire: Wire) => wire[Symbol.dispose]()],
  ] as const
) {
  Deno.test(`who waits goes on when what is in the way ${how}`, async () => {
    await using server = start({ literalWait: 3_600_000 });
    using alice = await logIn(server, "alice");
    using bob = await logIn(server, "bob");
    using carol = await logIn(server, "carol");
    await announce(alice, 600);
    const announced = announce(bob, 500);
    const stored = carol.ask(`a APPEND INBOX {450+}\r\n${body(450)}`);
    // Others who want no room are served.
    using other = await logIn(server, "bob");
    assertMatch(await other.ask("n NOOP"), /^n OK/m);
    await end(alice);
    await announced;
    assertMatch(await bob.ask(body(500), "a"), /^a OK/m);
    assertMatch(await stored, /^a OK/m);
  });
}

Deno.test("commands that are refused or done hold nothing", async () => {
  await using server = start({ literalWait: 0, badCommands: 1_000 });
  using alice = await logIn(server, "alice");
  const literal = `{500+}\r\n${body(500)}`;
  for (
    const command of [
      `APPEND INBOX (\\Bogus) ${literal}`,
      `APPEND nowhere ${literal}`,
      `APPEND INBOX ${literal} {9000000000}`,
      `APPEND INBOX ${literal} {200}`,
      `BLURDYBLOOP ${literal}`,
      `CREATE ${literal} x`,
      `STATUS ${literal} (MESSAGES)`,
      `APPEND INBOX ${literal}`,
    ]
  ) {
    for (let n = 0; n < 3; n++) await alice.ask(`a ${command}`);
  }
  await alice.send(`p APPEND INBOX ${literal}\r\n`.repeat(20));
  assertMatch(await alice.ask(`a APPEND INBOX ${literal}`), /^a OK/m);
  // Who goes in the middle of one holds nothing either.
  for (let n = 0; n < 5; n++) {
    using gone = await logIn(server, "alice");
    await gone.send(`a APPEND INBOX {500+}\r\n${body(100)}`);
    await gone.finish();
  }
  assertMatch(await alice.ask(`a APPEND INBOX ${literal}`), /^a OK/m);
});

Deno.test("a server that stops does not wait for room", async () => {
  await using server = start({ literalWait: 3_600_000 });
  using alice = await logIn(server, "alice");
  using bob = await logIn(server, "bob");
  await announce(alice, 600);
  await bob.send("b APPEND INBOX {500}\r\n");
  const shutdown = server.shutdown();
  assertMatch(await bob.rest(), /^\* BYE /m);
  await shutdown;
});

Deno.test("who falls silent in the middle of a literal is dropped before others are", async () => {
  await using server = start({ literalTime: 100 });
  using alice = await logIn(server, "alice");
  using idle = await logIn(server, "bob");
  await alice.send(`a APPEND INBOX {500+}\r\n${body(100)}`);
  assertMatch(await alice.rest(), /^\* BYE You have been silent/m);
  assertMatch(await idle.ask("n NOOP"), /^n OK/m);
});

Deno.test("a command before login has fewer literals", async () => {
  await using server = start({ literalsInMemory: 10_000_000 });
  using wire = await Wire.open(server.addr.port);
  await wire.until(/\r\n/);
  const literal = `{4000+}\r\n${body(4_000)}`;
  const pairs = Array(20).fill(`"a" ${literal}`).join(" ");
  assertMatch(await wire.ask(`a ID (${pairs})`), /^a BAD \[TOOBIG\] /m);
  const few = `a ID ("a" {500+}\r\n${body(500)})`;
  assertMatch(await wire.ask(few), /^a OK/m);
});

Deno.test("mail for which there is no room is for later", async () => {
  await using server = start({ literalsInMemory: 20_000 });
  const { port } = server.addrs.find(({ kind }) => kind === "lmtp")!;
  using alice = await logIn(server, "alice");
  await announce(alice, 20_000);
  const mail = (command: string) =>
    "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice>\r\nRCPT TO:<bob>\r\n" +
    `${command}QUIT\r\n`;
  const data = mail(`DATA\r\n${body(30)}\r\n.\r\n`);
  const chunk = mail(`BDAT 30 LAST\r\n${body(30)}`);
  for (const text of [data, chunk]) {
    using wire = await Wire.open(port);
    await wire.send(text);
    const said = await wire.rest();
    assertEquals(said.match(/^452 4\.3\.1 /gm)?.length, 2, said);
  }
  assertMatch(await alice.ask(body(20_000), "a"), /^a OK/m);
  for (const text of [data, chunk]) {
    using wire = await Wire.open(port);
    await wire.send(text);
    const said = await wire.rest();
    assertEquals(said.match(/^250 2\.0\.0 .*has it/gm)?.length, 2, said);
  }
});
