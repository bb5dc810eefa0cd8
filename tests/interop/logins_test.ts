/**
 * How mail clients log in: what they choose of themselves, and by what they are told to.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connectImapFlow } from "./imapflow.ts";
import { holds, muttArguments } from "./mutt.ts";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { portOf, type SaslMailServer, saslTest } from "./sasl_server.ts";
import { type MailServer, TRANSPORTS } from "./server.ts";
import { openTerminal } from "./tmux.ts";

const MECHANISMS = [
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
];
const ALL = { sasl: { mechanisms: MECHANISMS } };

/** The server as the helpers of other tests have it. */
function mailServer(server: SaslMailServer): MailServer {
  const { ports, certificate, directory } = server;
  return {
    ...{ hostname: "127.0.0.1", user: "alice", password: "secret" },
    ...{ port: ports.imap, tlsPort: ports.imaps, certificate, directory },
    doors: { pop3: ports.pop3, pop3s: ports.pop3s, lmtp: 0, lmtpSocket: "" },
    restart: () => Promise.reject(new Error("It is not to be restarted")),
  };
}

/** What mutt does when nobody tells it, and what it can be told. */
const MUTTS = {
  // CRAM-MD5 and LOGIN it begins with an empty word where RFC 4959 has "=" or nothing.
  mutt: {
    chooses: "SCRAM-SHA-256",
    knows: ["SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"],
  },
  neomutt: { chooses: "PLAIN", knows: ["PLAIN"] },
} as const;

function loginsOf({ said }: SaslMailServer): string[] {
  return said.filter((line) => line.startsWith("login "))
    .map((line) => line.slice("login ".length));
}

for (const transport of TRANSPORTS) {
  await saslTest(
    `imapflow logs in over ${transport}`,
    [],
    ALL,
    async (server) => {
      for (
        const loginMethod of [undefined, "AUTH=PLAIN", "AUTH=LOGIN", "LOGIN"]
      ) {
        const auth = {
          ...{ user: "alice", pass: "secret" },
          ...(loginMethod === undefined ? {} : { loginMethod }),
        };
        const options = { auth };
        const client = await connectImapFlow(
          mailServer(server),
          transport,
          options,
        );
        await client.logout();
      }
      assertEquals(loginsOf(server), ["PLAIN", "PLAIN", "LOGIN", "LOGIN"]);
    },
  );

  await saslTest(
    `imaplib logs in over ${transport}`,
    [NEEDS.python],
    ALL,
    async (server) => {
      const script = `
import imaplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
transport, port = sys.argv[1], int(sys.argv[3])
for way in "login", "cram", "plain":
    imap = (imaplib.IMAP4_SSL("localhost", port, ssl_context=context)
        if transport == "tls" else imaplib.IMAP4("localhost", port))
    if transport == "starttls":
        imap.starttls(ssl_context=context)
    if way == "login":
        imap.login("alice", "secret")
    elif way == "cram":
        imap.login_cram_md5("alice", "secret")
    else:
        imap.authenticate("PLAIN", lambda _: b"\\0alice\\0secret")
    imap.logout()
`;
      await run("python3", [
        ...["-c", script, transport, server.certificate],
        `${portOf(server, "imap", transport)}`,
      ]);
      assertEquals(loginsOf(server), ["LOGIN", "CRAM-MD5", "PLAIN"]);
    },
  );

  for (const program of ["mutt", "neomutt"] as const) {
    await saslTest(
      `${program} logs in over ${transport}`,
      [NEEDS[program], NEEDS.tmux],
      ALL,
      async (server) => {
        const args = await muttArguments(mailServer(server), transport);
        const { chooses, knows } = MUTTS[program];
        for (const mechanism of [undefined, ...knows]) {
          const told = mechanism === undefined
            ? []
            : ["-e", `set imap_authenticators=${mechanism.toLowerCase()}`];
          server.said.length = 0;
          await using terminal = await openTerminal(server.directory, [
            program,
            ...args,
            ...told,
          ]);
          await terminal.see(holds(0));
          const by = new Set(loginsOf(server));
          assertEquals([...by], [mechanism ?? chooses]);
        }
      },
    );
  }
}
