import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { otpPassword } from "../../protocol/sasl/otp_hash.ts";
import { MemoryOtpStore } from "../../storage/memory/otp.ts";
import type { OtpRecord, OtpStore } from "../../storage/otp.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { prepareUserName } from "../users.ts";
import { otpLogins } from "./otp.ts";
import { otpRecord } from "./otp_record.ts";

const PHRASE = "This is a test.";
const USERS = {
  ...{ lookedUp: true, knowsPasswords: false },
  prepare: (name: string) => prepareUserName(name, true),
  user: (name: string) =>
    Promise.resolve(
      name.toLowerCase() === "tim" ? { name: "tim" } : undefined,
    ),
};

/** A store in which tim has a series. */
async function storeWith(
  options: Parameters<typeof otpRecord>[1] = {},
): Promise<MemoryOtpStore> {
  const store = new MemoryOtpStore();
  const record = otpRecord(PHRASE, { seed: "TeSt", sequence: 99, ...options });
  await store.compareAndSet("tim", undefined, record);
  return store;
}

const password = (sequence: number) =>
  otpPassword("md5", "test", PHRASE, sequence);

Deno.test("passwords go down by one, and each is right once", async () => {
  const store = await storeWith();
  const logins = otpLogins(store, USERS);
  for (const sequence of [98, 97, 96]) {
    const login = (await logins("Tim"))!;
    assertEquals([login.sequence, login.seed], [sequence, "test"]);
    assertEquals(await login.use(password(sequence + 1)), undefined);
    assertEquals(await login.use(password(sequence)), { user: "tim" });
    assertEquals(await login.use(password(sequence)), undefined);
    login.close();
    assertEquals((await store.get("tim"))?.sequence, sequence);
  }
});

Deno.test("when the last password is used, none is right any more", async () => {
  const store = await storeWith({ sequence: 2 });
  const logins = otpLogins(store, USERS);
  const last = (await logins("tim"))!;
  assertEquals(last.sequence, 1);
  assertEquals(await last.use(password(1)), { user: "tim" });
  last.close();
  const none = (await logins("tim"))!;
  assertEquals(none.sequence, 0);
  assertEquals(await none.use(password(0)), undefined);
});

Deno.test("another series takes the place of the one there was", async () => {
  const store = await storeWith();
  const logins = otpLogins(store, USERS);
  const next = otpRecord(PHRASE, { seed: "next1", sequence: 9 });
  const login = (await logins("tim"))!;
  assertEquals(await login.use(password(98), next), { user: "tim" });
  login.close();
  const second = (await logins("tim"))!;
  assertEquals([second.sequence, second.seed], [8, "next1"]);
  const eighth = otpPassword("md5", "next1", PHRASE, 8);
  assertEquals(await second.use(eighth), { user: "tim" });
});

Deno.test("of two servers that take the same password at once, one lets its client in", async () => {
  await using storage = await openKvStorage();
  const kv = storage.otp;
  await kv.compareAndSet(
    "tim",
    undefined,
    otpRecord(PHRASE, { seed: "test", sequence: 99 }),
  );
  for (const store of [await storeWith(), kv]) {
    for (let sequence = 98; sequence > 88; sequence--) {
      const logins = await Promise.all(
        [1, 2, 3, 4].map(() => otpLogins(store, USERS)("tim")),
      );
      const proved = await Promise.all(
        logins.map((login) => login!.use(password(sequence))),
      );
      assertEquals(proved.filter((identity) => identity).length, 1);
      assertEquals((await store.get("tim"))?.sequence, sequence);
    }
  }
});

Deno.test("a password is used up in the store before it counts", async () => {
  const memory = await storeWith();
  const { promise, resolve } = Promise.withResolvers<void>();
  const store: OtpStore = {
    get: (user) => memory.get(user),
    async compareAndSet(user, before, after) {
      await promise;
      return await memory.compareAndSet(user, before, after);
    },
  };
  const login = (await otpLogins(store, USERS)("tim"))!;
  let settled = false;
  const use = login.use(password(98)).then(() => settled = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(settled, false);
  resolve();
  await use;
  assertEquals((await memory.get("tim"))?.sequence, 98);
});

Deno.test("a user logs in once at a time, there or not, for a minute at the most", async () => {
  for (const name of ["tim", "nobody"]) {
    let time = 0;
    const logins = otpLogins(await storeWith(), USERS, { now: () => time });
    const slow = (await logins(name))!;
    assertEquals(await logins(name), undefined);
    assertEquals(await logins(name.toUpperCase()), undefined);
    assert(await logins("somebody else") !== undefined);
    time = 59_999;
    assertEquals(await logins(name), undefined);
    time = 60_000;
    const quick = (await logins(name))!;
    assert(quick !== undefined);
    assertEquals(await slow.use(password(98)), undefined);
    // What ends too late leaves the turn of another alone.
    slow.close();
    assertEquals(await logins(name), undefined);
    assertEquals(
      (await quick.use(password(98)))?.user,
      name === "tim" ? name : undefined,
    );
    quick.close();
    assert(await logins(name) !== undefined);
  }
});

Deno.test("a store that fails leaves no turn behind", async () => {
  const memory = await storeWith();
  let broken = true;
  const store: OtpStore = {
    get: (user) =>
      broken ? Promise.reject(new Error("Broken")) : memory.get(user),
    compareAndSet: (...args) => memory.compareAndSet(...args),
  };
  const logins = otpLogins(store, USERS);
  const failed = await logins("tim").catch((error) => error.message);
  assertEquals(failed, "Broken");
  broken = false;
  assert(await logins("tim") !== undefined);
});

Deno.test("who has no series is asked for one that stays the same, and none is right", async () => {
  const challenge = async (name: string, secret: string, algorithm?: "md4") => {
    const logins = otpLogins(await storeWith(), USERS, { secret });
    const login = (await logins(name, algorithm))!;
    assertEquals(await login.use(password(98)), undefined);
    const { sequence, seed } = login;
    return [login.algorithm, sequence, seed];
  };
  const nobody = await challenge("nobody", "s");
  assertEquals(await challenge("nobody", "s"), nobody);
  assertEquals(await challenge("NoBody", "s"), nobody);
  assertNotEquals(await challenge("nobody", "t"), nobody);
  assertNotEquals(await challenge("noone", "s"), nobody);
  const [algorithm, sequence, seed] = nobody as [string, number, string];
  assertEquals(algorithm, "md5");
  assert(sequence > 50 && sequence < 499);
  assert(/^[a-z]{2}\d{5}$/.test(seed));
  // S/KEY knows MD4 alone; a series with another hash is none for it.
  const [md4, , other] = await challenge("tim", "s", "md4");
  assertEquals(md4, "md4");
  assertNotEquals(other, "test");
});

Deno.test("S/KEY logs in by a series of MD4", async () => {
  const store = await storeWith({ algorithm: "md4" });
  const login = (await otpLogins(store, USERS)("tim", "md4"))!;
  assertEquals(login.seed, "test");
  const right = otpPassword("md4", "test", PHRASE, 98);
  assertEquals(await login.use(right), { user: "tim" });
});

Deno.test("a series has a seed of its own unless one is given", () => {
  const first = otpRecord(PHRASE);
  assert(/^[a-z]{2}\d{5}$/.test(first.seed));
  assertEquals([first.algorithm, first.sequence], ["md5", 499]);
  assertNotEquals(otpRecord(PHRASE).seed, first.seed);
});

Deno.test("RFC 2289 App. C: pass phrases and seeds that cannot be", () => {
  for (
    const [phrase, options] of [
      ["Too_short", {}],
      ["1234567890".repeat(6) + "1234", {}],
      ["A_Valid_Pass_Phrase", { seed: "Length_Okay" }],
      ["A_Valid_Pass_Phrase", { seed: "LengthOfSeventeen" }],
      ["A_Valid_Pass_Phrase", { seed: "A Seed" }],
      ["A_Valid_Pass_Phrase", { seed: "" }],
      ["ValidPhrase", { seed: "validphrase" }],
      ["A_Valid_Pass_Phrase", { sequence: 1 }],
      ["A_Valid_Pass_Phrase", { sequence: 10_000 }],
      ["A_Valid_Pass_Phrase", { sequence: 1.5 }],
      ["A_Valid_Pass_Phrase", { algorithm: "md2" as "md5" }],
    ] as const
  ) assertThrows(() => otpRecord(phrase, options), TypeError);
});

Deno.test("stores of one-time passwords put in what was not changed meanwhile", async () => {
  await using storage = await openKvStorage();
  const first: OtpRecord = otpRecord(PHRASE, { seed: "a1" });
  const second: OtpRecord = { ...first, sequence: first.sequence - 1 };
  for (const store of [new MemoryOtpStore(), storage.otp]) {
    const set = store.compareAndSet.bind(store, "tim");
    assertEquals(await store.get("tim"), undefined);
    assertEquals(await set(first, second), false);
    assertEquals(await set(undefined, first), true);
    assertEquals(await store.get("tim"), first);
    assertEquals(await set(undefined, second), false);
    assertEquals(
      await set({ ...first, last: new Uint8Array(8) }, second),
      false,
    );
    assertEquals(await set({ ...first, seed: "b1" }, second), false);
    assertEquals(await set(first, second), true);
    assertEquals(await set(first, undefined), false);
    assertEquals(await store.get("tim"), second);
    assertEquals(await store.get("bob"), undefined);
    assertEquals(await set(second, undefined), true);
    assertEquals(await store.get("tim"), undefined);
  }
});
