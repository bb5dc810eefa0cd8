/**
 * The transcripts of the protocol, on a server that has no storage but an array.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { arrayCallbacks } from "../../examples/array_server.ts";
import { serve } from "../../server/serve.ts";
import { loadScripts } from "../transcript/load.ts";
import { missingCapabilities, runScript } from "../transcript/run.ts";

for (const script of loadScripts(Deno.env.get("TRANSCRIPT"))) {
  if (script.storage !== undefined) continue;
  for (const revision of script.revisions) {
    Deno.test(`${script.path} rev${revision} on an array`, async () => {
      const faults: unknown[] = [];
      const server = serve({
        port: 0,
        users: { alice: "secret", bob: "secret" },
        callbacks: arrayCallbacks(),
        limits: { failedLoginDelay: 0, ...script.limits },
        capabilities: {
          // Where it is offered no copy from an array has a COPYUID.
          disable: script.requires.includes("OBJECTID")
            ? script.disable
            : [...script.disable, "OBJECTID"],
        },
        metadata: {
          admin: "mailto:postmaster@example.com",
          editors: ["alice"],
        },
        utf8Only: script.utf8Only,
        surrogates: script.surrogates,
        appendLimits: script.appendLimits,
        onListen() {},
        onError: (error) => faults.push(error),
      });
      const { hostname, port } = server.addr;
      const connect = () => Deno.connect({ hostname, port });
      try {
        const options = { connect, revision, cut: false };
        assertEquals(await missingCapabilities(script, options), []);
        await runScript(script, options);
        assertEquals(faults, []);
      } finally {
        await server.shutdown();
      }
    });
  }
}
