/** Copying and moving. */

import { assertEquals } from "@std/assert";
import { replaceMessage } from "../../storage/replace.ts";
import {
  collect,
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
export function copyContract({ check }: Contract): void {
  let clock = 1000;
  check("copies keep flags and dates", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await a.append([message("first")]);
    await inbox.append([message("x", ["\\Seen", "Work"], 77), message("y")]);
    clock = 9000;
    const result = await inbox.copyTo(uids(1, 2), a);
    assertEquals(plain(result.source), [1, 2]);
    assertEquals(plain(result.target), [2, 3]);
    assertEquals(contents(a), { 1: [], 2: ["\\Seen", "Work"], 3: [] });
    const record = a.state.recordAt(1);
    assertEquals([record.internalDate, record.saveDate], [77, 9000]);
    assertEquals(record.content, inbox.state.contentAt(0));
    assertEquals(text(await a.readSource(uid(2))), "x");
    await inbox.expunge(uids(1, 2));
    assertEquals(text(await a.readSource(uid(2))), "x");
    assertEquals(await collect(a.readSummaries(uids(2, 3))), [
      [2, "summary of x"],
      [3, "summary of y"],
    ]);
    a.close();
  }, { now: () => clock });

  check("a copy of what is gone is refused", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append(messages(3));
    await inbox.expunge(uids(2));
    await refused("EXPUNGEISSUED", inbox.copyTo(uids(1, 2, 3), a));
    assertEquals(a.state.length, 0);
    const none = await inbox.copyTo(uids(), a);
    assertEquals([none.source.length, none.target.length], [0, 0]);
    await account.deleteMailbox("a");
    await refused("NONEXISTENT", inbox.copyTo(uids(1), a));
    await refused("NONEXISTENT", inbox.moveTo(uids(1), a));
    assertEquals(plain(inbox.state.allUids()), [1, 3]);
    a.close();
  });

  check("copies into the mailbox itself", async ({ inbox }) => {
    await inbox.append([message("x", ["\\Seen"]), message("y")]);
    const result = await inbox.copyTo(uids(1, 2), inbox);
    assertEquals(plain(result.target), [3, 4]);
    assertEquals(contents(inbox), {
      1: ["\\Seen"],
      2: [],
      3: ["\\Seen"],
      4: [],
    });
    await inbox.expunge(uids(1, 4));
    assertEquals(text(await inbox.readSource(uid(2))), "y");
    assertEquals(text(await inbox.readSource(uid(3))), "x");
  });

  check("moves pass over what is gone", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([message("x", ["Work"], 5), message("y"), message("z")]);
    await inbox.expunge(uids(2));
    const result = await inbox.moveTo(uids(1, 2, 3), a);
    assertEquals(plain(result.source), [1, 3]);
    assertEquals(plain(result.target), [1, 2]);
    assertEquals(inbox.state.length, 0);
    assertEquals(contents(a), { 1: ["Work"], 2: [] });
    assertEquals(a.state.recordAt(0).internalDate, 5);
    assertEquals(text(await a.readSource(uid(2))), "z");
    const back = await a.moveTo(uids(1), inbox);
    assertEquals(plain(back.target), [4]);
    assertEquals((await a.moveTo(uids(1), inbox)).source.length, 0);
    a.close();
  });

  check("moves into the mailbox itself", async ({ inbox }) => {
    await inbox.append([message("x", ["\\Seen"]), message("y"), message("z")]);
    const heard: [string, number[]][] = [];
    inbox.onChange((change) => {
      if (change.type !== "delete") {
        heard.push([change.type, plain(change.uids)]);
      }
    });
    const result = await inbox.moveTo(uids(1, 3), inbox);
    assertEquals(plain(result.target), [4, 5]);
    assertEquals(contents(inbox), { 2: [], 4: ["\\Seen"], 5: [] });
    assertEquals(heard, [["append", [4, 5]], ["expunge", [1, 3]]]);
    assertEquals(text(await inbox.readSource(uid(4))), "x");
  });

  check("a message in place of another", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([message("x", ["\\Seen"]), message("y")]);
    const heard: [string, number[]][] = [];
    inbox.onChange((change) => {
      if (change.type !== "delete") {
        heard.push([change.type, plain(change.uids)]);
      }
    });
    const here = await replaceMessage(
      inbox,
      uid(1),
      message("z", ["k"]),
      inbox,
    );
    assertEquals(plain(here.uids), [3]);
    assertEquals(contents(inbox), { 2: [], 3: ["k"] });
    assertEquals(text(await inbox.readSource(uid(3))), "z");
    assertEquals(await inbox.readSource(uid(1)), undefined);
    const there = await replaceMessage(inbox, uid(3), message("w"), a);
    assertEquals(plain(there.uids), [1]);
    assertEquals([contents(inbox), contents(a)], [{ 2: [] }, { 1: [] }]);
    assertEquals(heard, [
      ["append", [3]],
      ["expunge", [1]],
      ["expunge", [3]],
    ]);
    a.close();
  });

  check("what is gone is not replaced", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([message("x"), message("y", ["k1"])]);
    await inbox.expunge(uids(1));
    const replace = (number: number, put = message("z")) =>
      replaceMessage(inbox, uid(number), put, a);
    await refused("EXPUNGEISSUED", replace(1));
    await refused("EXPUNGEISSUED", replace(9));
    await refused("LIMIT", replace(2, message("z", ["k1", "k2"])));
    assertEquals([contents(inbox), contents(a)], [{ 2: ["k1"] }, {}]);
    const both = await Promise.allSettled([replace(2), replace(2)]);
    const done = both.filter(({ status }) => status === "fulfilled");
    assertEquals([done.length, a.state.length], [1, 1]);
    await inbox.append([message("v")]);
    await account.deleteMailbox("a");
    await refused("NONEXISTENT", replace(3));
    assertEquals(contents(inbox), { 3: [] });
    a.close();
  }, { limits: { maxKeywords: 1 } });

  check("keywords of copies count", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([message("x", ["k1", "k2"])]);
    await a.append([message("y", ["k3"])]);
    await refused("LIMIT", inbox.copyTo(uids(1), a));
    await refused("LIMIT", inbox.moveTo(uids(1), a));
    assertEquals([a.state.length, inbox.state.length], [1, 1]);
    a.close();
  }, { limits: { maxKeywords: 2 } });

  check("copies and moves across accounts", async (context) => {
    const { storage, inbox } = context;
    const bob = await storage.openAccount("bob");
    const other = await bob.openMailbox("INBOX");
    await inbox.append([message("x"), message("y")]);
    await inbox.copyTo(uids(1), other);
    await inbox.moveTo(uids(2), other);
    await storage.deleteAccount("bob");
    assertEquals(text(await inbox.readSource(uid(1))), "x");
    other.close();
    bob.close();
  });

  check("thousands at once", async ({ account, inbox }) => {
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append(messages(2500));
    const all = inbox.state.allUids();
    const stored = await inbox.storeFlags(all, {
      mode: "add",
      flags: ["\\Seen"],
    });
    assertEquals(stored.changed.length, 2500);
    const copied = await inbox.copyTo(all, a);
    assertEquals(copied.target, all);
    assertEquals(a.state.unseen, 0);
    const moved = await inbox.moveTo(all, a);
    assertEquals(moved.source, all);
    assertEquals(inbox.state.length, 0);
    assertEquals(a.state.length, 5000);
    const gone = await a.expunge(a.state.allUids());
    assertEquals(gone.uids.length, 5000);
    a.close();
  });
}
