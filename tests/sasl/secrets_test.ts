/**
 * Nothing of what proves who somebody is stands in a log or a trace, or is told to a callback, whatever the mechanism
 * and however the login ends.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { createHash, createHmac } from "node:crypto";
import { otpPassword } from "../../protocol/sasl/otp_hash.ts";
import { hashToken } from "../../server/credentials/token.ts";
import { type Callbacks, serve, type UserStore } from "../../server/mod.ts";
import { formatText } from "../../server/log.ts";
import { otpRecord } from "../../server/sasl/otp_record.ts";
import { makeScramRecord } from "../../server/scram_record.ts";
import { MemoryOtpStore } from "../../storage/memory/otp.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { AuthorizationServer } from "./authorization_server.ts";
import { LineConnection } from "./login_lines.ts";
import { ScramClient } from "./scram_client.ts";

const PASSWORD = "right-Passw0rd";
const WRONG = "wr0ng-Passwort";
const APP_TOKEN = "imapd-abcdefghijkmnpqrstuvwxyz23";
const PHRASE = "a pass phrase of mine";
const CLIENT_SECRET = "the-client-5ecret";
const MECHANISMS = [
  ...["PLAIN", "LOGIN", "CRAM-MD5", "OTP", "SKEY", "OAUTHBEARER", "XOAUTH2"],
  ...["SCRAM-SHA-256", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"],
];
const encoder = new TextEncoder();

/** What a client answers to each challenge, the first of which may be empty. */
type Answers = (challenge: string, nth: number) => string;

/** The answers of each mechanism for a password, a token or a pass phrase. */
function clientOf(mechanism: string, secret: string, token: string): Answers {
  const [, hash] = /^SCRAM-(SHA-1|SHA-256)$/.exec(mechanism) ?? [];
  const scram = new ScramClient("alice", secret, {
    hash: hash === "SHA-1" ? "sha1" : "sha256",
  });
  if (hash !== undefined) {
    return (challenge, nth) =>
      [() => scram.first(), () => scram.final(challenge)][nth]?.() ?? "";
  }
  const hex = (challenge: string) => {
    const [, sequence] = /(\d+) \S+(?: ext)?$/.exec(challenge)!;
    const phrase = secret === PASSWORD ? PHRASE : secret;
    const md = mechanism === "SKEY" ? "md4" : "md5";
    return otpPassword(md, `seed${md}`, phrase, Number(sequence));
  };
  const user = mechanism === "SKEY" ? "bob" : "carol";
  const clients: Record<string, Answers> = {
    "PLAIN": () => `\0alice\0${secret}`,
    "LOGIN": (_, nth) => nth === 0 ? "alice" : secret,
    "CRAM-MD5": (challenge) =>
      `alice ${createHmac("md5", secret).update(challenge).digest("hex")}`,
    "OTP": (challenge, nth) =>
      nth === 0 ? `\0${user}` : `hex:${hex(challenge).toHex()}`,
    "SKEY": (challenge, nth) =>
      nth === 0 ? user : String.fromCharCode(...hex(challenge)),
    "OAUTHBEARER": (_, nth) =>
      nth > 0 ? "\x01" : `n,a=alice,\x01auth=Bearer ${token}\x01\x01`,
    "XOAUTH2": (_, nth) =>
      nth > 0 ? "" : `user=alice\x01auth=Bearer ${token}\x01\x01`,
    "SCRAM-SHA-256-PLUS": () =>
      "p=tls-server-end-point,,n=alice,r=a-nonce-of-the-client",
  };
  return clients[mechanism]!;
}

/** Logs in; what is said in both directions is added to the secrets. */
async function exchange(
  connection: LineConnection,
  command: string,
  answers: Answers,
  secrets: Set<string>,
): Promise<string> {
  let line = await connection.ask(command) ?? "";
  for (let nth = 0; line.startsWith("+ ");) {
    const challenge = binary(line.slice(2));
    const first = nth === 0 && /^AUTH|^\S+ AUTHENTICATE/.test(command);
    const asks = challenge === "" || challenge.endsWith(":");
    // Where the server begins, the first answer is to what it says.
    if (!(first && asks)) secrets.add(line.slice(2)).add(challenge);
    const answer = answers(challenge, nth++);
    const said = Uint8Array.from(answer, (c) => c.charCodeAt(0)).toBase64();
    secrets.add(said);
    line = await connection.ask(said) ?? "";
  }
  return line;
}

function binary(base64: string): string {
  return String.fromCharCode(...Uint8Array.fromBase64(base64));
}

/** A callback for everything, that writes down what it is told; without the password of the one that judges it. */
function listening(told: (text: string) => void): Callbacks {
  const note = (event: unknown) =>
    told(
      JSON.stringify(event, (_, value) =>
        value instanceof Uint8Array ? value.toBase64() : value),
    );
  return {
    async connect(event, next) {
      note(event);
      return await next();
    },
    async login(event, next) {
      note(event);
      return await next();
    },
    logout: note,
    async command(event, next) {
      note(event);
      return await next();
    },
  };
}

Deno.test("no secret is logged, traced or told", async () => {
  await using issuer = await AuthorizationServer.start();
  const told: string[] = [];
  const secrets = new Set([PASSWORD, WRONG, APP_TOKEN, PHRASE, CLIENT_SECRET]);
  const scram = {
    "SHA-256": await makeScramRecord(PASSWORD),
    "SHA-1": await makeScramRecord(PASSWORD, { hash: "SHA-1" }),
  };
  for (const record of Object.values(scram)) {
    for (const part of record.split(",").slice(1)) secrets.add(part);
  }
  const users: UserStore = {
    get: (name) =>
      Promise.resolve(
        name === "alice"
          ? { name, password: PASSWORD }
          : ["bob", "carol"].includes(name)
          ? { name, passwordHash: scram["SHA-1"], scram: scram["SHA-256"] }
          : undefined,
      ),
    tokens: (name) =>
      Promise.resolve(
        name === "alice" ? [{ id: "app", hash: hashToken(APP_TOKEN) }] : [],
      ),
  };
  secrets.add(hashToken(APP_TOKEN));
  const otp = new MemoryOtpStore();
  for (const [user, algorithm] of [["carol", "md5"], ["bob", "md4"]] as const) {
    const series = { algorithm, seed: `seed${algorithm}`, sequence: 50 };
    await otp.compareAndSet(user, undefined, otpRecord(PHRASE, series));
  }
  const token = await issuer.token();
  const wrongToken = await issuer.token({ claims: { aud: "another" } });
  for (const text of [token, wrongToken]) {
    for (const part of [text, ...text.split(".").slice(1)]) secrets.add(part);
  }
  issuer.opaque.set(token, { active: true, email: "alice" });
  await configure({
    sinks: { all: (record: LogRecord) => void told.push(formatText(record)) },
    loggers: [
      { category: "imapd", lowestLevel: "trace", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  try {
    await using server = serve({
      listeners: [{ kind: "imap", port: 0 }, { kind: "pop3", port: 0 }],
      users,
      tls: await testCertificate(),
      sasl: {
        mechanisms: MECHANISMS,
        otp,
        tokens: {
          ...{ issuer: issuer.issuer, audience: "imapd", jwks: issuer.jwks },
          introspection: {
            ...{ endpoint: issuer.endpoint, clientId: "imapd" },
            clientSecret: CLIENT_SECRET,
          },
        },
      },
      callbacks: listening((text) => told.push(text)),
      onError: (error, about) =>
        told.push(
          `${error} ${(error as Error).stack} ${JSON.stringify(about)}`,
        ),
      limits: {
        ...{ failedLogins: 1_000, failedLoginDelay: 0, badCommands: 1_000 },
        ...{ loginWaitByAddress: 0, loginWaitByUser: 0 },
      },
      trace: true,
    });
    const [imap, pop3] = server.addrs.map(({ port }) => port);
    const connect = async (port: number) =>
      await LineConnection.begin(await Deno.connect({ port }));
    const outcomes: string[] = [];
    for (const port of [imap!, pop3!]) {
      const verb = port === imap ? "a AUTHENTICATE" : "AUTH";
      for (const mechanism of MECHANISMS) {
        for (const right of [true, false]) {
          using connection = await connect(port);
          const answers = clientOf(
            mechanism,
            right ? PASSWORD : WRONG,
            right ? token : wrongToken,
          );
          const command = `${verb} ${mechanism}`;
          const said = await exchange(connection, command, answers, secrets);
          const fine = /^(a OK|\+OK)/.test(said);
          outcomes.push(`${mechanism} ${fine}`);
          // Once more, in what is no answer any more: the client did not wait.
          await connection.ask(btoa(`\0alice\0${PASSWORD}`));
          secrets.add(btoa(`\0alice\0${PASSWORD}`));
        }
      }
    }
    const expected = MECHANISMS.flatMap((name) => [
      // Without TLS there is nothing to bind to.
      `${name} ${name !== "SCRAM-SHA-256-PLUS"}`,
      `${name} false`,
    ]);
    assertEquals(outcomes, [...expected, ...expected]);
    // What goes along with the command, passwords that commands have, and what is none of these.
    using one = await connect(imap!);
    for (
      const line of [
        `b AUTHENTICATE PLAIN ${btoa(`\0alice\0${WRONG}`)}`,
        `b AUTHENTICATE  PLAIN ${btoa(`\0alice\0${WRONG}`)}`,
        `b AUTHENTICATE PLAIN ${btoa(`\0alice\0${WRONG}`)} x`,
        `b LOGIN alice ${WRONG}`,
        `b LOGIN alice "${WRONG}" ${WRONG}`,
        `b LOGIN alice {${WRONG.length}+}\r\n${WRONG}`,
        `b LOGIN {5+}\r\nalice "${WRONG}`,
        `b LOGIN alice ${WRONG} {2+}\r\nxx`,
        `b LOGON alice ${WRONG}`,
        `LOGIN alice ${WRONG}`,
        `b login alice ${APP_TOKEN}`,
        // What is no secret is shown.
        "b SELECT INBOX",
      ]
    ) await one.ask(line);
    secrets.add(btoa(`\0alice\0${WRONG}`));
    using two = await connect(pop3!);
    const digest = createHash("md5").update(`<x>${PASSWORD}`).digest("hex");
    secrets.add(digest);
    for (
      const line of [
        ...["USER alice", `PASS ${WRONG}`, `PASS ${WRONG}`, `APOP x ${digest}`],
        ...[`AUTH PLAIN ${btoa(`\0alice\0${WRONG}`)}`, `PASSWORD ${WRONG}`],
        ...[WRONG, `user alice`, `pass ${APP_TOKEN}`],
      ]
    ) await two.ask(line);
    // Faults beneath: an issuer that does not answer, or says the wrong thing.
    for (
      const broken of [
        () => new Response(`no ${token}`, { status: 500 }),
        () => new Response(`{"active": ${token}`),
        () => Response.json({ active: token }),
      ]
    ) {
      issuer.broken = () => Promise.resolve(broken());
      using connection = await connect(imap!);
      const other = await issuer.token({ claims: { jti: `${broken}` } });
      for (const part of other.split(".").slice(1)) secrets.add(part);
      const answers = clientOf("XOAUTH2", "", other);
      const command = "c AUTHENTICATE XOAUTH2";
      const said = await exchange(connection, command, answers, secrets);
      assertStringIncludes(said, "c NO [UNAVAILABLE]");
    }
  } finally {
    await reset();
  }
  const all = told.join("\n");
  for (const mechanism of [...MECHANISMS, "USER"].slice(0, -2)) {
    assertStringIncludes(all, `mechanism=${mechanism}`);
  }
  assertStringIncludes(all, "AUTHENTICATE ***");
  assertStringIncludes(all, "b SELECT INBOX");
  assertStringIncludes(all, "tokens cannot be checked");
  assertStringIncludes(all, "token refused");
  for (const secret of secrets) {
    if (secret.length < 6) continue;
    for (const form of new Set([secret, encoder.encode(secret).toHex()])) {
      const at = all.indexOf(form);
      assert(at < 0, `${secret} is in ${all.slice(at - 200, at + 200)}`);
    }
  }
  assert(secrets.size > 50);
});
