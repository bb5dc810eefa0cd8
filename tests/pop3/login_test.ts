/**
 * The AUTHORIZATION state: greeting, USER and PASS, what is offered when, delays and hooks.
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { Bye, No } from "../../protocol/imap/errors.ts";
import { VERSION } from "../../protocol/version.ts";
import { Conversation, conversation, type Setup } from "./conversation.ts";

const out: Setup = { loggedIn: false };
const far: Setup = { loggedIn: false, local: false };

conversation(
  "USER and PASS",
  out,
  `
  S: +OK imapd ready
  C: USER alice
  S: +OK
  C: PASS secret
  S: +OK 2 messages (63 octets)
  C: QUIT
  S: +OK
  S: (closed)
  `,
);

conversation(
  "PASS comes immediately after USER, and each try begins with USER",
  { ...out, limits: { failedLogins: 10 } },
  `
  S: +OK
  C: PASS secret
  S: -ERR USER has to come first
  C: USER alice
  S: +OK
  C: CAPA x
  S: -ERR
  C: PASS secret
  S: -ERR USER has to come first
  C: USER alice
  S: +OK
  C: PASS wrong
  S: -ERR [AUTH] The name or the password is wrong
  C: PASS secret
  S: -ERR USER has to come first
  C: USER bob
  S: +OK
  C: USER alice
  S: +OK
  C: pass secret
  S: +OK 2
  `,
);

conversation(
  "an unknown user and a wrong password look alike",
  out,
  `
  S: +OK
  C: USER nobody
  S: +OK Now the password
  C: PASS secret
  S: -ERR [AUTH] The name or the password is wrong
  C: USER alice
  S: +OK Now the password
  C: PASS geheim
  S: -ERR [AUTH] The name or the password is wrong
  `,
);

conversation(
  "names and passwords that cannot be",
  { ...out, limits: { badCommands: 100 } },
  `
  S: +OK
  C: USER
  S: -ERR A name is missing
  C: USER alice
  S: +OK
  C: PASS
  S: -ERR A password is missing
  C: USER al\0ice
  S: -ERR A control character
  C: USER alice
  S: +OK
  C: PASS sec\0ret
  S: -ERR A control character
  C: USER zo\u00eb
  S: +OK
  C: PASS secret
  S: +OK 0 messages (0 octets)
  `,
);

Deno.test("a password has its spaces, and bytes that are no UTF-8 are refused", async () => {
  const passwords: string[] = [];
  await using client = await Conversation.begin(out);
  client.host.authenticate = ({ password }) => {
    passwords.push(password);
    return Promise.resolve(undefined);
  };
  await client.says("S: +OK\nC: USER alice\nS: +OK");
  client.pipe.send("PASS  a  b \r\n");
  await client.says("S: -ERR [AUTH]\nC: USER alice\nS: +OK");
  client.pipe.send("PASS a\xff\r\n");
  await client.says("S: -ERR The line is too long, or is not UTF-8");
  assertEquals(passwords, [" a  b "]);
});

conversation(
  "failed logins end the connection at last",
  { ...out, limits: { failedLogins: 2 } },
  `
  S: +OK
  C: USER alice
  S: +OK
  C: PASS a
  S: -ERR [AUTH]
  C: USER alice
  S: +OK
  C: PASS b
  S: -ERR [AUTH] Too many failed logins
  S: (closed)
  `,
);

conversation(
  "commands of the TRANSACTION state come too early",
  out,
  ["S: +OK"].concat(
    ["STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 0", "UIDL"]
      .flatMap((command) => [`C: ${command}`, "S: -ERR Log in first"]),
    ["C: QUIT", "S: +OK", "S: (closed)"],
  ).join("\n"),
);

conversation(
  "passwords are not taken in clear text from afar, not even looked at",
  far,
  `
  S: +OK
  C: USER alice
  S: -ERR [AUTH] Passwords are taken over TLS only
  C: PASS secret
  S: -ERR [AUTH] Passwords are taken over TLS only
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  S: -ERR [AUTH] Passwords are taken over TLS only
  C: AUTH
  S: +OK
  S: .
  C: CAPA
  S: +OK
  S: TOP
  S: UIDL
  S: RESP-CODES
  S: AUTH-RESP-CODE
  S: PIPELINING
  S: EXPIRE NEVER
  S: UTF8
  S: LANG
  S: IMPLEMENTATION imapd/${VERSION}
  S: .
  `,
);

conversation(
  "passwords are taken from afar where that is wanted",
  { ...far, insecureAuth: true },
  "S: +OK\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK",
);

const MECHANISMS = ["PLAIN"];

Deno.test("what is offered before a login and after it", async () => {
  const begin = { ...out, tls: true, limits: { pop3LoginDelay: 90_500 } };
  await using client = await Conversation.begin(begin);
  await client.says("S: +OK");
  const before = await client.lines("CAPA");
  for (
    const line of [
      "USER",
      "STLS",
      "TOP",
      "UIDL",
      "RESP-CODES",
      "AUTH-RESP-CODE",
      "PIPELINING",
      "EXPIRE NEVER",
      "LOGIN-DELAY 91",
      "UTF8",
      "LANG",
    ]
  ) assert(before.includes(line), line);
  const sasl = before.find((line) => line.startsWith("SASL "))!;
  for (const name of MECHANISMS) assert(sasl.split(" ").includes(name));
  assertEquals(await client.lines("AUTH"), sasl.split(" ").slice(1));
  await client.says("C: USER alice\nS: +OK\nC: PASS secret\nS: +OK");
  const after = await client.lines("CAPA");
  assertEquals(after, before.filter((line) => line !== "STLS"));
});

Deno.test("what is not to be offered is neither told nor known", async () => {
  await using client = await Conversation.begin({
    ...out,
    tls: true,
    disable: ["UIDL", "SASL", "STLS"],
    policy: { hidden: new Set(["LANG"]), greeting: "Hello <you>" },
  });
  await client.says("S: +OK Hello -you-");
  const lines = (await client.lines("CAPA")).map((line) => line.split(" ")[0]!);
  for (const name of ["UIDL", "SASL", "STLS", "LANG"]) {
    assertFalse(lines.includes(name), name);
  }
  for (const command of ["STLS", "AUTH PLAIN", "LANG", "UIDL"]) {
    assertEquals(await client.ask(command), "-ERR Unknown command");
  }
});

Deno.test("LOGIN-DELAY holds off who has just logged in, by user", async () => {
  const setup = { limits: { pop3LoginDelay: 60_000 } };
  await using first = await Conversation.begin(setup);
  const { host } = first;
  const attempt = async (user: string, password: string) => {
    await using client = new Conversation(host, {});
    await client.says(`S: +OK\nC: USER ${user}\nS: +OK`);
    const answer = await client.ask(`PASS ${password}`);
    await client.says("C: QUIT\nS: +OK");
    return answer?.split(" ").slice(0, 2).join(" ");
  };
  await first.says("C: QUIT\nS: +OK");
  await first.served;
  host.time += 59_999;
  assertEquals(await attempt("alice", "secret"), "-ERR [LOGIN-DELAY]");
  assertEquals(await attempt("alice", "wrong"), "-ERR [AUTH]");
  assertEquals(await attempt("bob", "secret"), "+OK 0");
  host.time += 1;
  assertEquals(await attempt("alice", "secret"), "+OK 2");
  assertEquals(await attempt("alice", "secret"), "-ERR [LOGIN-DELAY]");
});

Deno.test("too many sessions of a user are in use", async () => {
  await using client = await Conversation.begin(out);
  client.host.maxSessions = 0;
  await client.says(`
    S: +OK
    C: USER alice
    S: +OK
    C: PASS secret
    S: -ERR [IN-USE] Too many connections of this user
    C: QUIT
    S: +OK
  `);
});

Deno.test("a maildrop that cannot be opened is told as such", async () => {
  await using client = await Conversation.begin(out);
  const { storage } = client.host;
  storage.openAccount = () => Promise.reject(new Error("The disk is gone"));
  await client.says(`
    S: +OK
    C: USER alice
    S: +OK
    C: PASS secret
    S: -ERR [SYS/TEMP] Internal error
    C: STAT
    S: -ERR Log in first
  `);
  assertEquals(client.host.faults.splice(0).length, 1);
});

Deno.test("hooks decide on connections, logins and commands, and hear of the end", async () => {
  const said: string[] = [];
  await using client = await Conversation.begin({
    ...out,
    hooks: {
      connect: ({ remote }) => Promise.resolve(void said.push(remote)),
      async login(_, { user }, mechanism, goOn) {
        said.push(`login ${user} ${mechanism}`);
        if (user === "bob") throw new No("AUTHORIZATIONFAILED", "Not you");
        await goOn();
      },
      logout: (_, { user }) => Promise.resolve(void said.push(`out ${user}`)),
      command({ name, identity, tag, uid }, goOn) {
        assertEquals([tag, uid], ["", false]);
        said.push(`${identity?.user} ${name}`);
        if (name === "DELE") throw new No("NOPERM", "Nothing is deleted");
        return goOn();
      },
    },
  });
  await client.says(`
    S: +OK
    C: USER bob
    S: +OK
    C: PASS secret
    S: -ERR [AUTH] Not you
    C: USER alice
    S: +OK
    C: PASS secret
    S: +OK 2
    C: DELE 1
    S: -ERR Nothing is deleted
    C: QUIT
    S: +OK
    S: (closed)
  `);
  await client.served;
  assertEquals(said, [
    "192.0.2.1:51234",
    "undefined USER",
    "undefined PASS",
    "login bob USER",
    "undefined USER",
    "undefined PASS",
    "login alice USER",
    "alice DELE",
    "alice QUIT",
    "out alice",
  ]);
});

Deno.test("a connection that is not let in hears why", async () => {
  await using client = await Conversation.begin({
    ...out,
    hooks: { connect: () => Promise.reject(new Bye("Go away")) },
  });
  assertEquals(await client.pipe.rest(), "-ERR Go away\r\n");
});

Deno.test("a trace shows no password, no message and no line that is no command", async () => {
  const lines: string[] = [];
  await using client = await Conversation.begin({
    ...out,
    trace: (line) => lines.push(line),
    limits: { failedLogins: 100, badCommands: 100 },
  });
  await client.says(`
    S: +OK
    C: s3cr3t
    S: -ERR
    C: PASSs3cr3t
    S: -ERR
    C: PASS s3cr3t
    S: -ERR
    C: AUTH PLAIN AGFsaWNlAHMzY3IzdA==
    S: -ERR
    C: AUTH PLAIN
    S: +
    C: AGFsaWNlAHMzY3IzdA==
    S: -ERR
    C: APOP alice s3cr3t
    S: -ERR
    C: USER alice
    S: +OK
    C: PASS secret
    S: +OK
  `);
  await client.lines("RETR 1");
  const trace = lines.join("\n");
  assertFalse(/s3cr3t|AGFsaWNl|secret\b|second/.test(trace), trace);
  assert(trace.includes("C: USER alice") && trace.includes("C: RETR 1"));
  assert(trace.includes("S: +OK 41 octets"), trace);
});
