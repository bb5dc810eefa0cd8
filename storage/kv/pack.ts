/**
 * Values in pages: changing some of them.
 *
 * A page holds what belongs to the numbers from its own up to the next page's. Putting values in rewrites
 * the page that they belong to, and cuts it where it gets too large; taking them out removes a page when it
 * is empty. Used for packed summaries and for counts of shared contents.
 *
 * @module
 */

import type { Write } from "./keys.ts";
import { pageOf } from "./read_summaries.ts";
import { MAX_PAGE } from "./summary_page.ts";

/** How values of a kind are kept. */
export interface PageKind<V> {
  /** Under which keys, but for the home and the number. */
  readonly name: string;
  /** How many bytes a value takes. */
  size(value: V): number;
  /** A page in bytes. */
  encode(values: readonly (readonly [number, V])[]): Uint8Array;
  /** A page from bytes. */
  decode(bytes: Uint8Array): Map<number, V>;
}

/** A page that is being changed. */
export interface OpenPage<V> {
  /** Where it is; undefined when it is new. */
  readonly key: Deno.KvKey | undefined;
  /** The first number that no longer belongs to it. */
  readonly end: number;
  /** What is in it. */
  readonly values: Map<number, V>;
}

/**
 * Works out the writes for changes of some values, page by page.
 * @param changes by number, ascending: what a value becomes, given what it is; undefined takes it out
 * @returns for each page that changes, the numbers that it was changed for and what to write
 */
export async function* changePages<V>(
  kv: Deno.Kv,
  kind: PageKind<V>,
  home: number,
  changes: ReadonlyMap<number, (value: V | undefined) => V | undefined>,
): AsyncGenerator<
  { readonly numbers: readonly number[]; readonly writes: readonly Write[] },
  void
> {
  const numbers = [...changes.keys()].sort((a, b) => a - b);
  for (let at = 0; at < numbers.length;) {
    const page = await openPage(kv, kind, home, numbers[at]!);
    const here: number[] = [];
    let changed = false;
    while (at < numbers.length && numbers[at]! < page.end) {
      const number = numbers[at++]!;
      const before = page.values.get(number);
      const after = changes.get(number)!(before);
      here.push(number);
      if (after === before) continue;
      changed = true;
      if (after === undefined) page.values.delete(number);
      else page.values.set(number, after);
    }
    yield { numbers: here, writes: changed ? closePage(kind, home, page) : [] };
  }
}

async function openPage<V>(
  kv: Deno.Kv,
  kind: PageKind<V>,
  home: number,
  number: number,
): Promise<OpenPage<V>> {
  const prefix: Deno.KvKey = [kind.name, home];
  const entry = await pageOf(kv, prefix, number);
  const next = kv.list({
    start: [...prefix, number + 0.5],
    end: [kind.name, home + 0.5],
  }, { limit: 1 });
  let end = Infinity;
  for await (const { key } of next) end = key[2] as number;
  const values = entry ? kind.decode(entry.value) : new Map<number, V>();
  return { key: entry?.key, end, values };
}

/** The writes for a page that has been changed, which may have become several, or none. */
export function closePage<V>(
  kind: PageKind<V>,
  home: number,
  page: OpenPage<V>,
): Write[] {
  const sorted = [...page.values].sort((a, b) => a[0] - b[0]);
  const writes: Write[] = [];
  // A page keeps its key, so that every number finds the page that it belongs to.
  let key = page.key;
  for (let from = 0; from < sorted.length;) {
    let size = 5;
    let to = from;
    while (to < sorted.length) {
      size += 12 + kind.size(sorted[to]![1]);
      if (to > from && size > MAX_PAGE) break;
      to++;
    }
    key ??= [kind.name, home, sorted[from]![0]];
    writes.push([key, kind.encode(sorted.slice(from, to))]);
    key = undefined;
    from = to;
  }
  if (sorted.length === 0 && page.key !== undefined) {
    writes.push([page.key, null]);
  }
  return writes;
}
