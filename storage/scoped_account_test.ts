import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MemoryStorage } from "./memory/mod.ts";
import { StorageError, type StorageErrorCode, type Uid } from "./model.ts";
import { unscoped } from "./read_only_mailbox.ts";
import { commonScope, type Scope } from "./scope.ts";
import { scopedAccount } from "./scoped_account.ts";
import type { Account, AccountChange } from "./storage.ts";

const message = {
  source: new TextEncoder().encode("Subject: x\r\n\r\nx\r\n"),
  flags: [],
  internalDate: 0,
  summary: new Uint8Array(0),
};

const ALL = Uint32Array.of(1);

/** Calls back with an account of INBOX, Lists/deno/std, Lists/node and Sent, a message in each, and a part of it. */
async function withScope(
  scope: Scope | undefined,
  body: (part: Account, whole: Account) => Promise<void>,
): Promise<void> {
  await using storage = new MemoryStorage();
  const whole = await storage.openAccount("alice");
  for (const name of ["Lists/deno/std", "Lists/node", "Sent"]) {
    await whole.createMailbox(name);
    await whole.updateMailbox(name, { subscribed: true });
  }
  for (const { name, id } of await whole.mailboxes()) {
    if (id === undefined) continue;
    const mailbox = await whole.openMailbox(name);
    await mailbox.append([message]);
    mailbox.close();
  }
  const handle = await storage.openAccount("alice");
  const part = scopedAccount(handle, scope, storage.hierarchyDelimiter);
  await body(part, whole);
  part.close();
  whole.close();
  assertEquals(await storage.verify(), []);
}

async function refused(
  code: StorageErrorCode,
  ...promises: readonly Promise<unknown>[]
): Promise<void> {
  for (const promise of promises) {
    const error = await assertRejects(() => promise, StorageError);
    assertEquals(error.code, code);
  }
}

const namesOf = async (account: Account) =>
  (await account.mailboxes()).map(({ name, id, hasChildren }) =>
    `${id === undefined ? "(" : ""}${name}${hasChildren ? "/" : ""}`
  );

Deno.test("without restrictions the account is the account", async () => {
  await withScope(undefined, (part, whole) => {
    assertStrictEquals(scopedAccount(whole, undefined, "/"), whole);
    assertStrictEquals(scopedAccount(whole, {}, "/"), whole);
    assertStrictEquals(scopedAccount(whole, { readOnly: false }, "/"), whole);
    assertEquals(part.user, "alice");
    return Promise.resolve();
  });
});

Deno.test("mailboxes outside the scope are not there", async () => {
  const mailboxes = ["inbox", "Lists/deno", "Lists/node/", "New", "//"];
  await withScope({ mailboxes }, async (part) => {
    assertEquals(await namesOf(part), ["INBOX", "(Lists/", "Lists/node"]);
    const [lists, nothing] = await Promise.all([
      part.mailbox("Lists"),
      part.mailbox("Lists/deno/std"),
    ]);
    assertEquals([lists?.hasChildren, nothing], [true, undefined]);
    const counts = await part.status([
      "Sent",
      "INBOX",
      "Gone",
      "Lists/node",
      "/",
    ]);
    assertEquals(counts.map((count) => count?.messages), [
      undefined,
      1,
      undefined,
      1,
      undefined,
    ]);
    await refused(
      "NONEXISTENT",
      part.openMailbox("Sent"),
      part.openMailbox("Lists/deno/std"),
      part.openMailbox("Gone"),
      part.openMailbox("//"),
      part.deleteMailbox("Sent"),
      part.deleteMailbox("Gone"),
      part.renameMailbox("Sent", "New"),
      part.renameMailbox("Gone", "New"),
    );
    await refused(
      "NOPERM",
      part.createMailbox("Sent"),
      part.createMailbox("Other"),
      part.renameMailbox("INBOX", "New"),
      part.updateMailbox("Sent", { subscribed: false }),
      part.updateMailbox("Other", { subscribed: true }),
    );
  });
});

Deno.test("what is in the scope works as ever", async () => {
  await withScope({ mailboxes: ["INBOX", "Lists", "New"] }, async (part) => {
    const inbox = await part.openMailbox("inbox");
    await inbox.storeFlags(ALL, { mode: "add", flags: ["\\Seen"] });
    assertStrictEquals(unscoped(inbox), inbox);
    const created = await part.createMailbox("New");
    assertEquals(created.name, "New");
    const target = await part.openMailbox("New");
    assertEquals((await inbox.copyTo(ALL, target)).target, ALL);
    await part.updateMailbox("New", { subscribed: true });
    await part.deleteMailbox("New");
    assertEquals((await part.mailbox("New"))?.id, undefined);
    target.close();
    inbox.close();
    // What lies below the name that is left is hidden.
    assertEquals(await namesOf(part), ["INBOX", "(New"]);
  });
});

Deno.test("changes of the list are told in the part's terms", async () => {
  const mailboxes = ["Sent", "Archive"];
  await withScope({ mailboxes }, async (part, whole) => {
    const heard: AccountChange[] = [];
    const end = part.onChange((change) => heard.push(change));
    await whole.createMailbox("Hidden");
    await whole.renameMailbox("Hidden", "Archive");
    await whole.renameMailbox("Sent", "Old");
    await whole.renameMailbox("Old", "Older");
    await whole.deleteMailbox("Archive");
    await whole.createMailbox("Archive");
    await whole.renameMailbox("Archive", "Sent");
    end();
    await whole.deleteMailbox("Sent");
    assertEquals(heard.filter(({ type }) => type !== "update"), [
      { type: "create", name: "Archive" },
      { type: "delete", name: "Sent" },
      { type: "delete", name: "Archive" },
      { type: "create", name: "Archive" },
      { type: "rename", name: "Sent", oldName: "Archive" },
    ]);
  });
});

Deno.test("read-only: all can be read, nothing changed", async () => {
  await withScope({ readOnly: true }, async (part, whole) => {
    assertEquals(await namesOf(part), await namesOf(whole));
    await refused(
      "NOPERM",
      part.createMailbox("New"),
      part.deleteMailbox("Sent"),
      part.renameMailbox("Sent", "New"),
      part.updateMailbox("Sent", { subscribed: false }),
    );
    const mailbox = await part.openMailbox("Sent");
    const other = await part.openMailbox("INBOX");
    assertEquals([mailbox.readOnly, mailbox.name], [true, "Sent"]);
    await mailbox.refresh();
    await refused(
      "NOPERM",
      mailbox.append([message]),
      mailbox.storeFlags(ALL, { mode: "add", flags: ["\\Seen"] }),
      mailbox.expunge(ALL),
      mailbox.copyTo(ALL, other),
      mailbox.moveTo(ALL, other),
    );
    const first = mailbox.state.firstRecent;
    assertEquals(mailbox.claimRecent(), first);
    assertEquals(mailbox.state.firstRecent, first);
    assertEquals(await mailbox.readSource(1 as Uid), message.source);
    const read = async (batches: AsyncIterable<readonly unknown[]>) =>
      (await Array.fromAsync(batches)).flat().length;
    assertEquals(await read(mailbox.readSources(ALL)), 1);
    assertEquals(await read(mailbox.readSummaries(ALL)), 1);
    const heard: string[] = [];
    mailbox.onChange(({ type }) => heard.push(type));
    const changed = await whole.openMailbox("Sent");
    assertStrictEquals(unscoped(mailbox).state, changed.state);
    await changed.append([message]);
    assertEquals(heard, ["append"]);
    for (const open of [mailbox, other, changed]) open.close();
  });
});

Deno.test("append-only: messages go in and nothing comes out", async () => {
  await withScope({ appendOnly: true }, async (part, whole) => {
    assertEquals(await namesOf(part), await namesOf(whole));
    await refused(
      "NOPERM",
      part.createMailbox("New"),
      part.deleteMailbox("Sent"),
      part.renameMailbox("Sent", "New"),
      part.updateMailbox("Sent", { subscribed: false }),
      part.status(["Sent"]),
      part.status(["Gone"]),
    );
    await refused("NONEXISTENT", part.openMailbox("Gone"));
    const mailbox = await part.openMailbox("Sent");
    const real = await whole.openMailbox("Sent");
    const { uids } = await mailbox.append([message]);
    assertEquals([...uids], []);
    const { state } = mailbox;
    assertEquals(state.uidValidity, real.state.uidValidity);
    assertEquals([state.length, state.totalSize], [0, 0]);
    await refused(
      "NOPERM",
      mailbox.refresh(),
      mailbox.storeFlags(ALL, { mode: "add", flags: ["\\Seen"] }),
      mailbox.expunge(ALL),
      mailbox.copyTo(ALL, real),
      mailbox.moveTo(ALL, real),
      mailbox.readSource(1 as Uid),
      Array.fromAsync(mailbox.readSources(ALL)),
      Array.fromAsync(mailbox.readSummaries(ALL)),
    );
    assertEquals(mailbox.claimRecent(), state.firstRecent);
    let heard = 0;
    mailbox.onChange(() => heard++);
    await real.append([message]);
    assertEquals([heard, mailbox.name], [0, "Sent"]);
    mailbox.close();
    real.close();
  });
});

Deno.test("read-only and append-only leave nothing", async () => {
  const scope = { readOnly: true, appendOnly: true };
  await withScope(scope, async (part) => {
    const mailbox = await part.openMailbox("Sent");
    await refused("NOPERM", mailbox.append([message]), mailbox.refresh());
    assertEquals(mailbox.state.length, 0);
    mailbox.close();
  });
});

Deno.test("what two scopes both leave", () => {
  const readOnly = { readOnly: true };
  assertEquals(commonScope(undefined, undefined), undefined);
  assertEquals(commonScope(readOnly, undefined), readOnly);
  assertEquals(commonScope(undefined, readOnly), readOnly);
  const none = { readOnly: false, appendOnly: false };
  assertEquals(commonScope({}, {}), none);
  assertEquals(commonScope(readOnly, { mailboxes: ["a"] }), {
    ...{ ...none, ...readOnly, mailboxes: ["a"] },
  });
  assertEquals(
    commonScope({ mailboxes: ["a", "inbox", "C"] }, {
      ...{ mailboxes: ["INBOX", "c", "a"], appendOnly: true },
    }),
    { ...none, appendOnly: true, mailboxes: ["a", "inbox"] },
  );
});
