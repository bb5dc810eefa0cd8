/** The list of mailboxes: names, hierarchy, renaming, subscriptions, limits. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
} from "@std/assert";
import { type Contract, message, names, refused } from "./harness.ts";

/** Adds the tests. */
export function nameContract({ check }: Contract): void {
  check("an account begins with INBOX", async ({ account }) => {
    assertEquals(await names(account), ["INBOX"]);
    const info = await account.mailbox("inbox");
    assertEquals(info?.name, "INBOX");
    assert(info?.id !== undefined && info.uidValidity !== undefined);
    assertEquals(info.hasChildren, false);
    assertEquals(info.subscribed, false);
    assertEquals(info.specialUse, []);
  });

  check("creating makes superiors as names", async (context) => {
    const { account } = context;
    const made = await account.createMailbox("a/b/c", {
      specialUse: ["\\Sent"],
    });
    assertEquals(made.name, "a/b/c");
    assertEquals(made.specialUse, ["\\Sent"]);
    assertEquals(await names(account), ["INBOX", "(a)", "(a/b)", "a/b/c"]);
    assertEquals((await account.mailbox("a"))?.hasChildren, true);
    assertEquals((await account.mailbox("a/b/c"))?.hasChildren, false);
    await account.createMailbox("a/");
    assertEquals(await names(account), ["INBOX", "a", "(a/b)", "a/b/c"]);
    await refused("ALREADYEXISTS", account.createMailbox("a"));
    await refused("ALREADYEXISTS", account.createMailbox("iNbOx"));
    await account.createMailbox("inBox/Below");
    assertEquals((await names(account))[1], "INBOX/Below");
  });

  check("the list is in order", async ({ account }) => {
    for (const name of ["b", "a b", "a", "A", "a/z", "a/INBOX", "é", "a-b"]) {
      await account.createMailbox(name);
    }
    assertEquals(await names(account), [
      "INBOX",
      "A",
      "a",
      "a/INBOX",
      "a/z",
      "a b",
      "a-b",
      "b",
      "é",
    ]);
  });

  check("names that cannot be", async ({ account }) => {
    const bad = [
      "",
      "/",
      "/x",
      "foo//x",
      "foo///",
      "a\0b",
      "a\r\n* b",
      "a\x7f",
      "a\u0085b",
      "a\u2028b",
      "a ",
      " a",
      "a /b",
      "\ud800",
      "..",
      "../../bob",
      "a/./b",
      "x".repeat(1001),
    ];
    for (const name of bad) {
      await refused("CANNOT", account.createMailbox(name));
      await refused("CANNOT", account.renameMailbox("INBOX", name));
      await refused(
        "CANNOT",
        account.updateMailbox(name, { subscribed: true }),
      );
      if (name.length > 1000) continue;
      assertEquals(await account.mailbox(name), undefined);
      await refused("NONEXISTENT", account.openMailbox(name));
      await refused("NONEXISTENT", account.deleteMailbox(name));
      assertEquals(await account.status([name]), [undefined]);
    }
    for (const name of ["...", "a.b", "~", "%", "a\\b", "&AGE-"]) {
      assertEquals((await account.createMailbox(name)).name, name);
    }
  });

  check("limits of the list", async ({ account }) => {
    await refused("LIMIT", account.createMailbox("a/".repeat(199) + "a"));
    await account.createMailbox("1/2/3");
    await refused("LIMIT", account.createMailbox("1/2/3/4"));
    await refused("CANNOT", account.createMailbox("é".repeat(11)));
    await account.createMailbox("b");
    await refused("LIMIT", account.renameMailbox("1", "b/1"));
    await refused("LIMIT", account.renameMailbox("INBOX", "1/2/3/4"));
    await account.createMailbox("c");
    await refused("LIMIT", account.createMailbox("d"));
    await refused("LIMIT", account.renameMailbox("INBOX", "d"));
    await account.renameMailbox("c", "d");
    for (const name of ["1", "2", "3", "4"]) {
      await account.updateMailbox(name, { subscribed: true });
    }
    await refused("LIMIT", account.updateMailbox("5", { subscribed: true }));
    await account.updateMailbox("4", { subscribed: true });
    assertEquals(await names(account), [
      "INBOX",
      "(1)",
      "(1/2)",
      "1/2/3",
      "(2)",
      "(3)",
      "(4)",
      "b",
      "d",
    ]);
  }, { limits: { maxMailboxes: 4, maxDepth: 3, maxNameLength: 400 / 20 } });

  check("deleting", async ({ account }) => {
    await refused("CANNOT", account.deleteMailbox("inbox"));
    await refused("NONEXISTENT", account.deleteMailbox("a"));
    await account.createMailbox("a/b/c");
    await account.createMailbox("a");
    await refused("HASCHILDREN", account.deleteMailbox("a/b"));
    await account.deleteMailbox("a");
    assertEquals(await names(account), ["INBOX", "(a)", "(a/b)", "a/b/c"]);
    assertEquals((await account.mailbox("a"))?.id, undefined);
    await refused("NONEXISTENT", account.openMailbox("a"));
    await account.deleteMailbox("a/b/c");
    assertEquals(await names(account), ["INBOX"]);
    await refused("NONEXISTENT", account.deleteMailbox("a"));
  });

  check("deleting under open handles", async ({ account }) => {
    await account.createMailbox("a");
    const mailbox = await account.openMailbox("a");
    await mailbox.append([message("one")]);
    const heard: string[] = [];
    mailbox.onChange((change) => heard.push(change.type));
    await account.deleteMailbox("a");
    assertEquals(heard, ["delete"]);
    assertEquals(mailbox.state.deleted, true);
    assertEquals(mailbox.state.length, 1);
    await refused("NONEXISTENT", mailbox.append([message("two")]));
    await refused(
      "NONEXISTENT",
      mailbox.storeFlags(mailbox.state.allUids(), { mode: "add", flags: [] }),
    );
    await refused("NONEXISTENT", mailbox.expunge(mailbox.state.allUids()));
    await mailbox.refresh();
    const again = await account.createMailbox("a");
    assertNotEquals(again.id, mailbox.state.id);
    assertGreater(again.uidValidity!, mailbox.state.uidValidity);
    const fresh = await account.openMailbox("a");
    assertEquals(fresh.state.length, 0);
    await refused(
      "NONEXISTENT",
      fresh.copyTo(Uint32Array.of(), mailbox).then(async () => {
        await fresh.append([message("x")]);
        await fresh.copyTo(fresh.state.allUids(), mailbox);
      }),
    );
    mailbox.close();
    fresh.close();
  });

  check("renaming takes what is below along", async (context) => {
    const { account } = context;
    await account.createMailbox("a", { specialUse: ["\\Archive"] });
    await account.createMailbox("a/b/c");
    await account.createMailbox("ab");
    await account.updateMailbox("a/b/c", { subscribed: true });
    const before = await account.mailbox("a/b/c");
    const mailbox = await account.openMailbox("a/b/c");
    await mailbox.append([message("one")]);
    await account.renameMailbox("a", "x/y");
    assertEquals(await names(account), [
      "INBOX",
      "(a/b/c)",
      "ab",
      "(x)",
      "x/y",
      "(x/y/b)",
      "x/y/b/c",
    ]);
    const after = await account.mailbox("x/y/b/c");
    assertEquals(after?.id, before?.id);
    assertEquals(after?.uidValidity, before?.uidValidity);
    assertEquals(after?.subscribed, false);
    assertEquals((await account.mailbox("x/y"))?.specialUse, ["\\Archive"]);
    assertEquals(mailbox.name, "x/y/b/c");
    assertEquals((await mailbox.append([message("two")])).uids[0], 2);
    // A mere name can be renamed as well.
    await account.renameMailbox("x", "z");
    assertEquals(mailbox.name, "z/y/b/c");
    assertEquals(await account.mailbox("x"), undefined);
    await account.renameMailbox("z/y/b/c", "c");
    assertEquals(await account.mailbox("z/y/b"), undefined);
    mailbox.close();
  });

  check("renaming that cannot be", async ({ account }) => {
    await account.createMailbox("a/b");
    await account.createMailbox("c");
    await refused("NONEXISTENT", account.renameMailbox("nothing", "d"));
    await refused("ALREADYEXISTS", account.renameMailbox("c", "a/b"));
    await refused("ALREADYEXISTS", account.renameMailbox("c", "a"));
    await refused("ALREADYEXISTS", account.renameMailbox("c", "c"));
    await refused("ALREADYEXISTS", account.renameMailbox("c", "inbox"));
    await refused("ALREADYEXISTS", account.renameMailbox("inbox", "c"));
    await refused("CANNOT", account.renameMailbox("c", "c/d"));
    await refused("CANNOT", account.renameMailbox("a", "a/b/c"));
    assertEquals(await names(account), ["INBOX", "(a)", "a/b", "c"]);
  });

  check("renaming INBOX moves its messages", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("INBOX/below");
    await inbox.append([message("one", ["\\Seen"]), message("two")]);
    const { uidValidity } = inbox.state;
    await account.renameMailbox("INBOX", "old/mail");
    assertEquals(inbox.name, "INBOX");
    assertEquals(inbox.state.length, 0);
    assertEquals(inbox.state.uidValidity, uidValidity);
    const old = await account.openMailbox("old/mail");
    assertEquals(old.state.length, 2);
    assertEquals(old.state.unseen, 1);
    assertNotEquals(old.state.uidValidity, uidValidity);
    assertEquals((await inbox.append([message("three")])).uids[0], 3);
    assertEquals(await names(account), [
      "INBOX",
      "INBOX/below",
      "(old)",
      "old/mail",
    ]);
    old.close();
  });

  check("subscriptions and special uses", async (context) => {
    const { account } = context;
    await account.updateMailbox("nowhere/x", { subscribed: true });
    assertEquals(await names(account), ["INBOX", "(nowhere/x)"]);
    const info = await account.mailbox("nowhere/x");
    assertEquals([info?.subscribed, info?.hasChildren], [true, false]);
    await refused("NONEXISTENT", account.openMailbox("nowhere/x"));
    await refused("NONEXISTENT", account.deleteMailbox("nowhere/x"));
    await refused(
      "NONEXISTENT",
      account.updateMailbox("nowhere/x", { specialUse: ["\\Junk"] }),
    );
    await account.createMailbox("nowhere/x");
    assertEquals((await account.mailbox("nowhere/x"))?.subscribed, true);
    await account.updateMailbox("nowhere/x", {
      specialUse: ["\\Junk", "\\Flagged"],
      subscribed: false,
    });
    const now = await account.mailbox("nowhere/x");
    assertEquals([now?.specialUse, now?.subscribed], [
      ["\\Junk", "\\Flagged"],
      false,
    ]);
    await account.updateMailbox("inbox", { subscribed: true });
    assertEquals((await account.mailbox("INBOX"))?.subscribed, true);
    await account.updateMailbox("never", { subscribed: false });
    assertEquals(await account.mailbox("never"), undefined);
  });

  check("changes of the list are told", async ({ account, storage }) => {
    const other = await storage.openAccount("alice");
    const heard: unknown[] = [];
    const stop = other.onChange((change) => heard.push({ ...change }));
    await account.createMailbox("a");
    await account.renameMailbox("a", "b");
    await account.updateMailbox("b", { subscribed: true });
    await account.deleteMailbox("b");
    await account.createMailbox("c").then(() =>
      refused("ALREADYEXISTS", account.createMailbox("c"))
    );
    stop();
    await account.createMailbox("d");
    assertEquals(heard, [
      { type: "create", name: "a" },
      { type: "rename", name: "b", oldName: "a" },
      { type: "update", name: "b", aspect: "subscription" },
      { type: "delete", name: "b" },
      { type: "create", name: "c" },
    ]);
    other.close();
  });

  check("another delimiter", async ({ account }) => {
    await account.createMailbox("a.b/c");
    assertEquals(await names(account), ["INBOX", "(a)", "a.b/c"]);
  }, { hierarchyDelimiter: "." });
}
