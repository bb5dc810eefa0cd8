/** The thread of follow_test.ts that reads. */

import { openHandle } from "../../storage/kv/open.ts";
import { Mirror } from "../../storage/kv/journal/mirror.ts";
import { PendingReader } from "../../storage/kv/journal/pending.ts";
import { pendingKv } from "../../storage/kv/journal/pending_kv.ts";
import { Ring } from "../../storage/kv/journal/ring.ts";
import { FileReader } from "../../storage/kv/value_reader.ts";

/** What the thread is given. */
export interface Given {
  /** Of the database. */
  readonly path: string;
  /** The ring's. */
  readonly memory: SharedArrayBuffer;
  /** The number of the last commit that was answered; negative at the end. */
  readonly answered: SharedArrayBuffer;
  /** The keys that every commit sets to its number. */
  readonly keys: readonly Deno.KvKey[];
  /** A key that is in the database, and what is there. */
  readonly known: { readonly key: Deno.KvKey; readonly value: Uint8Array };
}

/** What it has found. */
export interface Found {
  /** How often it has read. */
  readonly reads: number;
  /** How often something was in the journal alone. */
  readonly pending: number;
  /** What was wrong. */
  readonly wrong: string | undefined;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Given>) => void;
  postMessage(message: "ready" | Found): void;
};

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(await read(data));
  } catch (error) {
    scope.postMessage({ reads: 0, pending: 0, wrong: String(error) });
  }
};

async function read({ path, memory, answered, keys, known }: Given) {
  const last = new Int32Array(answered);
  const { kv } = await openHandle(path);
  const file = (await FileReader.open(path, known))!;
  const mirror = new Mirror(new Ring(memory));
  const now = () => mirror.now();
  const database = pendingKv(kv, now);
  const values = new PendingReader(now, file);
  const range = { start: keys[0]!, end: ["k", 9] };
  const ways: (() => Promise<unknown[]>)[] = [
    async () => (await database.getMany(keys)).map(({ value }) => value),
    async () =>
      (await Array.fromAsync(database.list(range))).map(({ value }) => value),
    async () => (await values.getMany(keys)).map(({ value }) => value),
    async () =>
      (await Array.fromAsync(values.list(range))).map(({ value }) => value),
  ];
  let [reads, pending, before] = [0, 0, 0];
  scope.postMessage("ready");
  let wrong: string | undefined;
  for (let way = 0; wrong === undefined; way = (way + 1) % ways.length) {
    const from = Atomics.load(last, 0);
    if (from < 0) break;
    const found = (await ways[way]!()).map((value) =>
      new DataView((value as Uint8Array).buffer).getUint32(
        (value as Uint8Array).byteOffset,
      )
    );
    const to = Atomics.load(last, 0);
    // The last commit may not have been answered yet.
    const most = to < 0 ? Infinity : to + 1;
    const least = Math.max(from, before);
    // Single reads of a file are no snapshot.
    const isOne = way === 2 || new Set(found).size === 1;
    if (
      found.length !== keys.length || !isOne ||
      found.some((number) => number < least || number > most)
    ) wrong = `way ${way}: ${found} between ${least} and ${most}`;
    before = Math.max(...found);
    reads++;
    if (now().size > 0) pending++;
  }
  file.close();
  kv.close();
  return { reads, pending, wrong };
}
