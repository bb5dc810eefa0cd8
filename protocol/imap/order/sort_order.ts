/**
 * The results of a SORT that its client is told the changes of (RFC 5267 § 4.3), in the order that it asked for.
 *
 * Nothing that messages are put in order by ever changes, so that each has its place for good: one that comes is
 * compared with some of those that are there, or, where many come, with all of them.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import { inBlocks, type Pace } from "../../../storage/pace.ts";
import {
  MailboxOrder,
  type PlacedResults,
  type ResultList,
} from "../search/result_list.ts";
import { mergeSort } from "./merge_sort.ts";

/** Of how many results one has to come for all to be put in order again. */
const MANY = 16;

/** A mailbox and an order in it. */
export interface Sorting {
  /** Puts messages, which are given in the order of the mailbox, in order; those that have gone are left out. */
  sort(uids: UidList, pace: Pace): Promise<UidList>;
  /** Whether a message is still there. */
  isThere(uid: number): boolean;
}

/** A message that comes, and before which of those that are there, by its place in the list. */
interface Coming {
  readonly uid: number;
  readonly before: number;
}

/** See the module's text. */
export class SortOrder implements ResultList {
  readonly #sorting: Sorting;
  readonly #members: MailboxOrder;
  #list: UidList;

  /** @param sorted the results at first, in order */
  constructor(sorting: Sorting, sorted: UidList) {
    this.#sorting = sorting;
    this.#list = sorted;
    this.#members = new MailboxOrder(sorted.slice().sort());
  }

  has(uid: number): boolean {
    return this.#members.has(uid);
  }

  async remove(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]> {
    const [removed] = await this.#members.remove(uids, pace);
    if (removed === undefined) return [];
    const gone = new MailboxOrder(removed.uids);
    const list = this.#list;
    const left = new Uint32Array(list.length - removed.uids.length);
    const runs: Runs = new Runs();
    let length = 0;
    await inBlocks(list.length, pace, (at) => {
      const uid = list[at]!;
      // Each run is taken out after those before it.
      if (gone.has(uid)) runs.push(length + 1, uid);
      else left[length++] = uid;
    });
    this.#list = left;
    return runs.all;
  }

  async add(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]> {
    if (uids.length === 0) return [];
    const coming = uids.length * MANY > this.#list.length
      ? await this.#amongAll(uids, pace)
      : await this.#byComparing(uids, pace);
    const list = this.#list;
    const whole = new Uint32Array(list.length + coming.length);
    const runs = new Runs();
    let next = 0;
    let length = 0;
    await inBlocks(list.length + 1, pace, (at) => {
      // Each run is put in after those before it.
      const start = length + 1;
      for (; coming[next]?.before === at; next++) {
        const { uid } = coming[next]!;
        runs.push(start, uid);
        whole[length++] = uid;
      }
      if (at < list.length) whole[length++] = list[at]!;
    });
    this.#list = whole;
    const added = Uint32Array.from(coming, ({ uid }) => uid);
    await mergeSort(added, undefined, pace);
    await this.#members.add(added, pace);
    return runs.all;
  }

  /** Where messages belong, found out by putting all in order. Those that are there keep their places. */
  async #amongAll(uids: UidList, pace: Pace): Promise<readonly Coming[]> {
    const list = this.#list;
    const all = new Uint32Array(list.length + uids.length);
    all.set(list);
    all.set(uids, list.length);
    await mergeSort(all, undefined, pace);
    const sorted = await this.#sorting.sort(all, pace);
    const coming: Coming[] = [];
    let before = 0;
    await inBlocks(sorted.length, pace, (at) => {
      const uid = sorted[at]!;
      if (!this.has(uid)) return void coming.push({ uid, before });
      // Those that have gone stand where they stood.
      while (before < list.length && list[before] !== uid) before++;
      before++;
    });
    return coming;
  }

  /** The same by looking each up. */
  async #byComparing(uids: UidList, pace: Pace): Promise<readonly Coming[]> {
    const coming: Coming[] = [];
    let from = 0;
    for (const uid of await this.#sorting.sort(uids, pace)) {
      const before = await this.#placeOf(uid, from, pace);
      if (before === undefined) continue;
      coming.push({ uid, before });
      from = before;
    }
    return coming;
  }

  /** The first place from one on whose message comes behind another one; undefined when that has gone meanwhile. */
  async #placeOf(
    uid: number,
    from: number,
    pace: Pace,
  ): Promise<number | undefined> {
    const list = this.#list;
    const gone = new Set<number>();
    let low = from;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      let probe = middle;
      while (
        probe < high &&
        (gone.has(list[probe]!) || !this.#sorting.isThere(list[probe]!))
      ) probe++;
      if (probe === high) {
        high = middle;
        continue;
      }
      const other = list[probe]!;
      const pair = Uint32Array.of(Math.min(uid, other), Math.max(uid, other));
      const sorted = await this.#sorting.sort(pair, pace);
      if (!sorted.includes(uid)) return undefined;
      if (sorted.length === 1) gone.add(other);
      else if (sorted[0] === other) low = probe + 1;
      else high = middle;
    }
    return low;
  }
}

/** Results in their order, those together that have a position together. */
class Runs {
  readonly #runs: { position: number; uids: number[] }[] = [];

  push(position: number, uid: number): void {
    const last = this.#runs.at(-1);
    if (last?.position === position) last.uids.push(uid);
    else this.#runs.push({ position, uids: [uid] });
  }

  get all(): readonly PlacedResults[] {
    return this.#runs.map(({ position, uids }) => ({
      position,
      uids: Uint32Array.from(uids),
    }));
  }
}
