import { assertEquals } from "@std/assert";
import { ByteCache } from "./byte_cache.ts";

Deno.test("the bytes that nobody wanted for longest go first", () => {
  const cache = new ByteCache(10);
  cache.set("a", new Uint8Array(4));
  cache.set("b", new Uint8Array(4));
  cache.get("a");
  cache.set("c", new Uint8Array(4));
  assertEquals(cache.get("b"), undefined);
  assertEquals(cache.get("a")?.length, 4);
  assertEquals(cache.size, 8);
});

Deno.test("what is larger than everything may be is not kept, nor what was there before it", () => {
  const cache = new ByteCache(10);
  cache.set("a", new Uint8Array(4));
  cache.set("a", new Uint8Array(11));
  assertEquals(cache.get("a"), undefined);
  assertEquals(cache.size, 0);
});

Deno.test("a key that is set anew counts once", () => {
  const cache = new ByteCache(10);
  for (let times = 0; times < 9; times++) cache.set("a", new Uint8Array(5));
  assertEquals(cache.size, 5);
  cache.delete("a");
  cache.delete("a");
  assertEquals(cache.size, 0);
});

Deno.test("what outlives its neighbours keeps nothing of them in memory", () => {
  const cache = new ByteCache(100);
  const page = new Uint8Array(100).map((_, index) => index);
  for (let at = 0; at < 100; at += 10) {
    cache.set(`${at}`, page.subarray(at, at + 10));
  }
  assertEquals(cache.get("50")?.buffer, page.buffer);
  for (let n = 0; n < 6; n++) cache.set(`other ${n}`, new Uint8Array(10));
  const kept = cache.get("50")!;
  assertEquals(kept, page.slice(50, 60));
  assertEquals(kept.buffer.byteLength, 10);
  assertEquals(cache.size, 100);
});
