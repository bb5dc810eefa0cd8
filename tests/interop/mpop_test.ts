/**
 * mpop: POP3 with SASL.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { portOf, saslTest } from "./sasl_server.ts";
import { TRANSPORTS } from "./server.ts";

const MECHANISMS = [
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
  "CRAM-MD5",
  "PLAIN",
  "LOGIN",
];

for (const transport of TRANSPORTS) {
  await saslTest(
    `mpop over ${transport}`,
    [NEEDS.mpop],
    { sasl: { mechanisms: MECHANISMS } },
    async (server) => {
      const config = join(server.directory, "mpoprc");
      for (const mechanism of MECHANISMS) {
        await Deno.writeTextFile(
          config,
          `account test
host localhost
port ${portOf(server, "pop3", transport)}
user alice
password secret
auth ${mechanism.toLowerCase()}
tls ${transport === "plain" ? "off" : "on"}
tls_starttls ${transport === "starttls" ? "on" : "off"}
${transport === "plain" ? "" : `tls_trust_file ${server.certificate}`}
delivery mbox ${join(server.directory, "mbox")}
uidls_file ${join(server.directory, "uidls")}
`,
          { mode: 0o600 },
        );
        const { code, output, errors } = await run(
          "mpop",
          ["-C", config, "-d", "test"],
          { mayFail: true },
        );
        assertEquals(code, 0, output + errors);
        assertStringIncludes(server.said.join("\n"), `login ${mechanism}`);
      }
    },
  );
}
