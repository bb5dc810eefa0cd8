/**
 * One-time passwords of Cyrus SASL's making: it counts down, and begins anew by itself before the end. Its MD4 is
 * that of OpenSSL, which has switched it off.
 *
 * @module
 */

import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  MemoryOtpStore,
  type OtpAlgorithm,
  otpRecord,
  serve,
} from "../../mod.ts";
import { imtest, unpackImtest } from "./imtest.ts";
import { SERVER } from "./server.ts";

const PHRASE = "This is a test.";

const { root, skip } = SERVER === "imapd"
  ? await unpackImtest()
  : { skip: "is for imapd alone" };

for (const algorithm of ["md5", "sha1"] satisfies OtpAlgorithm[]) {
  Deno.test({
    name: [`imtest by OTP with ${algorithm}`, skip ?? []].flat().join(": "),
    ignore: root === undefined,
    fn: async () => {
      const store = new MemoryOtpStore();
      const record = otpRecord(PHRASE, {
        algorithm,
        sequence: 12,
        seed: "ab1",
      });
      await store.compareAndSet("alice", undefined, record);
      await using server = serve({
        port: 0,
        users: { alice: "secret" },
        sasl: { mechanisms: ["OTP"], otp: store },
        limits: { failedLoginDelay: 0 },
      });
      const logIn = (user: string, password: string) =>
        imtest(root!, {
          ...{ port: server.addr.port, mechanism: "OTP" },
          ...{ user, password },
        });

      const wrong = await logIn("alice", "Another test.");
      assertStringIncludes(wrong.output, "NO [AUTHENTICATIONFAILED]");
      assertEquals(await store.get("alice"), record);
      const nobody = await logIn("nobody", PHRASE);
      assertStringIncludes(nobody.output, "NO [AUTHENTICATIONFAILED]");

      // So near the end of a series it begins another, and then it counts down.
      const sequences: number[] = [];
      for (let count = 0; count < 3; count++) {
        const { output } = await logIn("alice", PHRASE);
        assertStringIncludes(output, "\nAuthenticated.");
        const { seed, sequence } = (await store.get("alice"))!;
        assertNotEquals(seed, "ab1");
        sequences.push(sequence);
      }
      assertEquals(sequences, [499, 498, 497]);
    },
  });
}
