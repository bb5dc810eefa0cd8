import { assertEquals, assertRejects } from "@std/assert";
import { readSource } from "./source.ts";

const never = new AbortController().signal;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("strings get CRLF and UTF-8, bytes stay as they are", async () => {
  assertEquals(
    text(await readSource("a\nb\r\n\u00e9", 9, never)),
    "a\r\nb\r\n\u00e9",
  );
  const bytes = new TextEncoder().encode("a\nb");
  assertEquals(await readSource(bytes, 3, never), bytes);
});

Deno.test("streams are read to their end", async () => {
  const stream = ReadableStream.from([
    new Uint8Array([97]),
    new Uint8Array(0),
    new Uint8Array([98, 10]),
  ]);
  assertEquals(text(await readSource(stream, 3, never)), "ab\n");
});

Deno.test("what is too long is not read further", async () => {
  let chunks = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunks++;
      controller.enqueue(new Uint8Array(10));
    },
    cancel() {
      cancelled = true;
    },
  });
  await assertRejects(() => readSource(stream, 25, never), RangeError);
  assertEquals(cancelled, true);
  assertEquals(chunks < 10, true);
  await assertRejects(() => readSource("abc", 2, never), RangeError);
});

Deno.test("what is no source is refused", async () => {
  for (const source of [7, null, {}, [97]]) {
    await assertRejects(
      () => readSource(source as unknown as string, 9, never),
      TypeError,
    );
  }
  const words = ReadableStream.from(["text"]) as ReadableStream<never>;
  await assertRejects(() => readSource(words, 9, never), TypeError);
});

Deno.test("a stream that never goes on is let go when the time is over", async () => {
  const over = new AbortController();
  const cancelled = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    cancel: () => cancelled.resolve(),
  });
  const reading = readSource(stream, 9, over.signal);
  over.abort();
  await cancelled.promise;
  assertEquals((await reading).length, 0);
});
