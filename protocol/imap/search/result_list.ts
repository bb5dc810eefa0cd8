/**
 * The results of a search that its client is told the changes of (RFC 5267 § 4.3), in the order that it asked for.
 *
 * @module
 */

import { lowerBound } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, type Pace } from "../../../storage/pace.ts";
import { UidBuffer } from "./uid_buffer.ts";

/** Results that come or go together. */
export interface PlacedResults {
  /**
   * The context position: where the first of them is put in, or stands when they are taken out, from 1; 0 where the
   * order is the mailbox's and the client finds the places (RFC 5267 § 4.3.3, § 4.3.4).
   */
  readonly position: number;
  /** The results, in their order. */
  readonly uids: UidList;
}

/**
 * See the module's text. What a client does with what is returned, piece by piece, leaves it with the same list. No two
 * changes are made at once.
 */
export interface ResultList {
  /** Whether a message is among the results. */
  has(uid: number): boolean;
  /**
   * Takes results out.
   * @param uids ascending; others are passed over
   */
  remove(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]>;
  /**
   * Puts results in.
   * @param uids ascending, none of them there; one that goes from the mailbox meanwhile may be left out
   */
  add(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]>;
}

/** Results in the order of the mailbox, as those of SEARCH are: a set of UIDs, ascending. */
export class MailboxOrder implements ResultList {
  #uids: Uint32Array;
  #length: number;

  /** @param uids the results at first, ascending */
  constructor(uids: UidList) {
    this.#uids = uids.slice();
    this.#length = uids.length;
  }

  has(uid: number): boolean {
    const place = lowerBound(this.#uids, this.#length, uid);
    return place < this.#length && this.#uids[place] === uid;
  }

  async remove(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]> {
    const removed = new UidBuffer(uids.length);
    const list = this.#uids;
    let from = 0;
    let to = 0;
    await inBlocks(uids.length, pace, (at) => {
      const uid = uids[at]!;
      const place = this.#placeOf(uid, from);
      if (place === this.#length || list[place] !== uid) return;
      if (to < from) list.copyWithin(to, from, place);
      to += place - from;
      from = place + 1;
      removed.push(uid);
    });
    list.copyWithin(to, from, this.#length);
    this.#length -= from - to;
    const gone = removed.take();
    return gone.length === 0 ? [] : [{ position: 0, uids: gone }];
  }

  async add(uids: UidList, pace: Pace): Promise<readonly PlacedResults[]> {
    if (uids.length === 0) return [];
    const length = this.#length + uids.length;
    if (length > this.#uids.length) {
      const grown = new Uint32Array(Math.ceil(length * 1.25));
      grown.set(this.#uids.subarray(0, this.#length));
      this.#uids = grown;
    }
    // From the end, so that each moves once; what comes is mostly new and so behind all others.
    const list = this.#uids;
    let end = this.#length;
    await inBlocks(uids.length, pace, (at) => {
      const left = uids.length - at;
      const uid = uids[left - 1]!;
      const place = lowerBound(list, end, uid);
      list.copyWithin(place + left, place, end);
      list[place + left - 1] = uid;
      end = place;
    });
    this.#length = length;
    return [{ position: 0, uids }];
  }

  #placeOf(uid: number, from: number): number {
    return from +
      lowerBound(this.#uids.subarray(from), this.#length - from, uid);
  }
}
