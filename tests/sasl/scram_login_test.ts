/**
 * Logging in by SCRAM and CRAM-MD5 over IMAP and POP3.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHmac } from "node:crypto";
import { serve, type ServeOptions } from "../../server/mod.ts";
import { makeScramRecord } from "../../server/scram_record.ts";
import { LineConnection, logInByScram } from "./login_lines.ts";
import { ScramClient } from "./scram_client.ts";

/** The doors, and how each lets in. */
const DOORS = [
  { kind: "imap", command: "a AUTHENTICATE", ok: /^a OK /, no: /^a NO \[A/ },
  { kind: "pop3", command: "AUTH", ok: /^\+OK /, no: /^-ERR \[AUTH\]/ },
] as const;

interface Events {
  readonly lines: string[];
}

function start(options: Partial<ServeOptions> = {}) {
  const events: Events = { lines: [] };
  const server = serve({
    listeners: DOORS.map(({ kind }) => ({ kind, port: 0 })),
    users: { alice: "secret" },
    limits: { failedLoginDelay: 0, failedLogins: 100, badCommands: 100 },
    trace: (_, way, line) => events.lines.push(`${way}: ${line}`),
    ...options,
  });
  const connect = async (kind: string) => {
    const { port } = server.addrs.find((address) => address.kind === kind)!;
    return LineConnection.begin(await Deno.connect({ port }));
  };
  return { server, connect, events };
}

for (const { kind, command, ok, no } of DOORS) {
  Deno.test(`SCRAM over ${kind}`, async () => {
    const { server, connect, events } = start();
    await using _ = server;
    for (const initial of [false, true]) {
      for (const hash of ["sha256", "sha1"] as const) {
        const name = hash === "sha1" ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
        const mechanism = `${command} ${name}`;
        using connection = await connect(kind);
        const wrong = new ScramClient("alice", "wrong", { hash });
        const failed = await logInByScram(connection, mechanism, wrong, {
          initial,
        });
        assertMatch(failed.answer!, no);
        assert(!failed.proved);
        const right = new ScramClient("alice", "secret", { hash });
        const done = await logInByScram(connection, mechanism, right, {
          initial,
        });
        assertMatch(done.answer!, ok);
        assert(done.proved);
      }
    }
    const trace = events.lines.join("\n");
    assert(!trace.includes(btoa("secret")) && !trace.includes("secret"));
  });

  Deno.test(`SCRAM over ${kind} is not done before the client says so`, async () => {
    const { server, connect } = start();
    await using _ = server;
    using connection = await connect(kind);
    const mechanism = `${command} SCRAM-SHA-256`;
    // "*" from one who does not believe the server, and what is no empty response.
    for (const acknowledgement of ["*", "QQ=="]) {
      const client = new ScramClient("alice", "secret");
      const outcome = await logInByScram(connection, mechanism, client, {
        acknowledgement,
      });
      assert(outcome.proved);
      assertMatch(outcome.answer!, kind === "imap" ? /^a BAD / : /^-ERR /);
    }
    const again = new ScramClient("alice", "secret");
    assertMatch((await logInByScram(connection, mechanism, again)).answer!, ok);
  });

  Deno.test(`CRAM-MD5 over ${kind}`, async () => {
    const sasl = { mechanisms: ["CRAM-MD5"] };
    const { server, connect } = start({ sasl, serverName: "mail.example.com" });
    await using _ = server;
    using connection = await connect(kind);
    for (const [password, expected] of [["no", no], ["secret", ok]] as const) {
      const heard = await connection.ask(`${command} CRAM-MD5`);
      const challenge = atob(heard!.slice(2));
      assertMatch(challenge, /^<\d+\.\d+@mail\.example\.com>$/);
      const digest = createHmac("md5", password).update(challenge)
        .digest("hex");
      const answer = await connection.ask(btoa(`alice ${digest}`));
      assertMatch(answer!, expected);
    }
  });
}

Deno.test("SCRAM is for those who have a record, where it is asked for", async () => {
  const passwordHash = await makeScramRecord("secret");
  const users = {
    get: (name: string) =>
      Promise.resolve(name === "alice" ? { name, passwordHash } : undefined),
  };
  const sasl = { mechanisms: ["PLAIN", "SCRAM-SHA-256"] };
  const { server, connect } = start({ users, sasl });
  await using _ = server;
  using connection = await connect("imap");
  const logIn = (user: string, password: string) =>
    logInByScram(
      connection,
      "a AUTHENTICATE SCRAM-SHA-256",
      new ScramClient(user, password),
      { initial: true },
    );
  assertMatch((await logIn("bob", "secret")).answer!, /^a NO /);
  assertMatch((await logIn("alice", "wrong")).answer!, /^a NO /);
  assertMatch((await logIn("alice", "secret")).answer!, /^a OK /);
});

Deno.test("what is offered follows what is known of users", async () => {
  const offered = async (options: Partial<ServeOptions>) => {
    const { server, connect } = start(options);
    await using _ = server;
    const list = async () => {
      using connection = await connect("imap");
      await connection.say("a CAPABILITY");
      return (await connection.hears("a CAPABILITY")).match(/AUTH=\S+/g)!
        .map((name) => name.slice(5)).join(" ");
    };
    const before = await list();
    server.reload({ users: () => false });
    return [before, await list()];
  };
  const simple = "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN";
  assertEquals(await offered({}), [simple, "PLAIN LOGIN"]);
  const store = { get: () => Promise.resolve(undefined) };
  assertEquals(await offered({ users: store }), ["PLAIN LOGIN", "PLAIN LOGIN"]);
  const all = { mechanisms: ["CRAM-MD5", "SCRAM-SHA-1", "PLAIN"] };
  assertEquals(await offered({ sasl: all }), [
    "SCRAM-SHA-1 CRAM-MD5 PLAIN",
    "PLAIN",
  ]);
  assertEquals(
    (await offered({ users: store, sasl: all }))[0],
    "SCRAM-SHA-1 CRAM-MD5 PLAIN",
  );
  // A store may say that all of its users have a record.
  const recorded = { ...store, scram: new Set(["SHA-256"] as const) };
  assertEquals(
    (await offered({ users: recorded }))[0],
    "SCRAM-SHA-256 PLAIN LOGIN",
  );
  // A callback that decides is given passwords, and cannot be passed by.
  const callbacks = { authenticate: () => true };
  assertEquals((await offered({ callbacks, sasl: all }))[0], "PLAIN");
});
