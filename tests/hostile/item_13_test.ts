/**
 * Item 13: base64 that is none, and logins that are cancelled, by every mechanism, in IMAP and POP3. Other logins
 * under way go on.
 */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { MemoryOtpStore, otpRecord, serve } from "../../mod.ts";
import { otpPassword } from "../../protocol/sasl/otp_hash.ts";
import { heldMemory } from "../../testing/held_memory.ts";
import { LineConnection } from "../sasl/login_lines.ts";

const MECHANISMS = [
  ...["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-1"],
  ...["OAUTHBEARER", "XOAUTH2", "ANONYMOUS", "OTP", "SKEY", "KERBEROS_V4"],
];

const PHRASE = "This is a test.";
const SERIES = { algorithm: "md4", seed: "ab1", sequence: 99 } as const;

/** A server with all mechanisms that need no TLS. */
async function start() {
  const otp = new MemoryOtpStore();
  await otp.compareAndSet("alice", undefined, otpRecord(PHRASE, SERIES));
  const srvtab = await Deno.makeTempFile();
  const names = new TextEncoder().encode("imap\0mail\0TEST\0");
  await Deno.writeFile(
    srvtab,
    Uint8Array.of(...names, 1, ...new Uint8Array(8)),
  );
  const faults: unknown[] = [];
  const server = serve({
    listeners: [{ kind: "imap", port: 0 }, { kind: "pop3", port: 0 }],
    users: { alice: "secret", public: "x" },
    sasl: {
      ...{ mechanisms: MECHANISMS, anonymous: "public", otp },
      tokens: () => Promise.resolve(undefined),
      kerberosV4: { srvtab },
    },
    limits: { badCommands: 100_000, failedLoginDelay: 0 },
    onError: (error) => faults.push(error),
  });
  await Deno.remove(srvtab);
  const connect = async (kind: "imap" | "pop3") => {
    const { port } = server.addrs.find((address) => address.kind === kind)!;
    return await LineConnection.begin(await Deno.connect({ port }));
  };
  return { server, faults, connect };
}

/** How either protocol begins a login, and says that it is bad. */
const PROTOCOLS = {
  imap: { begin: "a AUTHENTICATE", bad: /^a BAD / },
  pop3: { begin: "AUTH", bad: /^-ERR / },
} as const;

const text = (text: string) => new TextEncoder().encode(text).toBase64();

/** Begins logins, and returns what has to be said for each to come about. */
async function begin(connect: (kind: "imap") => Promise<LineConnection>) {
  const byName = await connect("imap");
  await byName.ask("b AUTHENTICATE LOGIN");
  await byName.ask(text("alice"));
  const byPassword = await connect("imap");
  await byPassword.ask("b AUTHENTICATE OTP");
  const challenge = await byPassword.ask(text("\0alice"));
  assertEquals(challenge, `+ ${text("otp-md4 98 ab1 ext")}`);
  const last = otpPassword("md4", "ab1", PHRASE, 98).toHex();
  return async () => {
    using _ = byName;
    using __ = byPassword;
    assertMatch((await byName.ask(text("secret")))!, /^b OK /);
    assertMatch((await byPassword.ask(text(`hex:${last}`)))!, /^b OK /);
  };
}

Deno.test("what is no base64 is BAD, first or later, and logins under way survive it", async () => {
  const { server, faults, connect } = await start();
  await using _ = server;
  const finish = await begin(connect);
  for (const kind of ["imap", "pop3"] as const) {
    const { begin, bad } = PROTOCOLS[kind];
    using connection = await connect(kind);
    for (const mechanism of MECHANISMS) {
      for (
        const base64 of [
          ...["!!!", "QUJDR", "QU=J", "QUJ", "Q", "====", "QQ==QQ=="],
          ...["QR==", "QUJD QUJD", "QUJD-_==", "é"],
        ]
      ) {
        const about = `${mechanism} ${base64}`;
        const first = await connection.ask(`${begin} ${mechanism} ${base64}`);
        assertMatch(first!, bad, about);
        assertMatch((await connection.ask(`${begin} ${mechanism}`))!, /^\+ /);
        assertMatch((await connection.ask(base64))!, bad, about);
      }
    }
  }
  await finish();
  assertEquals(faults, []);
});

Deno.test("10,000 logins that are cancelled leave nothing behind, and logins under way survive them", async () => {
  const { server, faults, connect } = await start();
  await using _ = server;
  const finish = await begin(connect);
  using connection = await connect("imap");
  const cancel = async (count: number) => {
    const BATCH = 50;
    for (let done = 0; done < count; done += BATCH) {
      const mechanism = MECHANISMS[done / BATCH % MECHANISMS.length];
      const cancelled = `${PROTOCOLS.imap.begin} ${mechanism}\r\n*`;
      await connection.say(Array(BATCH).fill(cancelled).join("\r\n"));
      for (let index = 0; index < BATCH; index++) {
        assertMatch((await connection.hear())!, /^\+ /);
        assertMatch((await connection.hear())!, PROTOCOLS.imap.bad);
      }
    }
  };
  await cancel(2_000);
  const before = heldMemory();
  await cancel(10_000);
  // 200 bytes for each that was forgotten would be seen.
  assertLess(heldMemory() - before, 2e6);
  await finish();
  assertEquals(faults, []);
});

Deno.test("a login that is cancelled late gives the turn back", async () => {
  const { server, faults, connect } = await start();
  await using _ = server;
  using connection = await connect("imap");
  for (let count = 0; count < 100; count++) {
    for (const [mechanism, name] of [["OTP", "\0alice"], ["SKEY", "alice"]]) {
      await connection.ask(`a AUTHENTICATE ${mechanism}`);
      assertMatch((await connection.ask(text(name!)))!, /^\+ \S/);
      assertMatch((await connection.ask("*"))!, /^a BAD /);
    }
  }
  // So does one whose client goes.
  {
    using gone = await connect("imap");
    await gone.ask("a AUTHENTICATE SKEY");
    assertMatch((await gone.ask(text("alice")))!, /^\+ \S/);
    await connection.ask("a AUTHENTICATE SKEY");
    const occupied = await connection.ask(text("alice"));
    assertMatch(occupied!, /^a NO \[AUTHORIZATIONFAILED\] Another login/);
  }
  for (;;) {
    await connection.ask("a AUTHENTICATE SKEY");
    if ((await connection.ask(text("alice")))!.startsWith("+ ")) break;
  }
  const password = otpPassword("md4", "ab1", PHRASE, 98).toBase64();
  assertMatch((await connection.ask(password))!, /^a OK /);
  assertEquals(faults, []);
});
