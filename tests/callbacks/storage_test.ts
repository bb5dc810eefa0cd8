import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { withCallbacks } from "../../server/callbacks/storage.ts";
import type { Callbacks, MessageEntry } from "../../server/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { StorageError } from "../../storage/model.ts";
import type { Storage } from "../../storage/storage.ts";

const faults: unknown[] = [];

function open(
  callbacks: Callbacks,
  below?: Storage,
  idleMessages = 1_000_000,
) {
  return withCallbacks(below, callbacks, {
    callbackTime: 10_000,
    idleMessages,
    report: (error) => faults.push(error),
  });
}

const list: MessageEntry[] = [{ id: "a", source: "a" }];

Deno.test("without storage and callbacks there is an empty INBOX", async () => {
  await using storage = open({});
  const account = await storage.openAccount("u");
  const infos = await account.mailboxes();
  assertEquals(infos.map(({ name }) => name), ["INBOX"]);
  const inbox = await account.openMailbox("INBOX");
  assertEquals(inbox.state.length, 0);
  await inbox.refresh();
  await assertRejects(() => account.createMailbox("a"), StorageError);
  await assertRejects(() => account.updateMailbox("a", {}), StorageError);
  await assertRejects(() => account.renameMailbox("INBOX", "a"), StorageError);
  assertEquals((await account.status(["INBOX", "a", "//"])).map(Boolean), [
    true,
    false,
    false,
  ]);
  inbox.close();
  account.close();
});

Deno.test("a mailbox that everybody has left keeps its UIDs, until there are too many", async () => {
  const names = ["b", "c", "d"];
  await using storage = open(
    {
      getMailboxes: () => names.map((name) => ({ name })),
      getMessages: () => list,
    },
    undefined,
    250,
  );
  const account = await storage.openAccount("u");
  const visit = async (name: string) => {
    const mailbox = await account.openMailbox(name);
    mailbox.close();
    mailbox.close();
    return mailbox.state;
  };
  const first = await visit("b");
  assertEquals(await visit("b"), first);
  await visit("c");
  await visit("d");
  const second = await visit("b");
  assertNotEquals(second.uidValidity, first.uidValidity);
  assertEquals((await account.mailbox("b"))?.uidValidity, second.uidValidity);
  account.close();
});

Deno.test("the list says of a mailbox what opening it says", async () => {
  const below = new MemoryStorage();
  const seeding = await below.openAccount("u");
  await seeding.createMailbox("stored");
  await using storage = open({
    async getMailboxes(event, next) {
      return [...await next(event), { name: "virtual" }, {
        name: "numbered",
        uidValidity: 7,
      }];
    },
    async getMessages(event, next) {
      return event.mailbox.name === "virtual" ? list : await next(event);
    },
  }, below);
  const account = await storage.openAccount("u");
  for (const info of await account.mailboxes()) {
    const mailbox = await account.openMailbox(info.name);
    assertEquals(mailbox.state.id, info.id, info.name);
    assertEquals(mailbox.state.uidValidity, info.uidValidity, info.name);
    const [status] = await account.status([info.name]);
    assertEquals(status!.uidValidity, info.uidValidity);
    mailbox.close();
  }
  const stored = await seeding.openMailbox("stored");
  const opened = await account.openMailbox("stored");
  assertEquals(opened.state, stored.state);
  for (const handle of [stored, opened, seeding, account]) handle.close();
});

Deno.test("a change of the list is told", async () => {
  const changes: string[] = [];
  const names = new Set(["a"]);
  await using storage = open({
    getMailboxes: () => [...names].map((name) => ({ name })),
    createMailbox: ({ mailbox }) => void names.add(mailbox.name),
    deleteMailbox: ({ mailbox }) => void names.delete(mailbox.name),
    renameMailbox({ mailbox, newName }) {
      names.delete(mailbox.name);
      names.add(newName);
    },
    updateMailbox() {},
  });
  const account = await storage.openAccount("u");
  const stop = account.onChange(({ type, name }) =>
    changes.push(`${type} ${name}`)
  );
  await account.createMailbox("b");
  await account.renameMailbox("b", "c");
  await account.updateMailbox("c", { subscribed: true });
  await account.deleteMailbox("c");
  stop();
  await account.createMailbox("b");
  assertEquals(changes, ["create b", "rename c", "update c", "delete c"]);
  account.close();
});

Deno.test("accounts go with their mailboxes, and a closed storage is closed", async () => {
  const storage = open({ getMessages: () => list }, new MemoryStorage());
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  assertEquals(await Array.fromAsync(storage.accounts()), ["u"]);
  await storage.deleteAccount("u");
  assertEquals(inbox.state.deleted, true);
  await assertRejects(() =>
    inbox.storeFlags(Uint32Array.of(1), {
      mode: "add",
      flags: [],
    }), StorageError);
  inbox.close();
  account.close();
  await storage.close();
  await assertRejects(() => storage.openAccount("u"), StorageError);
  assertEquals(faults, []);
});

Deno.test("messages changed since are left alone", async () => {
  const flags = new Map([["a", ["x"]], ["b", ["x"]]]);
  const asked: unknown[] = [];
  await using storage = open({
    getMessages: () =>
      [...flags].map(([id, flags]) => ({
        id,
        source: "a",
        flags: [...flags],
      })),
    updateMessages({ messages }) {
      asked.push(messages.map(({ id }) => id));
      for (const { id, flags: after } of messages) flags.set(id!, [...after]);
    },
  });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  const { state } = inbox;
  const before = state.highestModseq;
  const one = Uint32Array.of(1);
  await inbox.storeFlags(one, { mode: "add", flags: ["y"] });
  const result = await inbox.storeFlags(Uint32Array.of(1, 2, 3), {
    mode: "add",
    flags: ["z"],
    unchangedSince: before,
  });
  assertEquals([...result.modified], [1]);
  assertEquals([...result.changed], [2]);
  assertEquals([...result.missing], [3]);
  assertEquals(result.modseqs, [state.highestModseq]);
  assertEquals(asked, [["a"], ["b"]]);
  inbox.close();
  account.close();
});
