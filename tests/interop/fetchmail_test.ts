/**
 * fetchmail collects by POP3 while others read the same INBOX by IMAP.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { inboxArchive } from "./archive.ts";
import { makeFetchmail } from "./fetchmail.ts";
import {
  awkwardMessages,
  letter,
  mustBeTheSame,
  takeApart,
} from "./letters.ts";
import { maildirMessages, makeMirror, withoutTuid } from "./mbsync.ts";
import { NEEDS } from "./packages.ts";
import { toBytes } from "./process.ts";
import {
  flags,
  interopTest,
  openSession,
  sources,
  TRANSPORTS,
} from "./server.ts";

const withoutCr = (source: string) => source.replaceAll("\r", "");

for (const transport of TRANSPORTS) {
  await interopTest(`fetchmail over ${transport} beside mbsync and IDLE`, {
    needs: [NEEDS.fetchmail, NEEDS.mbsync],
    archives: async (directory) => [await inboxArchive(directory)],
    config: {},
    limit: 30_000,
  }, async (server) => {
    using session = await openSession(server);
    for (const source of awkwardMessages()) {
      await session.append("INBOX", toBytes(source), "()");
    }
    const there = await sources(server, "INBOX");
    const fetchmail = await makeFetchmail(server);
    const mirror = await makeMirror(server);
    const [kept] = await Promise.all([
      fetchmail.fetch({ transport, keep: true }),
      mirror.sync(transport),
    ]);
    // Lines end by LF in files, for which fetchmail and mbsync drop every CR.
    const lines = there.map(withoutCr);
    mustBeTheSame(kept.map(withoutCr), lines, "fetchmail");
    const mirrored = (await maildirMessages(mirror, "INBOX"))
      .map(({ source }) => withoutTuid(source));
    mustBeTheSame(mirrored, lines, "the Maildir");
    // What it keeps it reads by TOP, which does not say that a person has seen it.
    const flagged = await flags(server, "INBOX");
    assertEquals(new Set(flagged.values()), new Set([""]));

    // What is kept is not fetched again, when the server has started anew neither.
    assertEquals(await fetchmail.fetch({ transport, keep: true }), []);
    await server.restart();
    assertEquals(await fetchmail.fetch({ transport, keep: true }), []);
    using idling = await openSession(server);
    await idling.run("SELECT INBOX");
    const fresh = letter("Fresh");
    await idling.append("INBOX", toBytes(fresh), "()");
    assertEquals(await fetchmail.fetch({ transport, keep: true }), [fresh]);

    // What is not kept is gone for those who look at it, too.
    await idling.idle();
    const gone = (async () => {
      for (let n = 0; n <= there.length; n++) await idling.waitFor("EXPUNGE");
    })();
    const [all] = await Promise.all([
      fetchmail.fetch({ transport, keep: false }),
      gone,
    ]);
    await idling.done();
    const everything = [...there, fresh].map(withoutCr);
    mustBeTheSame(all.map(withoutCr), everything, "fetchmail");
    assertEquals(await sources(server, "INBOX"), []);
    await mirror.sync(transport);
    assertEquals(await maildirMessages(mirror, "INBOX"), []);
  });
}

await interopTest("fetchmail carries mail from POP3 to LMTP", {
  needs: [NEEDS.fetchmail],
  config: { users: { bob: "secret" } },
  limit: 30_000,
}, async (server) => {
  const sent = [...awkwardMessages(), letter("One"), letter("Two")];
  using session = await openSession(server);
  for (const source of sent) {
    await session.append("INBOX", toBytes(source), "()");
  }
  const fetchmail = await makeFetchmail(server);
  await fetchmail.fetch({
    transport: "tls",
    keep: false,
    forwardTo: "bob@example.org",
  });
  assertEquals(await sources(server, "INBOX"), []);
  const arrived = await sources({ ...server, user: "bob" }, "INBOX");
  mustBeTheSame(
    arrived.map((stored) => takeApart(stored, 1).source),
    sent,
    "bob's INBOX",
  );
});
