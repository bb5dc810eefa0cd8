/**
 * swaks, by LMTP, as a mail server that logs in before it delivers.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { saslTest } from "./sasl_server.ts";

const MECHANISMS = ["CRAM-MD5", "PLAIN", "LOGIN"];

await saslTest(
  "swaks logs in by LMTP",
  [NEEDS.swaks],
  {
    users: { alice: "secret", mx: "secret of mx" },
    delivery: { agents: ["mx"] },
    sasl: { mechanisms: MECHANISMS },
  },
  async (server) => {
    const swaks = (user: string, password: string, ...more: string[]) =>
      run("swaks", [
        ...["--protocol", "LMTP", "--timeout", "10"],
        ...["--server", "127.0.0.1", "--port", `${server.ports.lmtp}`],
        ...["--ehlo", "mx.example.net", "--to", "alice@example.org"],
        ...["--auth-user", user, "--auth-password", password, ...more],
      ], { mayFail: true });
    for (const mechanism of MECHANISMS) {
      const right = await swaks("mx", "secret of mx", "--auth", mechanism);
      assertEquals(right.code, 0, right.output);
      assertMatch(right.output, /^<- {2}235 2\.7\.0 /m);
      assertMatch(right.output, /^<- {2}250 2\.0\.0 <alice@example\.org>/m);
    }
    const wrong = await swaks("mx", "wrong", "--auth", "PLAIN");
    assertEquals(wrong.code, 28, wrong.output);
    assertMatch(wrong.output, /^<\*\* 535 5\.7\.8 /m);
    const other = await swaks("alice", "secret", "--auth", "PLAIN");
    assertEquals(other.code, 28, other.output);
    const none = await swaks("mx", "x", "--auth-optional", "NONE");
    assertStringIncludes(none.output, "530 5.7.0 ");
    assertStringIncludes(server.said.join("\n"), "C: AUTH ***");
  },
);
