/**
 * Checks the pages of a home: packed summaries, and counts of shared contents.
 *
 * @module
 */

import { closePage, type PageKind } from "../pack.ts";
import { type CheckContext, tryDecode } from "./context.ts";

/**
 * Checks the pages of a kind. If any is broken, or a value is not where it is looked for, all of them are
 * packed anew.
 * @param note what is kept of each value
 * @returns what is kept, by number
 */
export async function checkPages<V, N>(
  { kv, repair, found, writer }: CheckContext,
  kind: PageKind<V>,
  home: number,
  note: (value: V) => N,
): Promise<Map<number, N>> {
  const notes = new Map<number, N>();
  const faults: string[] = [];
  let before = -1;
  for await (const { key, numbers, page } of readPages(kv, kind, home)) {
    if (page === undefined) {
      faults.push(`a page of ${kind.name} cannot be read`);
      continue;
    }
    if (numbers.some((n) => n < key || n <= before)) {
      faults.push(`a page of ${kind.name} has what belongs to another`);
    }
    for (const [number, value] of page) notes.set(number, note(value));
    before = Math.max(before, ...numbers.slice(-1));
  }
  for (const what of faults) {
    const where = `contents of mailbox ${home}`;
    found({ kind: "value", where, what, repair: "packed anew what is left" });
  }
  if (faults.length === 0 || !repair) return notes;
  const values = new Map<number, V>();
  for await (const { page } of readPages(kv, kind, home)) {
    for (const [number, value] of page ?? []) values.set(number, value);
  }
  for await (const { key } of kv.list({ prefix: [kind.name, home] })) {
    await writer.write(key, null);
  }
  const page = { key: undefined, end: Infinity, values };
  for (const [key, value] of closePage(kind, home, page)) {
    await writer.write(key, value);
  }
  await writer.flush();
  return notes;
}

async function* readPages<V>(
  kv: Deno.Kv,
  kind: PageKind<V>,
  home: number,
): AsyncGenerator<
  {
    readonly key: number;
    readonly numbers: readonly number[];
    readonly page: Map<number, V> | undefined;
  },
  void
> {
  const options = { batchSize: 20 };
  for await (
    const { key, value } of kv.list({ prefix: [kind.name, home] }, options)
  ) {
    const page = tryDecode(value, kind.decode);
    const numbers = [...page?.keys() ?? []];
    yield { key: key[2] as number, numbers, page };
  }
}
