/**
 * Python's imaplib.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { inboxArchive } from "./archive.ts";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import { interopTest, TRANSPORTS } from "./server.ts";

const SCRIPT = fromFileUrl(new URL("imaplib_client.py", import.meta.url));

for (const transport of TRANSPORTS) {
  await interopTest(`imaplib over ${transport}`, {
    needs: [NEEDS.python],
    archives: async (directory) => [await inboxArchive(directory)],
  }, async (server) => {
    const port = transport === "tls" ? server.tlsPort : server.port;
    const { output } = await run("python3", [
      ...[SCRIPT, transport, `${port}`, server.user, server.password],
      server.certificate,
    ]);
    assertEquals(output, "done\n");
  });
}
