/**
 * Noticing what other processes write.
 *
 * @module
 */

/**
 * Calls back when a key has been written to, until the returned function is called.
 * @param onFault told when the watch or the callback fails; the watch then ends
 */
export function watchKey(
  kv: Deno.Kv,
  key: Deno.KvKey,
  changed: () => Promise<void>,
  onFault: (error: unknown) => void,
): () => void {
  const reader = kv.watch([key]).getReader();
  let watching = true;
  const run = async () => {
    // The first answer is what there is already.
    await reader.read();
    while (watching && !(await reader.read()).done) await changed();
  };
  run().catch((error) => {
    if (watching) onFault(error);
  });
  return () => {
    watching = false;
    reader.cancel().catch(() => {});
  };
}
