/** What listeners hear, and what the state remembers of the past. */

import { assertEquals } from "@std/assert";
import { type Contract, messages, plain, uids } from "./harness.ts";

/** Adds the tests. */
export function changeContract({ check }: Contract): void {
  check("listeners hear each change once and in order", async (context) => {
    const { account, inbox } = context;
    const other = await account.openMailbox("INBOX");
    assertEquals(other.state, inbox.state);
    const heard: [string, number[], number][] = [];
    const stop = other.onChange((change) => {
      if (change.type === "delete") return;
      heard.push([change.type, plain(change.uids), change.modseq]);
      assertEquals(other.state.highestModseq, change.modseq);
    });
    let toldBeforeSettled = 0;
    await inbox.append(messages(2)).then(() =>
      toldBeforeSettled = heard.length
    );
    assertEquals(toldBeforeSettled, 1);
    await inbox.storeFlags(uids(1), { mode: "add", flags: ["\\Seen"] });
    await inbox.storeFlags(uids(1), { mode: "add", flags: ["\\Seen"] });
    await inbox.expunge(uids(1));
    await inbox.expunge(uids(1));
    stop();
    await inbox.append(messages(1));
    assertEquals(heard.map(([type, list]) => [type, list]), [
      ["append", [1, 2]],
      ["flags", [1]],
      ["expunge", [1]],
    ]);
    const modseqs = heard.map(([, , modseq]) => modseq);
    assertEquals(modseqs, [...new Set(modseqs)].sort((a, b) => a - b));
    other.close();
  });

  check("the past is known", async ({ inbox }) => {
    const start = inbox.state.highestModseq;
    const { modseq } = await inbox.append(messages(4));
    await inbox.expunge(uids(2));
    const { modseqs } = await inbox.storeFlags(uids(1, 3), {
      mode: "add",
      flags: ["\\Seen"],
    });
    await inbox.expunge(uids(4));
    const since = (value: number) =>
      inbox.state.changedSince(value)?.map((c) => [c.type, plain(c.uids)]);
    assertEquals(since(modseq), [["expunge", [2]], ["flags", [1, 3]], [
      "expunge",
      [4],
    ]]);
    assertEquals(since(modseqs[0]!), [["expunge", [4]]]);
    assertEquals(since(inbox.state.highestModseq), []);
    assertEquals(since(start)?.length, 4);
    const gone = (value: number) => {
      const list = inbox.state.expungedSince(value);
      return list && plain(list);
    };
    assertEquals(gone(start), [2, 4]);
    assertEquals(gone(modseqs[0]!), [4]);
    assertEquals(gone(inbox.state.highestModseq), []);
  });
}
