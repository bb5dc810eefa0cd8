/** Changing flags. */

import { assertEquals, assertGreater } from "@std/assert";
import {
  contents,
  type Contract,
  message,
  messages,
  plain,
  refused,
  uids,
} from "./harness.ts";

/** Adds the tests. */
export function flagContract({ check }: Contract): void {
  check("flags are added, taken, replaced", async (context) => {
    const { inbox } = context;
    await inbox.append([message("a"), message("b", ["\\Seen", "Work"])]);
    const both = uids(1, 2);
    const added = await inbox.storeFlags(both, {
      mode: "add",
      flags: ["\\flagged", "WORK"],
    });
    assertEquals(plain(added.changed), [1, 2]);
    assertEquals(contents(inbox), {
      1: ["\\Flagged", "Work"],
      2: ["\\Flagged", "\\Seen", "Work"],
    });
    const removed = await inbox.storeFlags(both, {
      mode: "remove",
      flags: ["work", "\\Seen", "unknown"],
    });
    assertEquals(plain(removed.changed), [1, 2]);
    assertEquals(contents(inbox), { 1: ["\\Flagged"], 2: ["\\Flagged"] });
    await inbox.storeFlags(uids(2), { mode: "replace", flags: ["\\Deleted"] });
    assertEquals(contents(inbox), { 1: ["\\Flagged"], 2: ["\\Deleted"] });
    assertEquals(inbox.state.deletedCount, 1);
    assertEquals(inbox.state.unseen, 2);
    await inbox.storeFlags(uids(2), { mode: "replace", flags: [] });
    assertEquals(contents(inbox), { 1: ["\\Flagged"], 2: [] });
  });

  check("only what becomes other is changed", async (context) => {
    const { inbox } = context;
    await inbox.append([
      message("a", ["\\Seen"]),
      message("b"),
      message("c"),
    ]);
    const before = plain(inbox.state.uids.slice(0, 3)).map((_, i) =>
      inbox.state.modseqs[i]!
    );
    const result = await inbox.storeFlags(uids(1, 2, 7), {
      mode: "add",
      flags: ["\\Seen"],
    });
    assertEquals(plain(result.changed), [2]);
    assertEquals(plain(result.missing), [7]);
    assertEquals(plain(result.modified), []);
    assertEquals(result.modseqs, [inbox.state.highestModseq]);
    assertEquals(inbox.state.modseqs[0], before[0]);
    assertEquals(inbox.state.modseqs[2], before[2]);
    assertGreater(inbox.state.modseqs[1]!, before[1]!);
    const nothing = await inbox.storeFlags(uids(1, 2), {
      mode: "add",
      flags: ["\\Seen"],
    });
    assertEquals(nothing.modseqs, []);
    assertEquals(inbox.state.highestModseq, result.modseqs[0]);
  });

  check("unchangedSince leaves newer ones alone", async (context) => {
    const { inbox } = context;
    const { modseq } = await inbox.append(messages(3));
    await inbox.storeFlags(uids(2), { mode: "add", flags: ["\\Seen"] });
    const result = await inbox.storeFlags(uids(1, 2, 3), {
      mode: "add",
      flags: ["\\Deleted"],
      unchangedSince: modseq,
    });
    assertEquals(plain(result.changed), [1, 3]);
    assertEquals(plain(result.modified), [2]);
    const none = await inbox.storeFlags(uids(1, 2, 3), {
      mode: "add",
      flags: ["\\Draft"],
      unchangedSince: 0,
    });
    assertEquals(plain(none.modified), [1, 2, 3]);
    assertEquals(none.modseqs, []);
  });

  check("keywords have a limit, unused ones are forgotten", async (context) => {
    const { inbox } = context;
    await inbox.append(messages(2));
    const add = (...flags: string[]) =>
      inbox.storeFlags(uids(1), { mode: "add", flags });
    const replace = (...flags: string[]) =>
      inbox.storeFlags(uids(1), { mode: "replace", flags });
    await add("k1", "k2", "k3");
    await refused("LIMIT", add("k4"));
    await refused("CANNOT", add("k 4"));
    await add("K1");
    await replace("k1");
    await add("n2", "n3");
    assertEquals(contents(inbox)[1], ["k1", "n2", "n3"]);
    await refused("LIMIT", add("n4"));
    await inbox.storeFlags(uids(1), { mode: "remove", flags: ["any"] });
    assertEquals(contents(inbox), { 1: ["k1", "n2", "n3"], 2: [] });
  }, { limits: { maxKeywords: 3 } });
}
