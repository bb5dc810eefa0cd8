/**
 * Noticing what other processes write.
 *
 * @module
 */

/** How long to wait before a watch that has failed begins anew: longer with each failure; milliseconds. */
const PAUSE = { first: 100, longest: 10_000 };

/**
 * Calls back with what is under some keys, ten at the most, at once and whenever one of them has been written to,
 * until the returned function is called. Changes that follow one another closely may be told as one.
 *
 * What is there at first is told too: since the caller last looked, somebody may have written to it.
 *
 * @param changed the next call waits for it
 * @param onFault told when the watch or the callback fails; it then begins anew
 */
export function watchKeys(
  kv: Deno.Kv,
  keys: readonly Deno.KvKey[],
  changed: (entries: readonly Deno.KvEntryMaybe<unknown>[]) => Promise<void>,
  onFault: (error: unknown) => void,
): () => void {
  let watching = true;
  let failures = 0;
  let interrupt = () => {};
  const stop = () => {
    watching = false;
    interrupt();
  };
  const watch = async () => {
    const reader = kv.watch<unknown[]>(keys).getReader();
    interrupt = () => void reader.cancel().catch(() => {});
    try {
      while (watching) {
        const { done, value } = await reader.read();
        if (done) return;
        if (watching) await changed(value);
        failures = 0;
      }
    } finally {
      interrupt();
    }
  };
  const pause = (time: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, time);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async () => {
    while (watching) {
      try {
        return await watch();
      } catch (error) {
        if (!watching) return;
        onFault(error);
        await pause(Math.min(PAUSE.first * 2 ** failures++, PAUSE.longest));
      }
    }
  };
  run();
  return stop;
}
