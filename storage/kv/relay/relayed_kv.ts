/**
 * A database as one of several threads sees it: it reads by itself, and writes through the one that writes.
 *
 * @module
 */

import { Operation } from "../operation.ts";
import type { AnyWrite, Link } from "./link.ts";

/**
 * The database.
 * @param reader a handle of this thread, for reading
 * @param link the way to the writer
 */
export function relayedKv(reader: Deno.Kv, link: Link): Deno.Kv {
  const commit = async (writes: AnyWrite[]): Promise<Deno.KvCommitResult> =>
    await link.commit([], writes) as Deno.KvCommitResult;
  const kv: Partial<Record<keyof Deno.Kv, unknown>> = {
    get: reader.get.bind(reader),
    getMany: reader.getMany.bind(reader),
    list: reader.list.bind(reader),
    set: (...write: Parameters<Deno.Kv["set"]>) => commit([write]),
    delete: async (key: Deno.KvKey) => void await commit([[key, null]]),
    atomic: () =>
      new Operation((checks, writes) => link.commit(checks, writes)),
    watch: (keys: readonly Deno.KvKey[]) => watch(reader, link, keys),
    close: () => reader.close(),
  };
  return kv as unknown as Deno.Kv;
}

/** As {@linkcode Deno.Kv.watch}: the entries at first, and again after each change; several may be told as one. */
function watch(
  reader: Deno.Kv,
  link: Link,
  keys: readonly Deno.KvKey[],
): ReadableStream<Deno.KvEntryMaybe<unknown>[]> {
  let changed = true;
  let wake = () => {};
  const stops = keys.map((key) =>
    link.watch(key, () => {
      changed = true;
      wake();
    })
  );
  const stop = () => {
    for (const stop of stops) stop();
    wake();
  };
  return new ReadableStream({
    async pull(controller) {
      if (!changed) await new Promise<void>((resolve) => wake = resolve);
      changed = false;
      try {
        controller.enqueue(await reader.getMany(keys) as never);
      } catch (error) {
        stop();
        throw error;
      }
    },
    cancel: stop,
  }, { highWaterMark: 0 });
}
