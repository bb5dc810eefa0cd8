/**
 * curl, by POP3.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inboxArchive } from "./archive.ts";
import { awkwardMessages } from "./letters.ts";
import { NEEDS } from "./packages.ts";
import { run, toBytes } from "./process.ts";
import {
  flags,
  interopTest,
  type MailServer,
  openSession,
  sameSource,
  sources,
  type Transport,
  TRANSPORTS,
} from "./server.ts";

/** Mechanisms that curl can do with a password. */
const KNOWN = new Set(["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"]);

/** Runs curl on one or more URLs of the server, on one connection, and returns what it prints. */
async function curl(
  server: MailServer,
  transport: Transport,
  paths: readonly string[],
  ...more: readonly string[]
): Promise<string> {
  const { doors, user, password, certificate } = server;
  const base = transport === "tls"
    ? `pop3s://localhost:${doors.pop3s}`
    : `pop3://localhost:${doors.pop3}`;
  const security = transport === "starttls" ? ["--ssl-reqd"] : [];
  const { output } = await run("curl", [
    ...["--silent", "--show-error", "--max-time", "30", "--ipv4"],
    ...["--user", `${user}:${password}`, "--cacert", certificate],
    ...[...security, ...more, ...paths.map((path) => `${base}/${path}`)],
  ]);
  return output;
}

for (const transport of TRANSPORTS) {
  await interopTest(`curl by POP3 over ${transport}`, {
    needs: [NEEDS.curl],
    archives: async (directory) => [await inboxArchive(directory)],
    config: {},
    limit: 30_000,
  }, async (server) => {
    using session = await openSession(server);
    for (const source of awkwardMessages()) {
      await session.append("INBOX", toBytes(source), "()");
    }
    const there = await sources(server, "INBOX");
    const numbers = there.map((_, n) => `${n + 1}`);
    const get = (path: string, ...more: string[]) =>
      curl(server, transport, [path], ...more);

    // Every message is as long as LIST says, and what it is in IMAP.
    const listed = numbers.map((n) => `${n} ${there[Number(n) - 1]?.length}`);
    assertEquals(await get(""), `${listed.join("\r\n")}\r\n`);
    const all = await curl(server, transport, numbers);
    assert(sameSource(all, there.join("")), "RETR of all messages");
    const ids = (await get("", "-X", "UIDL")).trimEnd().split("\r\n");
    assertEquals(ids.map((line) => line.split(" ")[0]), numbers);
    assertEquals(new Set(ids.map((line) => line.split(" ")[1])).size, 107);
    const [header = ""] = there[2]?.split("\r\n\r\n") ?? [];
    assertEquals(await get("", "-X", "TOP 3 0"), `${header}\r\n\r\n`);

    // What was retrieved has been seen; what is deleted is gone for IMAP too.
    const seen = [...(await flags(server, "INBOX")).values()];
    assertEquals(new Set(seen), new Set(["\\Seen"]));
    await get("5", "-X", "DELE", "--head");
    there.splice(4, 1);
    assertEquals(await sources(server, "INBOX"), there);
    assertMatch(await get("", "-X", "STAT", "--head", "-v"), /^$/);
  });
}

await interopTest("curl logs in by POP3 with every mechanism", {
  needs: [NEEDS.curl],
  config: {},
  limit: 30_000,
}, async (server) => {
  using session = await openSession(server);
  const source = "Subject: x\r\n\r\ny\r\n";
  await session.append("INBOX", toBytes(source), "()");
  const { output } = await run("curl", [
    ...["--silent", "--show-error", "--max-time", "30", "-X", "CAPA"],
    `pop3://127.0.0.1:${server.doors.pop3}`,
  ]);
  const mechanisms = /^SASL (.*)\r$/m.exec(output)?.[1]?.split(" ") ?? [];
  assert(mechanisms.includes("PLAIN"), output);
  // curl does SCRAM where it was built with a library for it, which Debian's is not.
  const { output: about } = await run("curl", ["--version"]);
  const known = mechanisms.filter((name) =>
    KNOWN.has(name) && (!name.startsWith("SCRAM") || about.includes("gsasl"))
  );
  for (const mechanism of known) {
    const options = ["--login-options", `AUTH=${mechanism}`];
    const text = await curl(server, "plain", ["1"], ...options);
    assertEquals(text, source, mechanism);
  }
});
