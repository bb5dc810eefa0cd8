/** Appending and expunging messages. */

import { assertEquals, assertGreater } from "@std/assert";
import {
  bytes,
  contents,
  type Contract,
  message,
  messages,
  plain,
  refused,
  text,
  uid,
  uids,
} from "./harness.ts";

/** Adds the tests. */
export function appendContract({ check }: Contract): void {
  check("append keeps all of a message", async (context) => {
    const { inbox } = context;
    const result = await inbox.append([{
      source: bytes("Subject: x\r\n\r\nbody"),
      flags: ["custom", "\\SEEN", "\\Draft", "CUSTOM"],
      internalDate: -1000,
      summary: bytes("short"),
    }]);
    assertEquals(plain(result.uids), [1]);
    const record = inbox.state.recordAt(0);
    assertEquals(record.uid, 1);
    assertEquals(record.flags, ["\\Seen", "\\Draft", "custom"]);
    assertEquals(record.internalDate, -1000);
    assertEquals(record.saveDate, 5_000_000);
    assertEquals(record.size, 18);
    assertEquals(record.modseq, result.modseq);
    assertEquals(inbox.state.highestModseq, result.modseq);
    assertEquals(inbox.state.uidNext, 2);
    assertEquals(
      text(await inbox.readSource(uid(1))),
      "Subject: x\r\n\r\nbody",
    );
  }, { now: () => 5_000_000 });

  check("several messages are one change", async ({ inbox }) => {
    const before = inbox.state.highestModseq;
    const result = await inbox.append(messages(5));
    assertEquals(plain(result.uids), [1, 2, 3, 4, 5]);
    assertGreater(result.modseq, before);
    assertEquals(
      new Set(inbox.state.modseqs.subarray(0, 5)),
      new Set([result.modseq]),
    );
    assertEquals((await inbox.append([])).uids.length, 0);
    assertEquals(inbox.state.highestModseq, result.modseq);
  });

  check("appends keep the order of the calls", async (context) => {
    const { inbox } = context;
    const sizes = [3_000_000, 10, 900_000, 20, 30, 200_000, 40];
    const appended = sizes.map((size) =>
      inbox.append([message("x".repeat(size))])
    );
    const results = await Promise.all(appended);
    assertEquals(results.map(({ uids }) => uids[0]), [1, 2, 3, 4, 5, 6, 7]);
    assertEquals([...inbox.state.sizes.subarray(0, 7)], sizes);
  });

  check("a refused append leaves nothing", async ({ inbox }) => {
    await refused(
      "TOOBIG",
      inbox.append([message("a"), message("12345678901")]),
    );
    await refused("LIMIT", inbox.append([message("a", ["k1", "k2", "k3"])]));
    await refused(
      "LIMIT",
      inbox.append([message("a"), message("a", ["longer"])]),
    );
    await refused("CANNOT", inbox.append([message("a", ["a b"])]));
    assertEquals(inbox.state.length, 0);
    assertEquals(inbox.state.uidNext, 1);
    await inbox.append([message("1234567890", ["k1", "k2"])]);
    assertEquals(contents(inbox), { 1: ["k1", "k2"] });
  }, { limits: { maxMessageSize: 10, maxKeywords: 2, maxKeywordLength: 4 } });

  check("expunge removes what is there", async ({ inbox }) => {
    await inbox.append(messages(5));
    const { epoch, uids: told } = inbox.state;
    const result = await inbox.expunge(uids(2, 4, 9));
    assertEquals(plain(result.uids), [2, 4]);
    assertEquals(result.modseq, inbox.state.highestModseq);
    assertEquals(plain(inbox.state.allUids()), [1, 3, 5]);
    assertEquals(plain(told.subarray(0, 5)), [1, 2, 3, 4, 5]);
    assertGreater(inbox.state.epoch, epoch);
    assertEquals(inbox.state.totalSize, 6);
    assertEquals((await inbox.expunge(uids(2, 4))).uids.length, 0);
    assertEquals(inbox.state.highestModseq, result.modseq);
    assertEquals(await inbox.readSource(uid(2)), undefined);
    await inbox.expunge(inbox.state.allUids());
    assertEquals(inbox.state.length, 0);
    assertEquals(inbox.state.uidNext, 6);
    assertEquals((await inbox.append([message("x")])).uids[0], 6);
  });

  check("large appends are whole", async ({ inbox }) => {
    const result = await inbox.append(messages(3000, ["\\Seen"]));
    assertEquals(result.uids.length, 3000);
    assertEquals(inbox.state.length, 3000);
    assertEquals(inbox.state.modseqs[0], inbox.state.modseqs[2999]);
    assertEquals(text(await inbox.readSource(uid(3000))), "m3000");
    assertEquals(inbox.state.unseen, 0);
  });
}
