/** Users and tokens in the database. */

import { assertEquals, assertRejects } from "@std/assert";
import { type KvUsers, openKvStorage, StorageError } from "../mod.ts";

async function withUsers(
  body: (users: KvUsers) => Promise<void>,
): Promise<void> {
  await using storage = await openKvStorage({ path: ":memory:" });
  const alice = { name: "alice", disabled: false, created: 1 };
  await storage.users.set({ ...alice, passwordHash: "a" });
  await body(storage.users);
  assertEquals(await storage.verify(), []);
}

const token = (id: string) => ({ id, hash: id, label: "x", created: 1 });

Deno.test("a record is updated where it is what it was", () =>
  withUsers(async (users) => {
    const update = (replaces: string, passwordHash: string) =>
      users.update("alice", { replaces, passwordHash });
    await update("other", "b");
    assertEquals((await users.get("alice"))?.passwordHash, "a");
    await update("a", "b");
    assertEquals(await users.get("alice"), {
      name: "alice",
      passwordHash: "b",
      disabled: false,
      created: 1,
    });
    await users.update("bob", { replaces: "a", passwordHash: "b" });
    assertEquals(await users.get("bob"), undefined);
    // Of those who come at once, one is first.
    await Promise.all([update("b", "c"), update("b", "d"), update("b", "e")]);
    const [hash] = await users.sample();
    assertEquals(["c", "d", "e"].includes(hash!), true);
  }));

Deno.test("tokens belong to their user and go with the user", () =>
  withUsers(async (users) => {
    assertEquals(await users.tokens("alice"), []);
    const scope = { mailboxes: ["INBOX"], readOnly: true };
    await users.addToken("alice", { ...token("t"), expires: 5, scope });
    await users.addToken("alice", token("u"));
    await users.addToken("alicea", token("v"));
    assertEquals(await users.tokens("alice"), [
      { ...token("t"), expires: 5, scope },
      token("u"),
    ]);
    assertEquals(await users.removeToken("alice", "t"), true);
    assertEquals(await users.removeToken("alice", "t"), false);
    await users.remove("alice");
    assertEquals(await users.tokens("alice"), []);
    assertEquals((await users.tokens("alicea")).length, 1);
  }));

Deno.test("the use of a token is noted once an hour", () =>
  withUsers(async (users) => {
    const begin = Date.now();
    await users.addToken("alice", token("t"));
    const lastUsed = async () => (await users.tokens("alice"))[0]?.lastUsed;
    await users.tokenUsed("alice", "t");
    const first = (await lastUsed())!;
    assertEquals(first >= begin && first <= Date.now(), true);
    await users.tokenUsed("alice", "t");
    assertEquals(await lastUsed(), first);
    const before = Date.now() - 3_600_001;
    await users.addToken("alice", { ...token("t"), lastUsed: before });
    await users.tokenUsed("alice", "t");
    assertEquals(await lastUsed() !== before, true);
    await users.tokenUsed("alice", "gone");
    assertEquals((await users.tokens("alice")).length, 1);
  }));

Deno.test("a user has a hundred tokens at the most", () =>
  withUsers(async (users) => {
    for (let n = 0; n < 100; n++) await users.addToken("alice", token(`${n}`));
    const error = await assertRejects(
      () => users.addToken("alice", token("one more")),
      StorageError,
    );
    assertEquals(error.code, "LIMIT");
  }));

Deno.test("a record of SCRAM stays until another comes", () =>
  withUsers(async (users) => {
    await users.update("alice", {
      ...{ replaces: "a", passwordHash: "b", scram: "s" },
    });
    assertEquals((await users.get("alice"))?.scram, "s");
    await users.update("alice", { replaces: "b", passwordHash: "c" });
    assertEquals((await users.get("alice"))?.scram, "s");
    const { scram: _, ...alice } = (await users.get("alice"))!;
    await users.set(alice);
    assertEquals(await users.get("alice"), alice);
  }));

Deno.test("the secret of a database is made once", () =>
  withUsers(async (users) => {
    const secrets = await Promise.all([users.secret(), users.secret()]);
    const again = await users.secret();
    assertEquals(new Set([...secrets, again]).size, 1);
    assertEquals(Uint8Array.fromBase64(again).length, 32);
  }));
