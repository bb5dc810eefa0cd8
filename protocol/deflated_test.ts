import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { constants, createInflateRaw, deflateRawSync } from "node:zlib";
import { heldMemory } from "../testing/held_memory.ts";
import { Deflated } from "./deflated.ts";

const encoder = new TextEncoder();

function stream(reads: readonly Uint8Array[]) {
  const left = [...reads];
  const written: Uint8Array[] = [];
  return {
    read: () => Promise.resolve(left.shift() ?? null),
    write: (bytes: Uint8Array) => {
      written.push(bytes.slice());
      return Promise.resolve();
    },
    left,
    written,
  };
}

function flushed(text: string): Uint8Array {
  return deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** Reads until so much has come. */
async function take(deflated: Deflated, length: number): Promise<string> {
  let text = "";
  while (text.length < length) {
    const chunk = await deflated.read();
    assert(chunk !== null, `The end after ${text}`);
    text += new TextDecoder().decode(chunk);
  }
  return text;
}

Deno.test("what ends with UNAUTHENTICATE is told from what comes behind, wherever it is cut", async () => {
  const last = "b UNAUTHENTICATE\r\n";
  const plain = encoder.encode("c LOGIN alice secret\r\n");
  for (const end of [flushed(last), deflateRawSync(last)]) {
    const all = Buffer.concat([flushed("a NOOP\r\n"), end, plain]);
    for (let cut = 0; cut <= all.length; cut++) {
      const { read, write, left } = stream([all.subarray(cut)]);
      const deflated = new Deflated({ read, write }, all.subarray(0, cut));
      assertEquals(await take(deflated, 26), "a NOOP\r\n" + last);
      const rest = Buffer.concat([deflated.end(), ...left]);
      // Where the mark has not come yet it comes behind.
      assert(rest.length >= plain.length || left.length > 0, `cut at ${cut}`);
      if (cut >= all.length - plain.length) {
        assertEquals(new Uint8Array(rest), plain);
      }
    }
  }
});

Deno.test("what is written is one stream, with every write flushed", async () => {
  const { read, write, written } = stream([]);
  const deflated = new Deflated({ read, write }, new Uint8Array(0));
  const texts = ["* 1 EXISTS\r\n", "x".repeat(99), "y".repeat(100), ""]
    .concat("* 1 FETCH (FLAGS (\\Seen))\r\n".repeat(9_000));
  const inflate = createInflateRaw();
  let heard = "";
  inflate.on("data", (chunk: Uint8Array) => {
    heard += new TextDecoder().decode(chunk);
  });
  for (const text of texts) {
    await deflated.write(encoder.encode(text));
    for (const bytes of written.splice(0)) {
      await new Promise<void>((taken) => inflate.write(bytes, () => taken()));
    }
  }
  await new Promise<void>((flush) => inflate.flush(() => flush()));
  assertEquals(heard, texts.join(""));
  deflated.end();
  inflate.close();
});

Deno.test("a small input that expands is not inflated ahead of who reads", async () => {
  const bomb = deflateRawSync(new Uint8Array(64 * 1_048_576));
  const { read, write } = stream([bomb]);
  const deflated = new Deflated({ read, write }, new Uint8Array(0));
  const before = heldMemory();
  for (let count = 0; count < 100; count++) {
    const chunk = await deflated.read();
    assert(chunk !== null && chunk.length <= 65_536);
  }
  assertLess(heldMemory() - before, 2 * 1_048_576);
  deflated.end();
});

Deno.test("what is no DEFLATE is a fault, the end of it the end", async () => {
  const broken = new Deflated(stream([]), encoder.encode("b NOOP\r\n"));
  await assertRejects(() => broken.read());
  broken.end();
  const ended = new Deflated(stream([]), deflateRawSync("a"));
  assertEquals(await take(ended, 1), "a");
  assertEquals(await ended.read(), null);
  ended.end();
  const cut = new Deflated(stream([]), flushed("abc").subarray(0, 2));
  while (await cut.read() !== null);
  cut.end();
});
