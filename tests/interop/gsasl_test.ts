/**
 * GNU SASL's own client, by every mechanism that it and the server know.
 *
 * Over TLS it is told to bind no channel: the bindings that it knows (`tls-exporter`, `tls-unique`) are none of ours,
 * and with one of them at hand it takes no SCRAM without `-PLUS`.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { NEEDS } from "./packages.ts";
import { run, type RunResult } from "./process.ts";
import { portOf, type SaslMailServer, saslTest } from "./sasl_server.ts";
import type { Transport } from "./server.ts";

const MECHANISMS = [
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
];

/** Logs in and out. gsasl has STARTTLS, and no TLS from the first byte. */
async function gsasl(
  server: SaslMailServer,
  transport: Exclude<Transport, "tls">,
  ...more: readonly string[]
): Promise<RunResult> {
  const tls = transport === "plain"
    ? ["--no-starttls"]
    : [`--x509-ca-file=${server.certificate}`, "--no-cb"];
  const host = `localhost:${portOf(server, "imap", transport)}`;
  return await run(
    "gsasl",
    ["--imap", "--connect", host, "-a", "alice", ...tls, ...more],
    { input: "", mayFail: true },
  );
}

for (const transport of ["plain", "starttls"] as const) {
  await saslTest(
    `gsasl over ${transport}`,
    [NEEDS.gsasl],
    { sasl: { mechanisms: MECHANISMS } },
    async (server) => {
      for (const mechanism of MECHANISMS) {
        const logIn = (password: string) =>
          gsasl(server, transport, "-m", mechanism, "-p", password);
        const { code, output, errors } = await logIn("secret");
        assertEquals(code, 0, output + errors);
        assertStringIncludes(server.said.join("\n"), `login ${mechanism}`);
        const wrong = await logIn("wrong");
        assertEquals(wrong.code, 1, wrong.output);
        assertStringIncludes(wrong.output, "NO [AUTHENTICATIONFAILED]");
      }
      // What it chooses of itself, it says of each in the same words.
      server.said.length = 0;
      assertEquals((await gsasl(server, transport, "-p", "secret")).code, 0);
      assertStringIncludes(server.said.join("\n"), "login SCRAM-SHA-256");
    },
  );
}

await saslTest(
  "gsasl with a channel binding that is none of ours",
  [NEEDS.gsasl],
  { sasl: { mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] } },
  async (server) => {
    const host = `localhost:${portOf(server, "imap", "starttls")}`;
    const { code, output } = await run("gsasl", [
      ...["--imap", "--connect", host, "-a", "alice", "-p", "secret"],
      ...["-m", "SCRAM-SHA-256-PLUS", `--x509-ca-file=${server.certificate}`],
    ], { input: "", mayFail: true });
    assertEquals(code, 1, output);
    assertStringIncludes(output, "BAD unsupported-channel-binding-type");
    // Without one it is a client like others.
    const without = await gsasl(
      server,
      "starttls",
      ...["-m", "SCRAM-SHA-256", "-p", "secret"],
    );
    assertEquals(without.code, 0, without.output);
  },
);

let passwordHash = "";

await saslTest(
  "gsasl by a record that gsasl has made",
  [NEEDS.gsasl],
  {
    users: {
      get: (name) =>
        Promise.resolve(name === "alice" ? { name, passwordHash } : undefined),
    },
    sasl: { mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-256"] },
  },
  async (server) => {
    for (const mechanism of ["SCRAM-SHA-1", "SCRAM-SHA-256"]) {
      const { output } = await run("gsasl", [
        ...["--mkpasswd", "-m", mechanism, "-p", "pass word"],
        "--iteration-count=5000",
      ]);
      passwordHash = output.trim();
      const logIn = (password: string) =>
        gsasl(server, "plain", "-m", mechanism, "-p", password);
      assertEquals((await logIn("pass word")).code, 0, passwordHash);
      assertEquals((await logIn("password")).code, 1, passwordHash);
    }
  },
);
