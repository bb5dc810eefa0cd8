import { assertEquals, assertMatch } from "@std/assert";
import type { MessageEntry } from "../../server/mod.ts";
import { start, textOf } from "./harness.ts";

/** A server whose INBOX has UIDs that last. */
function startList(uids: readonly number[]) {
  return start({
    getMailboxes: () => [{ name: "INBOX", uidValidity: 7 }],
    getMessages: (): MessageEntry[] =>
      uids.map((uid) => ({ uid, source: textOf(uid) })),
  });
}

Deno.test("who resynchronizes with a mailbox of the application is told all after a restart", async () => {
  let modseq: string;
  {
    await using tested = startList([1, 2, 3, 5]);
    const client = await tested.login();
    await client.ok("ENABLE QRESYNC");
    const lines = (await client.ok("SELECT INBOX")).join("\n");
    assertMatch(lines, /UIDVALIDITY 7\]/);
    modseq = /HIGHESTMODSEQ (\d+)/.exec(lines)![1]!;
    const same = await client.ok(`SELECT INBOX (QRESYNC (7 ${modseq}))`);
    assertEquals(same.filter((line) => /VANISHED|FETCH/.test(line)), []);
  }
  // What has gone while no server ran nobody has seen going.
  await using tested = startList([1, 3, 6]);
  const client = await tested.login();
  await client.ok("ENABLE QRESYNC");
  const lines = await client.ok(`SELECT INBOX (QRESYNC (7 ${modseq} 1:5))`);
  const told = lines.filter((line) => /VANISHED|FETCH/.test(line));
  assertEquals(told.map((line) => line.replace(/ MODSEQ \(\d+\)/, "")), [
    "* VANISHED (EARLIER) 2,4:5",
    "* 1 FETCH (UID 1 FLAGS (\\Recent))",
    "* 2 FETCH (UID 3 FLAGS (\\Recent))",
  ]);
});
