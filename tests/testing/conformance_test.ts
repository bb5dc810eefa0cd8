import { assert, assertEquals, assertRejects } from "@std/assert";
import { storageConformance } from "@x/imapd/testing";
import { MemoryStorage, type Storage } from "../../mod.ts";

const open = () => Promise.resolve(new MemoryStorage());

Deno.test("the kit is a list that any runner can take", () => {
  const tests = storageConformance(open);
  assertEquals(new Set(tests.map(({ name }) => name)).size, tests.length);
  const needs = ["limits", "now", "hierarchyDelimiter"] as const;
  const fewer = storageConformance(open, { without: needs });
  assert(fewer.length < tests.length);
  assert(fewer.every((test) => test.needs.length === 0));
});

/** Storages that are wrong in one way each. */
const WRONG: Record<string, (storage: Storage) => void> = {
  "finds fault with itself": (storage) => {
    storage.verify = () => Promise.resolve(["It is not well"]);
  },
  "forgets the user": (storage) => {
    const { openAccount } = storage;
    storage.openAccount = () => openAccount.call(storage, "somebody");
  },
  "forgets accounts": (storage) => {
    storage.accounts = async function* () {};
  },
};

for (const [name, spoil] of Object.entries(WRONG)) {
  Deno.test(`the kit finds a storage that ${name}`, async () => {
    const tests = storageConformance(() => {
      const storage = new MemoryStorage();
      spoil(storage);
      return Promise.resolve(storage);
    });
    const outcomes = await Promise.allSettled(tests.map(({ fn }) => fn()));
    assert(outcomes.some(({ status }) => status === "rejected"));
  });
}

Deno.test("a storage that does not open passes nothing", async () => {
  const tests = storageConformance(() => Promise.reject(new Error("No")));
  for (const { fn } of tests) await assertRejects(fn);
});
