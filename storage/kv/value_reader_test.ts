import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { decodeKey, encodeKey, keyOf, nameOf } from "./key_bytes.ts";
import { FileReader, type ValueReader } from "./value_reader.ts";

const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true }));
const keys = fc.tuple(
  fc.constantFrom("body", "summary", "é"),
  fc.array(numbers, { minLength: 1, maxLength: 3 }),
).map(([name, parts]): Deno.KvKey => [name, ...parts]);

/** As the bytes sort, whatever the numbers are. */
function inOrder([a, b]: readonly Deno.KvKey[]): [Deno.KvKey, Deno.KvKey] {
  const [from, to] = [encodeKey(a!), encodeKey(b!)];
  const at = from.findIndex((byte, index) => byte !== to[index]);
  const isAfter = at >= 0 && from[at]! > (to[at] ?? -1);
  return isAfter ? [b!, a!] : [a!, b!];
}

const known = { key: ["secret"], value: Uint8Array.of(1, 2, 3) };

async function opened(
  use: (kv: Deno.Kv, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/test.kv`;
  const kv = await Deno.openKv(path);
  try {
    await kv.set(known.key, known.value);
    await use(kv, path);
  } finally {
    kv.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a key comes back as it was", () => {
  fc.assert(fc.property(keys, (key) => {
    assertEquals(decodeKey(encodeKey(key)), key);
    assertEquals(keyOf(nameOf(key)), key);
  }));
});

Deno.test("a name may have anything in it", () =>
  opened(async (kv, path) => {
    const names = ["", "a\0", "\0\0b", "é\u{1f600}", "\xff"];
    for (const name of names) await kv.set(["n", name], new Uint8Array(1));
    const direct = await FileReader.open(path, known);
    const found = await direct!.getMany(names.map((name) => ["n", name]));
    direct!.close();
    assertEquals(
      found.map(({ value }) => value !== null),
      names.map(() => true),
    );
    for (const name of [...names, "é".repeat(5_000)]) {
      assertEquals(keyOf(nameOf([name, 1])), [name, 1]);
    }
  }));

Deno.test("a file is read as its Deno KV reads it", () =>
  opened(async (kv, path) => {
    const direct = await FileReader.open(path, known);
    assert(direct !== undefined);
    try {
      const operation = fc.record({
        set: fc.array(keys, { maxLength: 8 }),
        get: keys,
        range: fc.tuple(keys, keys).map(inOrder),
        options: fc.record({
          batchSize: fc.integer({ min: 1, max: 4 }),
          limit: fc.integer({ min: 1, max: 9 }),
          reverse: fc.boolean(),
        }, { requiredKeys: ["batchSize"] }),
      });
      let serial = 0;
      await fc.assert(
        fc.asyncProperty(operation, async ({ set, get, range, options }) => {
          const atomic = kv.atomic();
          for (const key of set) atomic.set(key, new Uint8Array(serial++));
          await atomic.commit();
          const both = async (reader: ValueReader) => ({
            some: (await reader.getMany([get, ...set.slice(0, 9)]))
              .map(({ value }) => value),
            range: await Array.fromAsync(
              reader.list({ start: range[0], end: range[1] }, options),
              ({ key, value }) => ({ key, value }),
            ),
          });
          assertEquals(await both(direct), await both(kv));
        }),
        { numRuns: 60 },
      );
    } finally {
      direct.close();
    }
  }));

Deno.test("a file that is not what it is taken for is left alone", () =>
  opened(async (kv, path) => {
    const other = { key: known.key, value: Uint8Array.of(1, 2) };
    assertEquals(await FileReader.open(path, other), undefined);
    const elsewhere = { ...known, key: ["elsewhere"] };
    assertEquals(await FileReader.open(path, elsewhere), undefined);
    assertEquals(await FileReader.open(`${path}-none`, known), undefined);
    await Deno.writeTextFile(`${path}-text`, "No database\n".repeat(1000));
    assertEquals(await FileReader.open(`${path}-text`, known), undefined);
    assertEquals((await kv.get(known.key)).value, known.value);
  }));
