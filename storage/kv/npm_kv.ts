/**
 * `npm:@deno/kv` in the place of `Deno.openKv`.
 *
 * It gives bytes as Node's `Buffer`, whose `slice` does not copy and which is not to leak to those who
 * expect a plain `Uint8Array`.
 *
 * @module
 */

/**
 * Opens a database with `@deno/kv`.
 * @param path a file, `:memory:`, or the URL of a KV Connect server
 */
export async function openNpmKv(path: string): Promise<Deno.Kv> {
  const { openKv } = await import("@deno/kv");
  try {
    return withPlainBytes(await openKv(path) as unknown as Deno.Kv);
  } catch (error) {
    if (!(error instanceof Error) || !/napi/i.test(error.message)) throw error;
    throw new Error(
      "Deno KV is not there: run with --unstable-kv, or allow foreign functions for its replacement",
      { cause: error },
    );
  }
}

/** The same database, its bytes plain. */
export function withPlainBytes(kv: Deno.Kv): Deno.Kv {
  const plain: Partial<Record<keyof Deno.Kv, unknown>> = {
    get: async (...args: Parameters<Deno.Kv["get"]>) =>
      plainEntry(await kv.get(...args)),
    getMany: async (...args: Parameters<Deno.Kv["getMany"]>) => {
      const entries = await kv.getMany(...args) as { value: unknown }[];
      return entries.map(plainEntry);
    },
    async *list(...args: Parameters<Deno.Kv["list"]>) {
      for await (const entry of kv.list(...args)) yield plainEntry(entry);
    },
    set: kv.set.bind(kv),
    delete: kv.delete.bind(kv),
    atomic: kv.atomic.bind(kv),
    watch: kv.watch.bind(kv),
    close: kv.close.bind(kv),
  };
  return plain as unknown as Deno.Kv;
}

function plainEntry<T extends { value: unknown }>(entry: T): T {
  const { value } = entry;
  if (!(value instanceof Uint8Array) || value.constructor === Uint8Array) {
    return entry;
  }
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.length);
  return { ...entry, value: bytes };
}
