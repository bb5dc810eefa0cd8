/**
 * The results of a search that its client is told the changes of (RFC 5267 § 4.3), in the order that it asked for.
 *
 * @module
 */

import { lowerBound } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";

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

/** What comes of a change. */
type Placed = readonly PlacedResults[] | Promise<readonly PlacedResults[]>;

/** See the module's text. What a client does with what is returned, piece by piece, leaves it with the same list. */
export interface ResultList {
  /** Whether a message is among the results. */
  has(uid: number): boolean;
  /**
   * Takes results out.
   * @param uids ascending; others are passed over
   */
  remove(uids: UidList): Placed;
  /**
   * Puts results in.
   * @param uids ascending, none of them there; one that goes from the mailbox meanwhile may be left out
   */
  add(uids: UidList): Placed;
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
    return this.#uids[this.#placeOf(uid)] === uid;
  }

  remove(uids: UidList): readonly PlacedResults[] {
    const there = uids.filter((uid) => this.has(uid));
    if (there.length === 0) return [];
    let to = this.#placeOf(there[0]!);
    let from = to;
    for (const uid of there) {
      const place = this.#placeOf(uid, from);
      this.#uids.copyWithin(to, from, place);
      to += place - from;
      from = place + 1;
    }
    this.#uids.copyWithin(to, from, this.#length);
    to += this.#length - from;
    this.#uids.fill(0, to, this.#length);
    this.#length = to;
    return [{ position: 0, uids: there }];
  }

  add(uids: UidList): readonly PlacedResults[] {
    if (uids.length === 0) return [];
    const length = this.#length + uids.length;
    if (length > this.#uids.length) {
      const grown = new Uint32Array(Math.ceil(length * 1.25));
      grown.set(this.#uids.subarray(0, this.#length));
      this.#uids = grown;
    }
    // From the end, so that each moves once; what comes is mostly new and so behind all others.
    let end = this.#length;
    for (let left = uids.length; left > 0; left--) {
      const uid = uids[left - 1]!;
      const place = lowerBound(this.#uids, end, uid);
      this.#uids.copyWithin(place + left, place, end);
      this.#uids[place + left - 1] = uid;
      end = place;
    }
    this.#length = length;
    return [{ position: 0, uids }];
  }

  #placeOf(uid: number, from = 0): number {
    return from +
      lowerBound(this.#uids.subarray(from), this.#length - from, uid);
  }
}
