/** The test server, asked by the client that Deno itself has. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { LIMITS } from "./limits.ts";
import { openKvClient } from "./client.ts";
import { type Fate, type KvServer, startKvServer } from "./server.ts";

function served(
  name: string,
  test: (kv: Deno.Kv, other: Deno.Kv, server: KvServer) => Promise<void>,
  options: { latency?: number } = {},
): void {
  Deno.test(`KV Connect: ${name}`, async () => {
    await using server = startKvServer(options);
    const kv = await openKvClient(server);
    const other = await openKvClient(server);
    try {
      await test(kv, other, server);
    } finally {
      kv.close();
      other.close();
    }
  });
}

served("what one client writes another reads", async (kv, other) => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const { versionstamp } = await kv.set(["a", 1], bytes);
  await kv.set(["a", 2], { date: new Date(0), text: "ü" });
  assertEquals(await other.get(["a", 1]), {
    key: ["a", 1],
    value: bytes,
    versionstamp,
  });
  const found = await other.getMany<unknown[]>([["a", 2], ["none"], ["a", 1]]);
  assertEquals(found.map(({ value }) => value), [
    { date: new Date(0), text: "ü" },
    null,
    bytes,
  ]);
  await other.delete(["a", 1]);
  assertEquals((await kv.get(["a", 1])).versionstamp, null);
});

served("keys are in order, however they are asked for", async (kv, other) => {
  const numbers = [-1, 0, 1, 2, 10, 255, 256, 65_536, 1e15];
  for (const number of numbers.toReversed()) await kv.set(["n", number], "");
  await kv.set(["m", "last"], "");
  await kv.set(["o"], "");
  const list = async (
    selector: Deno.KvListSelector,
    options: Deno.KvListOptions = {},
  ) => {
    const entries = await Array.fromAsync(other.list(selector, options));
    return entries.map(({ key }) => key[1]);
  };
  assertEquals(await list({ prefix: ["n"] }), numbers);
  assertEquals(await list({ prefix: ["n"] }, { batchSize: 2 }), numbers);
  const reverse = { reverse: true, batchSize: 2 };
  assertEquals(await list({ prefix: ["n"] }, reverse), numbers.toReversed());
  const range = { start: ["n", 1], end: ["n", 256] };
  assertEquals(await list(range), [1, 2, 10, 255]);
  assertEquals(await list(range, { reverse: true, limit: 2 }), [255, 10]);
});

served("a commit is done when its checks hold, or not at all", async (kv) => {
  const first = await kv.set(["a"], 1);
  const commit = (versionstamp: string | null) =>
    kv.atomic().check({ key: ["a"], versionstamp }).set(["a"], 2)
      .set(["b"], 2).delete(["c"]).commit();
  assertEquals(await commit(null), { ok: false });
  assertEquals((await kv.get(["b"])).value, null);
  const second = await commit(first.versionstamp);
  assert(second.ok && second.versionstamp > first.versionstamp);
  assertEquals((await kv.get(["b"])).versionstamp, second.versionstamp);
  assertEquals(await commit(first.versionstamp), { ok: false });
});

served("numbers are combined", async (kv) => {
  for (const n of [5n, 2n ** 64n - 3n, 7n]) {
    await kv.atomic().sum(["sum"], n).max(["max"], n).min(["min"], n).commit();
  }
  const all = await kv.getMany<Deno.KvU64[]>([["sum"], ["max"], ["min"]]);
  assertEquals(all.map(({ value }) => value!.value), [9n, 2n ** 64n - 3n, 5n]);
  // What cannot be combined takes back all of its commit.
  await kv.set(["text"], "five");
  const mixed = kv.atomic().set(["a"], 1).sum(["text"], 1n);
  await assertRejects(() => mixed.commit(), Error, "64-bit");
  assertEquals((await kv.get(["a"])).value, null);
});

served("what has expired is not there", async (kv) => {
  await kv.set(["soon"], 1, { expireIn: 1 });
  await kv.set(["late"], 1, { expireIn: 100_000 });
  while ((await kv.get(["soon"])).value !== null);
  assertEquals((await Array.fromAsync(kv.list({ prefix: [] }))).length, 1);
});

served("those who watch hear of it", async (kv, other) => {
  await kv.set(["a"], 1);
  const reader = other.watch<unknown[]>([["a"], ["b"]]).getReader();
  const heard = async () => (await reader.read()).value!.map((e) => e.value);
  assertEquals(await heard(), [1, null]);
  await kv.set(["b"], 2);
  assertEquals(await heard(), [1, 2]);
  await kv.delete(["a"]);
  assertEquals(await heard(), [null, 2]);
  await reader.cancel();
}, { latency: 2 });

served("a watch that breaks goes on by itself", async (kv, other, server) => {
  const reader = other.watch<[number]>([["a"]]).getReader();
  const heard = async () => (await reader.read()).value![0].value;
  assertEquals(await heard(), null);
  assertEquals(server.breakWatches(), 1);
  await kv.set(["a"], 1);
  while (await heard() === null);
  await reader.cancel();
});

served("limits are those of denokv", async (kv) => {
  const checks = (count: number) => {
    const commit = kv.atomic().set(["a"], 1);
    for (let i = 0; i < count; i++) {
      commit.check({ key: ["none", i], versionstamp: null });
    }
    return commit.commit();
  };
  assertEquals((await checks(LIMITS.checks)).ok, true);
  await assertRejects(() => checks(LIMITS.checks + 1), Error, "10 checks: 11");
});

async function afterFate(fate: Fate): Promise<[unknown, unknown]> {
  await using server = startKvServer();
  const kv = await openKvClient(server);
  const fates = [fate];
  server.fate = (operation) =>
    operation === "write" ? fates.pop() ?? "done" : "done";
  const result = await kv.atomic().check({ key: ["a"], versionstamp: null })
    .set(["a"], 1).commit().then(({ ok }) => ok, () => "error");
  const { value } = await kv.get(["a"]);
  kv.close();
  return [result, value];
}

Deno.test("KV Connect: a client cannot tell what became of some commits", async () => {
  assertEquals(await afterFate("refused"), [true, 1]);
  assertEquals(await afterFate("conflict"), [false, null]);
  assertEquals(await afterFate("cut"), ["error", 1]);
  // It has been done, the client tries it again, and then its own check fails.
  assertEquals(await afterFate("lost"), [false, 1]);
});

served("reads that fail are tried again", async (kv, _, server) => {
  await kv.set(["a"], 1);
  const fates: Fate[] = ["refused", "lost"];
  server.fate = () => fates.pop() ?? "done";
  assertEquals((await kv.get(["a"])).value, 1);
  assertEquals(server.requests.read, 3);
});

Deno.test("KV Connect: nobody comes in without the token", async () => {
  await using server = startKvServer();
  const ask = async (path: string, token: string) => {
    const response = await fetch(server.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: '{"supportedVersions":[1,2,3]}',
    });
    return { status: response.status, text: await response.text() };
  };
  assertEquals((await ask("/", "wrong")).status, 401);
  const { status, text } = await ask("/", "let-me-in");
  assertEquals(status, 200);
  const { token } = JSON.parse(text);
  assertNotEquals(token, "let-me-in");
  assertEquals((await ask("/data/snapshot_read", "let-me-in")).status, 401);
  // The right token, and what is no message.
  assertEquals((await ask("/data/snapshot_read", token)).status, 400);
  assertEquals((await ask("/data/else", token)).status, 404);
});
