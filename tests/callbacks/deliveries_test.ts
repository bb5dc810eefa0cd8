/** Deliveries through callbacks. */

import { assertEquals, assertRejects } from "@std/assert";
import { withCallbacks } from "../../server/callbacks/storage.ts";
import { type Callbacks, No } from "../../server/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { StorageError } from "../../storage/model.ts";
import type { Mailbox, Storage } from "../../storage/storage.ts";
import { collect, message } from "../../testing/conformance/harness.ts";

const USERS = ["alice", "bob", "carol"];

/** The INBOXes of three users behind callbacks. */
async function behind(
  callbacks: Callbacks,
  below: Storage | undefined,
  test: (
    inboxes: readonly Mailbox[],
    deliver: (text: string) => Promise<readonly string[]>,
  ) => Promise<void>,
): Promise<void> {
  await using storage = withCallbacks(below, callbacks, {
    callbackTime: 10_000,
    report: (error) => console.error(error),
  });
  const accounts = await Promise.all(
    USERS.map((user) => storage.openAccount(user)),
  );
  const inboxes = await Promise.all(
    accounts.map((account) => account.openMailbox("INBOX")),
  );
  await test(inboxes, async (text) => {
    const results = await storage.deliver(message(text), inboxes);
    return results.map((result) =>
      result.status === "rejected"
        ? (result.reason as Error).message
        : `UID ${result.value.uids[0]}`
    );
  });
  assertEquals(await storage.verify(), []);
  for (const inbox of inboxes) inbox.close();
  for (const account of accounts) account.close();
}

/** A storage that says what is delivered to it at once. */
function counting(): { storage: MemoryStorage; together: number[] } {
  const storage = new MemoryStorage();
  const together: number[] = [];
  const deliver = storage.deliver.bind(storage);
  storage.deliver = (message, mailboxes) => {
    together.push(mailboxes.length);
    return deliver(message, mailboxes);
  };
  return { storage, together };
}

Deno.test("without a callback for it, the storage below delivers", async () => {
  const { storage, together } = counting();
  await behind({}, storage, async (inboxes, deliver) => {
    assertEquals(await deliver("x"), ["UID 1", "UID 1", "UID 1"]);
    const [first] = inboxes;
    assertEquals(inboxes.map(({ state }) => state.contentAt(0)), [
      first!.state.contentAt(0),
      first!.state.contentAt(0),
      first!.state.contentAt(0),
    ]);
  });
  assertEquals(together, [3]);
});

Deno.test("a callback sees each mailbox by itself, and refuses by itself", async () => {
  const { storage, together } = counting();
  const seen: string[] = [];
  const callbacks: Callbacks = {
    async appendMessage(event, next) {
      seen.push(`${event.user.name} ${event.mailbox.name}`);
      if (event.user.name === "bob") throw new No("OVERQUOTA", "Too much");
      return await next({ ...event, flags: [event.user.name] });
    },
  };
  await behind(callbacks, storage, async (inboxes, deliver) => {
    assertEquals(await deliver("x"), ["UID 1", "Too much", "UID 1"]);
    assertEquals(inboxes.map(({ state }) => state.flagTable.keywords), [
      ["alice"],
      [],
      ["carol"],
    ]);
  });
  assertEquals(seen.sort(), USERS.map((user) => `${user} INBOX`));
  assertEquals(together, []);
});

Deno.test("a storage below without delivery is appended to", async () => {
  const storage = new MemoryStorage();
  Object.defineProperty(storage, "deliver", { value: undefined });
  await behind({}, storage, async (inboxes, deliver) => {
    assertEquals(await deliver("x"), ["UID 1", "UID 1", "UID 1"]);
    const all = inboxes[2]!.state.allUids();
    assertEquals(await collect(inboxes[2]!.readSources(all)), [[1, "x"]]);
  });
});

Deno.test("virtual mailboxes take what they can, beside stored ones", async () => {
  const { storage, together } = counting();
  const callbacks: Callbacks = {
    async getMessages(event, next) {
      if (event.user.name === "alice") return [{ id: "a", source: "a" }];
      return await next(event);
    },
  };
  await behind(callbacks, storage, async (inboxes, deliver) => {
    const [alice, ...others] = await deliver("x");
    assertEquals(others, ["UID 1", "UID 1"]);
    assertEquals(/^UID (\d+|undefined)$/.test(alice!), true);
    assertEquals(inboxes[0]!.state.length, 1);
  });
  assertEquals(together, [2]);
  await behind({ getMessages: () => [] }, undefined, async (_, deliver) => {
    const refused = "Nothing can be put into this mailbox";
    assertEquals(await deliver("x"), [refused, refused, refused]);
  });
});

Deno.test("a mailbox of another storage is refused", async () => {
  const below = new MemoryStorage();
  await using storage = withCallbacks(below, {}, {
    callbackTime: 10_000,
    report: (error) => console.error(error),
  });
  const account = await below.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await assertRejects(() => storage.deliver(message("x"), [inbox]), TypeError);
  await storage.close();
  await assertRejects(() => storage.deliver(message("x"), []), StorageError);
});
