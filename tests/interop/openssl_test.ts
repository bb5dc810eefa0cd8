/**
 * openssl s_client: a person who types IMAP, after STARTTLS and over implicit TLS.
 *
 * @module
 */

import { assertMatch } from "@std/assert";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { interopTest } from "./server.ts";

for (const transport of ["starttls", "tls"] as const) {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    await interopTest(`openssl s_client ${version} over ${transport}`, {
      needs: [NEEDS.openssl],
    }, async (server) => {
      const port = transport === "tls" ? server.tlsPort : server.port;
      const starttls = transport === "tls" ? [] : ["-starttls", "imap"];
      const { output, errors } = await run("openssl", [
        ...["s_client", "-connect", `127.0.0.1:${port}`, ...starttls],
        ...["-CAfile", server.certificate, "-verify_return_error"],
        ...["-verify_hostname", "localhost", version, "-quiet", "-crlf"],
      ], {
        input: `a LOGIN ${server.user} ${server.password}\n` +
          "b SELECT INBOX\nc LOGOUT\n",
        mayFail: true,
      });
      assertMatch(errors, /verify return:1/);
      assertMatch(output, /^a OK /m);
      assertMatch(output, /^\* 0 EXISTS\r$/m);
      assertMatch(output, /^b OK \[READ-WRITE\] /m);
      assertMatch(output, /^\* BYE /m);
      assertMatch(output, /^c OK /m);
    });
  }
}
