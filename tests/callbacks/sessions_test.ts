import { assertEquals, assertMatch } from "@std/assert";
import { Bad, No } from "../../protocol/imap/errors.ts";
import type { CommandEvent, ConnectionEvent } from "../../server/mod.ts";
import { codeOf, start } from "./harness.ts";

Deno.test("connect is observed, and refuses", async () => {
  const events: ConnectionEvent[] = [];
  await using tested = start({
    async connect(event, next) {
      events.push(event);
      if (events.length === 1) throw new No("UNAVAILABLE", "Come back later");
      if (events.length === 2) return;
      await next(event);
    },
  });
  const refused = await tested.connect();
  assertEquals(await refused.line(), "* BYE [UNAVAILABLE] Come back later");
  assertEquals(await refused.line(), undefined);
  const dropped = await tested.connect();
  assertEquals(await dropped.line(), "* BYE No connections from there");
  const served = await tested.connect();
  assertMatch((await served.line())!, /^\* OK/);
  await served.ok("NOOP");
  assertMatch(events[2]!.remote, /^127\.0\.0\.1:\d+$/);
  assertEquals(events[2]!.secure, false);
  assertEquals(tested.faults, []);
});

Deno.test("authenticate replaces, observes, changes and refuses", async () => {
  const seen: string[] = [];
  await using tested = start({
    async authenticate(event, next) {
      const { user: { name }, password, mechanism } = event;
      seen.push(`${name} ${password} ${mechanism}`);
      if (name === "carol") return password === "x";
      if (name === "dave") return { name: "alice" };
      if (name === "erin") throw new No("EXPIRED", "Buy a new one");
      if (name === "fred") throw new No("AUTHENTICATIONFAILED", "No, Fred");
      if (name === "gina") {
        return await next({ ...event, user: { name: "bob" } });
      }
      return await next(event);
    },
  });
  const client = async (login: string) => {
    const client = await tested.connect();
    await client.line();
    const line = (await client.send(`LOGIN ${login}`)).at(-1)!;
    client.close();
    return line;
  };
  assertMatch(await client("alice secret"), /^OK/);
  assertMatch(await client("alice wrong"), /^NO \[AUTHENTICATIONFAILED\]/);
  assertMatch(await client("carol x"), /^OK/);
  assertMatch(await client("carol y"), /^NO \[AUTHENTICATIONFAILED\]/);
  assertMatch(await client("dave whatever"), /^OK/);
  assertEquals(await client("erin x"), "NO [EXPIRED] Buy a new one");
  assertMatch(await client("fred x"), /^NO \[AUTHENTICATIONFAILED\]/);
  assertMatch(await client("gina secret"), /^OK/);
  assertEquals(seen[0], "alice secret LOGIN");
  assertEquals(tested.faults, []);
});

Deno.test("authenticate says what is open, and until when", async () => {
  const scope = { mailboxes: ["inbox", "Sent"] };
  await using tested = start({
    async authenticate(event, next) {
      if (event.user.name === "bob") return { user: "bob", expires: 1 };
      await next(event);
      return { user: "alice", scope };
    },
  }, { users: () => ({ user: "alice", scope: { readOnly: true } }) });
  const client = await tested.connect();
  await client.line();
  await client.ok("LOGIN alice secret");
  assertMatch((await client.send("SELECT INBOX")).at(-1)!, /^OK \[READ-ONLY\]/);
  await client.no("SELECT Trash");
  const over = await tested.connect();
  await over.line();
  await over.ok("LOGIN bob secret");
  assertMatch((await over.line())!, /^\* BYE .* has ended/);
  tested.server.endSessions("nobody");
  await client.ok("NOOP");
  tested.server.endSessions("alice");
  assertMatch((await client.line())!, /^\* BYE .* log in anew/);
  assertEquals(tested.faults, []);
});

Deno.test("authenticate that answers nonsense lets nobody in", async () => {
  const answers: unknown[] = [
    ...[1, "alice", {}, { name: "" }, { name: "a\nb" }, { user: 1 }, null],
    ...[{ user: "a", expires: "now" }, { user: "a", scope: "all" }],
  ];
  const { length } = answers;
  await using tested = start({
    authenticate: () => answers.shift() as boolean,
  });
  const client = await tested.connect();
  await client.line();
  for (let count = answers.length; count > 0; count--) {
    const refusal = await client.no("LOGIN alice secret");
    assertEquals(codeOf(refusal), "SERVERBUG");
  }
  assertEquals(tested.faults.length, length);
});

Deno.test("failed logins count whoever says that they have failed", async () => {
  await using tested = start({ authenticate: () => false });
  const client = await tested.connect();
  await client.line();
  for (let tries = 1; tries < 5; tries++) await client.no("LOGIN alice secret");
  await client.write("x LOGIN alice secret\r\n");
  assertMatch((await client.line())!, /^\* BYE/);
});

Deno.test("login refuses, logout is told of every end", async () => {
  const events: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await using tested = start({
    async login({ user, mechanism }, next) {
      events.push(`login ${user.name} ${mechanism}`);
      if (user.name === "bob") throw new No("LIMIT", "Not you, Bob");
      await next();
    },
    logout({ user }) {
      events.push(`logout ${user.name}`);
      if (events.length === 5) resolve();
      throw new Error("too late to complain");
    },
  });
  const bob = await tested.connect();
  await bob.line();
  assertEquals(await bob.no("LOGIN bob secret"), "[LIMIT] Not you, Bob");
  assertMatch((await bob.send("SELECT INBOX")).at(-1)!, /^BAD/);
  bob.close();
  const polite = await tested.login();
  await polite.ok("LOGOUT");
  const rude = await tested.login();
  rude.close();
  await promise;
  assertEquals(events, [
    "login bob LOGIN",
    "login alice LOGIN",
    "logout alice",
    "login alice LOGIN",
    "logout alice",
  ]);
});

Deno.test("login without next lets nobody in", async () => {
  await using tested = start({ login() {} });
  const client = await tested.connect();
  await client.line();
  const refusal = await client.no("LOGIN alice secret");
  assertEquals(codeOf(refusal), "AUTHORIZATIONFAILED");
});

Deno.test("a session that login has opened stays open", async () => {
  await using tested = start({
    async login(event, next) {
      await next(event);
      throw new No("LIMIT", "Changed my mind");
    },
  });
  const client = await tested.login();
  await client.ok("SELECT INBOX");
  assertEquals(tested.faults, ["Changed my mind"]);
});

Deno.test("command sees every command, and refuses", async () => {
  const events: CommandEvent[] = [];
  await using tested = start({
    async command(event, next) {
      events.push(event);
      if (event.name === "CREATE") throw new No("NOPERM", "No more mailboxes");
      if (event.name === "DELETE") throw new Bad("What is that?");
      if (event.name === "RENAME") return;
      await next(event);
    },
  });
  const client = await tested.login();
  assertEquals(await client.no("CREATE a"), "[NOPERM] No more mailboxes");
  assertMatch((await client.send("DELETE a")).at(-1)!, /^BAD What is that/);
  assertEquals(codeOf(await client.no("RENAME INBOX a")), "NOPERM");
  assertEquals(codeOf(await client.no("SELECT a")), "NONEXISTENT");
  await client.ok("SELECT INBOX");
  await client.ok("UID SEARCH ALL");
  assertEquals(
    events.map(({ name, uid, user }) => [name, uid, user?.name]),
    [
      ["LOGIN", false, undefined],
      ["CREATE", false, "alice"],
      ["DELETE", false, "alice"],
      ["RENAME", false, "alice"],
      ["SELECT", false, "alice"],
      ["SELECT", false, "alice"],
      ["SEARCH", true, "alice"],
    ],
  );
  assertEquals(JSON.stringify(events).includes("secret"), false);
  assertEquals(tested.faults, []);
});

Deno.test("what a command has done stands, whatever its callback throws", async () => {
  await using tested = start({
    async command({ name }, next) {
      await next().catch(() => {});
      if (name !== "LOGIN") throw new Error("afterwards");
    },
  });
  const client = await tested.login();
  const lines = await client.ok("SELECT INBOX");
  assertEquals(lines.includes("* 0 EXISTS"), true);
  assertEquals(codeOf(await client.no("CREATE INBOX")), "ALREADYEXISTS");
  await client.ok("EXPUNGE");
  assertEquals(new Set(tested.faults).size, 1);
});

Deno.test("pipelined appends keep their order behind a command callback", async () => {
  let wait = 20;
  await using tested = start({
    async command(_event, next) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = 0;
      await next();
    },
  });
  const client = await tested.select();
  const append = (tag: string) => `${tag} APPEND INBOX {3+}\r\n${tag}\n\n\r\n`;
  await client.write(append("x") + append("y") + append("z"));
  assertEquals(codeOf((await client.until("x")).at(-1)!).slice(-2), " 1");
  assertEquals(codeOf((await client.until("y")).at(-1)!).slice(-2), " 2");
  assertEquals(codeOf((await client.until("z")).at(-1)!).slice(-2), " 3");
});
