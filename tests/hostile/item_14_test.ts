/**
 * Item 14, SCRAM: a changed nonce, a wrong `c=`, downgrade, replay, a missing proof. The iterations are the server's
 * own.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { END_POINT, serveBound } from "../sasl/bound_server.ts";
import {
  LineConnection,
  logInByScram,
  type LoginOptions,
} from "../sasl/login_lines.ts";
import { ScramClient, type ScramClientOptions } from "../sasl/scram_client.ts";

const BARE = "a AUTHENTICATE SCRAM-SHA-256";
const PLUS = `${BARE}-PLUS`;
const FLAG = "p=tls-server-end-point";

/** A server with -PLUS, and what it reports. */
function start() {
  const faults: unknown[] = [];
  const server = serveBound({
    port: 0,
    users: { alice: "secret", bob: "secret" },
    sasl: {
      mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN"],
    },
    limits: { failedLoginDelay: 0, failedLogins: 1_000 },
    onError: (error) => faults.push(error),
  });
  const connect = async () =>
    await LineConnection.begin(await Deno.connect({ port: server.addr.port }));
  return { server, faults, connect };
}

async function logIn(
  connection: LineConnection,
  command: string,
  client: ScramClientOptions = {},
  options: LoginOptions = {},
  password = "secret",
) {
  const scram = new ScramClient("alice", password, client);
  return await logInByScram(connection, command, scram, {
    initial: true,
    ...options,
  });
}

Deno.test("what a changed message proves is nothing", async () => {
  const { server, faults, connect } = start();
  await using _ = server;
  const changes: readonly [about: string, (final: string) => string][] = [
    ["a changed nonce", (final) => final.replace(/,r=./, ",r=!")],
    ["a nonce cut short", (final) => final.replace(/(,r=[^,]+).,p/, "$1,p")],
    [
      "a nonce of the client alone",
      (final) => final.replace(/(,r=.{16})[^,]*/, "$1"),
    ],
    ["a wrong c=", (final) => final.replace("c=biws", "c=eSws")],
    ["no c=", (final) => final.replace("c=biws,", "")],
    ["a missing proof", (final) => final.replace(/,p=.*/, "")],
    ["an empty proof", (final) => final.replace(/,p=.*/, ",p=")],
    ["no message at all", () => ""],
  ];
  using connection = await connect();
  for (const [about, change] of changes) {
    const { answer, proved } = await logIn(connection, BARE, {}, { change });
    assertMatch(answer!, /^a NO \[AUTHENTICATIONFAILED\]/, about);
    assert(!proved, about);
  }
  assertMatch((await logIn(connection, BARE)).answer!, /^a OK/);
  assertEquals(faults, []);
});

Deno.test("what was said once is no use again, on whatever connection", async () => {
  const { server, faults, connect } = start();
  await using _ = server;
  using victim = await connect();
  const nonce = { nonce: "the-same-each-time" };
  const { answer, final } = await logIn(victim, BARE, nonce);
  assertMatch(answer!, /^a OK/);
  using thief = await connect();
  for (let n = 0; n < 3; n++) {
    const again = await logIn(thief, BARE, nonce, { change: () => final });
    assertMatch(again.answer!, /^a NO \[AUTHENTICATIONFAILED\]/);
  }
  assertEquals(faults, []);
});

Deno.test("who was told of no -PLUS where there is one is not let in", async () => {
  const { server, faults, connect } = start();
  await using _ = server;
  using connection = await connect();
  const flag = (flag: string, command: string, binding?: Uint8Array) =>
    logIn(connection, command, {
      flag,
      ...(binding === undefined ? {} : { binding }),
    });
  const downgraded = await flag("y", BARE);
  assertMatch(downgraded.answer!, /^a NO \[AUTHENTICATIONFAILED\]/);
  assert(!downgraded.proved);
  // Between the client and the server stands one with another certificate.
  const other = END_POINT.map((byte) => byte + 1);
  assertMatch((await flag(FLAG, PLUS, other)).answer!, /^a NO \[AUTH/);
  assertMatch((await flag(FLAG, PLUS)).answer!, /^a NO \[AUTH/);
  assertMatch((await flag("n", PLUS)).answer!, /^a BAD/);
  assertMatch((await flag("y", PLUS)).answer!, /^a BAD/);
  assertMatch((await flag(FLAG, BARE, END_POINT)).answer!, /^a BAD/);
  assertMatch((await flag("p=tls-unique", PLUS, END_POINT)).answer!, /^a BAD/);
  const right = await flag(FLAG, PLUS, END_POINT);
  assertMatch(right.answer!, /^a OK/);
  assert(right.proved);
  assertEquals(faults, []);
});

Deno.test("the iterations are the server's own, of whomever", async () => {
  const { server, connect } = start();
  await using _ = server;
  using connection = await connect();
  const told = new Set<string>();
  for (const user of ["alice", "nobody"]) {
    for (const more of ["", ",i=1", ",x=1"]) {
      const first = `n,,n=${user},r=abc${more}`;
      const heard = await connection.ask(`${BARE} ${btoa(first)}`);
      if (more === ",i=1") {
        assertMatch(heard!, /^a BAD/);
        continue;
      }
      told.add(/,i=(.*)$/.exec(atob(heard!.slice(2)))![1]!);
      assertMatch((await connection.ask("*"))!, /^a BAD/);
    }
  }
  assertEquals([...told], ["4096"]);
});

Deno.test("nobody is told from somebody by what is said", async () => {
  const { server, connect } = start();
  await using _ = server;
  using connection = await connect();
  const shapes = new Set<string>();
  const salts = new Map<string, Set<string>>();
  for (const user of ["alice", "bob", "nobody", "alicf", "alice", "nobody"]) {
    const client = new ScramClient(user, "wrong");
    const { answer } = await logInByScram(connection, BARE, client);
    shapes.add(`${client.salt.length} ${client.nonce.length} ${answer}`);
    const known = salts.get(user) ?? new Set();
    salts.set(user, known.add(client.salt));
  }
  assertEquals(shapes.size, 1, [...shapes].join("\n"));
  // Each keeps their own.
  assert([...salts.values()].every(({ size }) => size === 1));
  assertEquals(new Set([...salts.values()].flatMap((s) => [...s])).size, 4);
});

Deno.test("exchanges that are begun and left leave nothing", async () => {
  const { server, faults, connect } = start();
  await using _ = server;
  for (let n = 0; n < 200; n++) {
    using connection = await connect();
    const first = btoa("n,,n=alice,r=abc");
    assertMatch((await connection.ask(`${BARE} ${first}`))!, /^\+ /);
  }
  using connection = await connect();
  assertMatch((await logIn(connection, BARE)).answer!, /^a OK/);
  assertEquals(faults, []);
});
