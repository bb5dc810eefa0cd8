/**
 * curl.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { inboxArchive } from "./archive.ts";
import { NEEDS } from "./packages.ts";
import { run } from "./process.ts";
import {
  interopTest,
  type MailServer,
  sameSource,
  type Transport,
  TRANSPORTS,
} from "./server.ts";

const MESSAGE = "From: me@example.org\r\nSubject: From curl\r\n\r\nHello\r\n";

/** Runs curl on a URL of the server and returns what it prints. */
async function curl(
  server: MailServer,
  transport: Transport,
  path: string,
  ...more: readonly string[]
): Promise<string> {
  const base = transport === "tls"
    ? `imaps://localhost:${server.tlsPort}`
    : `imap://localhost:${server.port}`;
  const security = transport === "starttls" ? ["--ssl-reqd"] : [];
  const { output } = await run("curl", [
    ...["--silent", "--show-error", "--max-time", "30", "--ipv4"],
    ...["--user", `${server.user}:${server.password}`],
    ...["--cacert", server.certificate, ...security, ...more],
    `${base}/${path}`,
  ]);
  return output;
}

for (const transport of TRANSPORTS) {
  await interopTest(`curl over ${transport}`, {
    needs: [NEEDS.curl],
    archives: async (directory) => [await inboxArchive(directory)],
  }, async (server) => {
    const [archive] = [await inboxArchive(server.directory)];
    const get = (path: string, ...more: string[]) =>
      curl(server, transport, path, ...more);

    assertMatch(await get(""), /^\* LIST \(.*\) "\/" "?INBOX"?\r$/m);
    const third = await get("INBOX;MAILINDEX=3");
    assert(sameSource(third, archive.messages[2] as string), third);
    const byUid = await get("INBOX;UID=4");
    assert(sameSource(byUid, archive.messages[3] as string), byUid);
    const header = await get(
      "INBOX;MAILINDEX=3;SECTION=HEADER.FIELDS%20(FROM)",
    );
    assertMatch(header, /^From: .*\r\n\r\n$/i);
    assertMatch(await get("INBOX?SEEN"), /^\* SEARCH 3 4\r$/m);

    const file = join(server.directory, "message.eml");
    await Deno.writeTextFile(file, MESSAGE);
    await get("INBOX", "--upload-file", file);
    assertEquals(await get("INBOX;MAILINDEX=101"), MESSAGE);
    assertMatch(
      await get("INBOX?SUBJECT%20%22From%20curl%22"),
      /^\* SEARCH 101\r$/m,
    );

    const stored = await get("INBOX", "-X", "STORE 101 +FLAGS (\\Flagged)");
    assertMatch(stored, /^\* 101 FETCH \(.*FLAGS \(.*\\Flagged.*\).*\)\r$/m);
    await get("", "-X", "CREATE Curl");
    await get("INBOX", "-X", "MOVE 101 Curl");
    assertMatch(await get("", "-X", "STATUS Curl (MESSAGES)"), /MESSAGES 1/);
    await get("Curl", "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)");
    assertMatch(await get("Curl", "-X", "EXPUNGE"), /^\* 1 EXPUNGE\r$/m);
    await get("", "-X", "DELETE Curl");
    assertMatch(await get("", "-X", "STATUS INBOX (MESSAGES)"), /MESSAGES 100/);
  });
}
