/**
 * Puts messages in order by several keys (RFC 5256 § 3).
 *
 * Of each key a message has a rank, a whole number. The ranks by all keys and the place in the mailbox, which decides
 * in the end, make one number a message, so that nothing is compared but numbers.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, Pace } from "../../../storage/pace.ts";
import type { Host } from "../../host.ts";
import type { SearchContext, SearchWork } from "../search/evaluate.ts";
import { type RankedColumn, type Ranks, ranksOfValues } from "./column.ts";
import { mergeSort } from "./merge_sort.ts";
import { type Attribute, columnsOf } from "./order_index.ts";

/** By what messages can be put in order: an attribute of theirs, or a whole number that the mailbox's state has. */
export type SortKey =
  & {
    /** Its name, in capitals. */
    readonly name: string;
  }
  & (
    | { readonly attribute: Attribute<RankedColumn> }
    | { readonly valueAt: (state: MailboxState, row: number) => number }
  );

/** A key, as a client asks for it. */
export interface SortCriterion {
  /** By what. */
  readonly key: SortKey;
  /** Whether the order is the reverse. */
  readonly reverse: boolean;
}

/**
 * Puts messages in order.
 * @param uids the messages, in the order in which those stay that are equal
 * @param criteria the one that decides first in front
 * @returns those of them that are there, in order
 */
export async function sortUids(
  host: Host,
  context: SearchContext,
  uids: UidList,
  criteria: readonly SortCriterion[],
  work: SearchWork = {},
): Promise<Uint32Array> {
  const { pace = new Pace() } = work;
  const { state } = context.mailbox;
  const attributes = criteria.flatMap(({ key }) =>
    "attribute" in key ? [key.attribute] : []
  );
  const columns: readonly RankedColumn[] = await columnsOf(
    host,
    context,
    uids,
    attributes,
    { ...work, pace },
  );
  const known = await filter(
    uids,
    (uid) => columns.every((column) => column.has(uid)),
    pace,
  );
  const keys = new CompositeKeys(known.length, pace);
  for (const { key, reverse } of criteria) {
    const ranks = "attribute" in key
      ? await columns[attributes.indexOf(key.attribute)]!.ranksOf(known, pace)
      : await ranksInState(state, known, key.valueAt, pace);
    await keys.add(ranks, reverse);
  }
  const order = await keys.order();
  const rows = new Rows(state);
  const there = new Uint8Array(known.length);
  await inBlocks(known.length, pace, (at) => {
    if (rows.of(known[at]!) >= 0) there[at] = 1;
  });
  const sorted = new Uint32Array(known.length);
  let length = 0;
  await inBlocks(order.length, pace, (place) => {
    const at = order[place]!;
    if (there[at] === 1) sorted[length++] = known[at]!;
  });
  return sorted.subarray(0, length);
}

/** Ranks by what the state has. Of a message that has gone any will do. */
function ranksInState(
  state: MailboxState,
  uids: UidList,
  valueAt: (state: MailboxState, row: number) => number,
  pace: Pace,
): Promise<Ranks> {
  const rows = new Rows(state);
  let last = 0;
  return ranksOfValues(uids.length, (at) => {
    const row = rows.of(uids[at]!);
    if (row >= 0) last = valueAt(state, row);
    return last;
  }, pace);
}

/** Looks for messages in a state that changes; quick when they are asked for in their order. */
class Rows {
  readonly #state: MailboxState;
  #row = -1;

  constructor(state: MailboxState) {
    this.#state = state;
  }

  /** Where a message is in the columns, or -1. */
  of(uid: number): number {
    const state = this.#state;
    const next = this.#row + 1;
    const isNext = next < state.length && state.uids[next] === uid;
    return this.#row = isNext ? next : state.indexOf(uid);
  }
}

/** The UIDs that pass a test, in slices. */
async function filter(
  uids: UidList,
  test: (uid: number) => boolean,
  pace: Pace,
): Promise<UidList> {
  const passed = new Uint32Array(uids.length);
  let length = 0;
  await inBlocks(uids.length, pace, (at) => {
    if (test(uids[at]!)) passed[length++] = uids[at]!;
  });
  return passed.subarray(0, length);
}

/** Whole numbers are exact up to here. */
const MOST = 2 ** 53;
/** So many different keys a message there may be where they are counted. */
const FEW = 4;

/** One number a message, of its ranks. */
class CompositeKeys {
  readonly #pace: Pace;
  #keys: Float64Array;
  /** Each is less. */
  #span = 1;

  constructor(length: number, pace: Pace) {
    this.#keys = new Float64Array(length);
    this.#pace = pace;
  }

  /** Adds ranks that decide where those before did not. */
  async add(given: Ranks, reverse: boolean): Promise<void> {
    let { ranks, last } = given;
    if (this.#span * (last + 1) >= MOST) await this.#densify();
    if (this.#span * (last + 1) >= MOST) {
      ({ ranks, last } = await denseRanks(ranks, this.#pace));
    }
    const keys = this.#keys;
    await inBlocks(keys.length, this.#pace, (at) => {
      const rank = reverse ? last - ranks[at]! : ranks[at]!;
      keys[at] = keys[at]! * (last + 1) + rank;
    });
    this.#span *= last + 1;
  }

  /** The places of the messages in their order. It leaves nothing behind. */
  async order(): Promise<Uint32Array> {
    const { length } = this.#keys;
    if (this.#span <= FEW * length) return await this.#counted();
    // A power of two, so that it is divided by without rounding.
    const places = 2 ** Math.ceil(Math.log2(length + 1));
    if (this.#span * places >= MOST) await this.#densify();
    const keys = this.#keys;
    await inBlocks(length, this.#pace, (at) => {
      keys[at] = keys[at]! * places + at;
    });
    await mergeSort(keys, undefined, this.#pace);
    const order = new Uint32Array(length);
    await inBlocks(length, this.#pace, (at) => {
      const key = keys[at]!;
      order[at] = key - Math.floor(key / places) * places;
    });
    return order;
  }

  /** The same where keys are few: those of each are counted, and have their places together. */
  async #counted(): Promise<Uint32Array> {
    const keys = this.#keys;
    // Where the messages of each key begin, and further on while they are put there.
    const places = new Uint32Array(this.#span + 1);
    await inBlocks(
      keys.length,
      this.#pace,
      (at) => void places[keys[at]! + 1]!++,
    );
    await inBlocks(
      this.#span,
      this.#pace,
      (key) => void (places[key + 1]! += places[key]!),
    );
    const order = new Uint32Array(keys.length);
    await inBlocks(keys.length, this.#pace, (at) => {
      order[places[keys[at]!]!++] = at;
    });
    return order;
  }

  async #densify(): Promise<void> {
    const { ranks, last } = await denseRanks(this.#keys, this.#pace);
    this.#keys = ranks;
    this.#span = last + 1;
  }
}

/** The same order with no rank left out. */
async function denseRanks(values: Float64Array, pace: Pace): Promise<Ranks> {
  const distinct = values.slice();
  await mergeSort(distinct, undefined, pace);
  let length = 0;
  await inBlocks(distinct.length, pace, (at) => {
    const value = distinct[at]!;
    if (length === 0 || distinct[length - 1] !== value) {
      distinct[length++] = value;
    }
  });
  const ranks = new Float64Array(values.length);
  await inBlocks(values.length, pace, (at) => {
    const value = values[at]!;
    let low = 0;
    let high = length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (distinct[middle]! < value) low = middle + 1;
      else high = middle;
    }
    ranks[at] = low;
  });
  return { ranks, last: Math.max(0, length - 1) };
}
