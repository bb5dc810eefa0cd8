/**
 * KERBEROS_V4 with a client that has nothing of this project, and DES of OpenSSL.
 *
 * @module
 */

import { assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { serve } from "../../mod.ts";
import { missing, NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { SERVER } from "./server.ts";

const CLIENT = fromFileUrl(new URL("kerberos_v4_client.py", import.meta.url));

const absent = await missing([NEEDS.python, NEEDS.openssl]);
const reasons = [
  ...absent.map((need) => `needs ${need.package}`),
  ...(SERVER === "imapd" ? [] : ["is for imapd alone"]),
];

Deno.test({
  name: ["a client of its own making by KERBEROS_V4", ...reasons].join(": "),
  ignore: reasons.length > 0,
  fn: async () => {
    const directory = await Deno.makeTempDir({ prefix: "imapd-interop-" });
    try {
      const key = crypto.getRandomValues(new Uint8Array(8));
      const srvtab = join(directory, "srvtab");
      const names = new TextEncoder().encode("imap\0mail\0TEST\0");
      await Deno.writeFile(srvtab, Uint8Array.of(...names, 1, ...key));
      await using server = serve({
        port: 0,
        users: { alice: "secret", bob: "secret" },
        sasl: { kerberosV4: { srvtab } },
        limits: { failedLoginDelay: 0 },
      });
      const logIn = async (key: Uint8Array, name: string, user: string) => {
        const args = [`${server.addr.port}`, key.toHex(), name, user];
        return (await run("python3", [CLIENT, ...args])).output;
      };
      assertMatch(await logIn(key, "alice", ""), /^a OK /);
      assertMatch(await logIn(key, "alice", "alice"), /^a OK /);
      assertMatch(
        await logIn(key, "alice", "bob"),
        /^a NO \[AUTHORIZATIONFAILED\]/,
      );
      assertMatch(
        await logIn(key, "carol", "alice"),
        /^a NO \[AUTHENTICATIONFAILED\]/,
      );
      const other = key.map((octet) => octet ^ 0xff);
      assertMatch(
        await logIn(other, "alice", "alice"),
        /^a NO \[AUTHENTICATIONFAILED\]/,
      );
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
