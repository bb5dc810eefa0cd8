/**
 * openssl s_client: a person who types AUTHENTICATE, with a certificate of their own or a password.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Authority } from "../sasl/authority.ts";
import { base64 } from "../sasl/talk.ts";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { portOf, type SaslMailServer, saslTest } from "./sasl_server.ts";

const authority = await Authority.make();

/** Types lines, each when the one before has been answered as far as that can be told: TLS takes them in turn. */
async function type(
  server: SaslMailServer,
  protocol: "imap" | "pop3",
  transport: "starttls" | "tls",
  lines: readonly string[],
  certificate: readonly string[] = [],
): Promise<string> {
  const starttls = transport === "tls" ? [] : ["-starttls", protocol];
  const port = portOf(server, protocol, transport);
  const { output, errors } = await run("openssl", [
    ...["s_client", "-connect", `127.0.0.1:${port}`, ...starttls],
    ...["-CAfile", server.certificate, "-verify_return_error"],
    ...["-verify_hostname", "localhost", "-quiet", "-crlf", ...certificate],
  ], { input: lines.join("\n") + "\n", mayFail: true });
  assertMatch(errors, /verify return:1/);
  return output;
}

for (const transport of ["starttls", "tls"] as const) {
  await saslTest(
    `openssl s_client types AUTHENTICATE over ${transport}`,
    [NEEDS.openssl],
    {
      sasl: {
        mechanisms: ["PLAIN", "LOGIN", "EXTERNAL", "ANONYMOUS"],
        ...{ certificates: {}, anonymous: "alice" },
      },
      clientCa: authority.cert,
    },
    async (server) => {
      const { cert, key } = await authority.issue("Alice", "alice");
      const [certFile, keyFile] = [
        join(server.directory, "alice.pem"),
        join(server.directory, "alice.key"),
      ];
      await Deno.writeTextFile(certFile, cert);
      await Deno.writeTextFile(keyFile, key);
      const mine = ["-cert", certFile, "-key", keyFile];
      const plain = base64("\0alice\0secret");
      const [alice, secret] = [base64("alice"), base64("secret")];
      const logins: [mechanism: string, lines: string[], own?: string[]][] = [
        ["EXTERNAL", ["a AUTHENTICATE EXTERNAL ="], mine],
        ["EXTERNAL", ["a AUTHENTICATE EXTERNAL", alice], mine],
        ["PLAIN", [`a AUTHENTICATE PLAIN ${plain}`]],
        ["PLAIN", ["a AUTHENTICATE PLAIN", plain], mine],
        ["LOGIN", ["a AUTHENTICATE LOGIN", alice, secret]],
        ["ANONYMOUS", ["a AUTHENTICATE ANONYMOUS ="]],
      ];
      for (const [mechanism, lines, own] of logins) {
        server.said.length = 0;
        const all = [...lines, "b SELECT INBOX", "c LOGOUT"];
        const output = await type(server, "imap", transport, all, own);
        assertMatch(output, /^a OK /m);
        const access = mechanism === "ANONYMOUS" ? "ONLY" : "WRITE";
        assertStringIncludes(output, `\nb OK [READ-${access}] `);
        const by = server.said.filter((line) => line.startsWith("login "));
        assertEquals(by, [`login ${mechanism}`]);
      }
      const refused = await type(server, "imap", transport, [
        "a AUTHENTICATE EXTERNAL =",
        "b LOGOUT",
      ]);
      assertMatch(refused, /^a NO \[CANNOT\] /m);
      const pop3 = await type(
        server,
        ...[
          "pop3",
          transport,
          ["AUTH EXTERNAL =", "STAT", "QUIT"],
          mine,
        ] as const,
      );
      assertMatch(pop3, /^\+OK 0 messages/m);
    },
  );
}
