/**
 * AUTH (RFC 5034), APOP (RFC 1939 § 7) and STLS (RFC 2595 § 4).
 */

import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { Conversation, conversation, type Setup } from "./conversation.ts";

const out: Setup = { loggedIn: false };
const far: Setup = { loggedIn: false, local: false };

conversation(
  "AUTH PLAIN with an initial response",
  out,
  `
  S: +OK
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  S: +OK 2 messages (63 octets)
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
  S: -ERR You are logged in already
  `,
);

conversation(
  "AUTH PLAIN without",
  out,
  `
  S: +OK
  C: auth plain
  S: +
  C: AGFsaWNlAHNlY3JldA==
  S: +OK 2 messages (63 octets)
  `,
);

conversation(
  "AUTH that fails leaves all as it was",
  { ...out, limits: { badCommands: 100, failedLogins: 100 } },
  `
  S: +OK
  C: AUTH PLAIN
  S: +
  C: *
  S: -ERR The login was cancelled
  C: AUTH PLAIN !!!
  S: -ERR
  C: AUTH PLAIN QUJDR
  S: -ERR
  C: AUTH PLAIN =AAA
  S: -ERR
  C: AUTH PLAIN QU=J
  S: -ERR
  C: AUTH PLAIN =
  S: -ERR
  C: AUTH PLAIN
  S: +
  C: AAA=BBB
  S: -ERR
  C: AUTH PLAIN AGFsaWNlAHNlY3JldA== x
  S: -ERR There are too many arguments
  C: AUTH KERBEROS_V9
  S: -ERR This mechanism is not offered
  C: AUTH PLAIN AGFsaWNlAHdyb25n
  S: -ERR [AUTH] The name or the password is wrong
  C: AUTH PLAIN Ym9iAGFsaWNlAHNlY3JldA==
  S: -ERR [AUTH] You cannot act for another user
  C: STAT
  S: -ERR Log in first
  C: USER alice
  S: +OK
  C: PASS secret
  S: +OK
  `,
);

Deno.test("AUTH takes a response longer than a command", async () => {
  await using client = await Conversation.begin(out);
  await client.says("S: +OK");
  // An empty challenge is a plus and a space (RFC 5034 § 4).
  assertEquals(await client.ask("AUTH PLAIN"), "+ ");
  const long = btoa(`\0alice\0${"x".repeat(20_000)}`);
  assertEquals(
    await client.ask(long),
    "-ERR [AUTH] The name or the password is wrong",
  );
  assertEquals(
    await client.ask(`AUTH PLAIN ${long}`),
    "-ERR The line is too long, or is not UTF-8",
  );
});

Deno.test("APOP proves who it is by a digest over the greeting's challenge", async () => {
  const challenges: string[] = [];
  const setup: Setup = {
    ...far,
    apop: ({ user, challenge, digest }) => {
      challenges.push(challenge);
      const right = createHash("md5").update(`${challenge}secret`)
        .digest("hex") === digest;
      return Promise.resolve(right ? { user } : undefined);
    },
  };
  await using client = await Conversation.begin(setup);
  const greeting = (await client.pipe.line())!;
  assertMatch(greeting, /^\+OK imapd ready <[!-;=?-~]+@[!-;=?-~]+>$/);
  const challenge = greeting.slice(greeting.indexOf("<"));
  const digest = createHash("md5").update(`${challenge}secret`).digest("hex");
  await client.says(`
    C: APOP alice
    S: -ERR Expected a name and a digest
    C: APOP alice 123
    S: -ERR Expected a name and a digest
    C: APOP alice ${"0".repeat(32)}
    S: -ERR [AUTH] The name or the password is wrong
    C: APOP alice ${digest}
    S: +OK 2 messages (63 octets)
  `);
  assertEquals(new Set(challenges), new Set([challenge]));
  await using other = new Conversation(client.host, far);
  const second = (await other.pipe.line())!;
  assertFalse(second.endsWith(challenge), "A challenge is another each time");
});

conversation(
  "APOP where no password is known as it is",
  out,
  `
  S: +OK imapd ready
  C: APOP alice ${"0".repeat(32)}
  S: -ERR APOP is not offered
  `,
);

conversation(
  "STLS",
  { ...far, tls: true },
  `
  S: +OK
  C: STLS now
  S: -ERR
  C: STLS
  S: +OK
  C: STLS
  S: -ERR TLS is on already
  C: USER alice
  S: +OK
  C: PASS secret
  S: +OK
  `,
);

conversation(
  "STLS forgets the name that was said in clear text",
  { ...out, tls: true },
  `
  S: +OK
  C: USER alice
  S: +OK
  C: STLS
  S: +OK
  C: PASS secret
  S: -ERR USER has to come first
  `,
);

conversation(
  "STLS without a certificate, and after UTF8",
  out,
  "S: +OK\nC: STLS\nS: -ERR There is no certificate",
);
conversation(
  "STLS after UTF8",
  { ...out, tls: true },
  "S: +OK\nC: UTF8\nS: +OK\nC: STLS\nS: -ERR STLS comes before UTF8",
);

for (const behind of ["NOOP\r\n", "USER al", "\r\n"]) {
  Deno.test(`STLS with ${JSON.stringify(behind)} behind it ends the connection`, async () => {
    await using client = await Conversation.begin({ ...out, tls: true });
    await client.says("S: +OK");
    client.pipe.send(`STLS\r\n${behind}`);
    assertEquals(await client.pipe.rest(), "+OK Begin the handshake\r\n");
  });
}
