/**
 * The answer to a watch: what is under the keys now, and again whenever it has changed.
 *
 * @module
 */

import { delay } from "./delay.ts";
import { encodeWatch } from "./protocol.ts";
import type { Store } from "./store.ts";

/**
 * Watches keys.
 * @param latency how long each message takes, in milliseconds; what changes meanwhile goes with it
 * @param running while the watch runs, it has here what breaks it off
 */
export function watchStream(
  store: Store,
  keys: readonly Uint8Array[],
  latency: number,
  running: Set<() => void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let due = Promise.withResolvers<void>();
  due.resolve();
  const unwatch = store.watch(keys, () => due.resolve());
  let controller: ReadableStreamDefaultController;
  const stop = () => {
    unwatch();
    running.delete(end);
  };
  const end = () => {
    stop();
    controller.close();
    due.resolve();
  };
  running.add(end);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => void (controller = given),
    async pull() {
      await due.promise;
      await delay(latency);
      due = Promise.withResolvers();
      if (!running.has(end)) return;
      controller.enqueue(encodeWatch(keys.map((key) => store.get(key))));
    },
    cancel: stop,
  });
}
