/** Threads that read a database behind a journal while another writes, all of them as fast as they can. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { JournaledKv } from "../../storage/kv/journal/journaled_kv.ts";
import { Ring } from "../../storage/kv/journal/ring.ts";
import { openKv } from "../../storage/kv/open.ts";
import type { Found, Given } from "./follow_worker.ts";

/** For how long, in milliseconds. */
const TIME = Deno.env.get("SOAK") === "1" ? 60_000 : 1_500;
const KEYS = [["k", 0], ["k", 1], ["k", 2]];

function valueOf(number: number, size: number): Uint8Array {
  const value = new Uint8Array(4 + size);
  new DataView(value.buffer).setUint32(0, number);
  return value;
}

/** Writes until the time is up, little most of the time, and more than the ring holds now and then. */
async function write(journal: JournaledKv, last: Int32Array): Promise<void> {
  const kv = journal.kv();
  const end = performance.now() + TIME;
  for (let number = 2; performance.now() < end; number++) {
    const isMuch = number % 100 < 20;
    const operation = kv.atomic();
    for (const key of KEYS) {
      operation.set(key, valueOf(number, isMuch ? 60_000 : number % 50));
    }
    operation.set(["other", number % 100], new Uint8Array(number % 1_000));
    assert((await operation.commit()).ok);
    Atomics.store(last, 0, number);
    if (number % 70 === 0) await kv.set(["past"], { number });
    if (number % 25 === 0) await journal.drain();
  }
}

/** Starts a thread: when it begins to read, and what it finds. */
function follow(worker: Worker, given: Given) {
  const ready = Promise.withResolvers<void>();
  const found = Promise.withResolvers<Found>();
  worker.onmessage = ({ data }: MessageEvent<"ready" | Found>) => {
    if (data === "ready") ready.resolve();
    else found.resolve(data);
  };
  worker.onerror = ({ message }) => ready.reject(new Error(message));
  worker.postMessage(given);
  return { ready: ready.promise, found: found.promise };
}

Deno.test("threads that read see every commit that was answered, and none in part", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "test.kv");
  const { kv: base } = await openKv(path);
  const known = { key: ["known"], value: new Uint8Array([1, 2, 3]) };
  await base.set(known.key, known.value);
  const ring = new Ring();
  const faults: unknown[] = [];
  const journal = await JournaledKv.begin(
    `${path}.journal`,
    base,
    base,
    (error) => faults.push(error),
    ring,
  );
  const first = journal.kv().atomic();
  for (const key of KEYS) first.set(key, valueOf(1, 0));
  await first.commit();
  const answered = new SharedArrayBuffer(4);
  const last = new Int32Array(answered);
  last[0] = 1;
  const given: Given = {
    path,
    memory: ring.memory,
    answered,
    keys: KEYS,
    known,
  };
  const workers = [1, 2].map(() =>
    new Worker(import.meta.resolve("./follow_worker.ts"), { type: "module" })
  );
  try {
    const threads = workers.map((worker) => follow(worker, given));
    await Promise.all(threads.map(({ ready }) => ready));
    await write(journal, last);
    Atomics.store(last, 0, -1);
    for (
      const { wrong, reads, pending } of await Promise.all(
        threads.map(({ found }) => found),
      )
    ) {
      assertEquals(wrong, undefined);
      assert(reads > 20 && pending > 10, `${reads} reads, ${pending} pending`);
    }
  } finally {
    for (const worker of workers) worker.terminate();
    await journal.close();
    base.close();
    await Deno.remove(folder, { recursive: true });
  }
  assertEquals(faults, []);
});
