/**
 * getmail collects by POP3, and hands on by LMTP, while NeoMutt shows the same INBOX by IMAP.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { inboxArchive } from "./archive.ts";
import { makeGetmail } from "./getmail.ts";
import { letter, mustBeTheSame } from "./letters.ts";
import { holds, openMutt } from "./mutt.ts";
import { NEEDS } from "./packages.ts";
import { toBytes } from "./process.ts";
import { interopTest, openSession, sources } from "./server.ts";

for (const tls of [false, true]) {
  const over = tls ? "TLS" : "TCP";
  await interopTest(`getmail over ${over} beside NeoMutt`, {
    needs: [NEEDS.getmail, NEEDS.neomutt, NEEDS.tmux],
    archives: async (directory) => [await inboxArchive(directory)],
    config: { users: { bob: "secret" } },
    limit: 30_000,
  }, async (server) => {
    const there = await sources(server, "INBOX");
    const getmail = await makeGetmail(server);
    const transport = tls ? "tls" : "plain";
    await using mutt = await openMutt("neomutt", server, transport, 100);
    const collected = await getmail.collect(tls, true);
    mustBeTheSame(collected.map(normal), there.map(normal), "getmail");
    assertEquals(await getmail.collect(tls, true), []);
    using session = await openSession(server);
    const fresh = letter("Fresh");
    await session.append("INBOX", toBytes(fresh), "()");
    await mutt.see(holds(101));
    const next = await getmail.collect(tls, true);
    assertEquals(next.map(normal), [normal(fresh)]);
    // It fetches all, and removes what it has.
    assertEquals((await getmail.collect(tls, false)).length, 101);
    await mutt.see(holds(0));
    assertEquals(await sources(server, "INBOX"), []);
    await mutt.type("q");
    await mutt.ended();
  });
}

/**
 * A message in the form that getmail leaves intact: Python's parser and generator fold its fields anew, leave
 * Bcc out, and end lines by CRLF, also where there is a CR alone.
 */
function normal(source: string): string {
  const end = source.indexOf("\r\n\r\n");
  const fields = source.slice(0, end).replaceAll(/\r\n(?=[ \t])/g, "")
    .split("\r\n")
    .map((field) => field.replaceAll(/[ \t]+/g, " ").trimEnd())
    .filter((field) => !/^(Return-Path|Bcc):/i.test(field));
  return [...fields, source.slice(end).replaceAll(/\r\n?/g, "\n")].join("\n");
}
