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

  check(
    "an account hears of messages in all its mailboxes",
    async (context) => {
      const { account, inbox, storage } = context;
      await account.createMailbox("a/x");
      const heard: string[] = [];
      const stop = await account.watchMessages(({ mailbox, type, count }) => {
        heard.push(`${mailbox} ${type} ${count}`);
      });
      const target = await account.openMailbox("a/x");
      await inbox.append(messages(3));
      await inbox.copyTo(uids(1, 2), target);
      await inbox.storeFlags(uids(1, 3), { mode: "add", flags: ["\\Seen"] });
      await inbox.moveTo(uids(2), target);
      await account.renameMailbox("a", "b");
      await target.expunge(uids(1));
      target.close();
      const other = await storage.openAccount("somebody else");
      const theirs = await other.openMailbox("INBOX");
      await theirs.append(messages(1));
      theirs.close();
      other.close();
      assertEquals(heard.toSorted(), [
        "INBOX append 3",
        "INBOX expunge 1",
        "INBOX flags 2",
        "a/x append 1",
        "a/x append 2",
        "b/x expunge 1",
      ]);
      stop();
      await inbox.append(messages(1));
      assertEquals(heard.length, 6);
    },
  );

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
