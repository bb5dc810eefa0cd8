/**
 * Which messages have which contents, in columns: 24 bytes a message.
 *
 * @module
 */

import type { MailboxState } from "../../mailbox_state.ts";
import { lowerBound } from "../../uid_list.ts";

/** A message that has a content. */
export interface Reference {
  /** The mailbox that it is in. */
  readonly mailbox: number;
  /** Its UID. */
  readonly uid: number;
  /** `ContentId.number`. */
  readonly number: number;
  /** How large the source is, by what the mailbox says. */
  readonly size: number;
}

/** See the module's text. */
export class ContentReferences {
  #length = 0;
  #homes = new Uint32Array(1024);
  #numbers = new Float64Array(1024);
  #sizes = new Uint32Array(1024);
  #mailboxes = new Uint32Array(1024);
  #uids = new Uint32Array(1024);
  /** Places, by home and number; undefined while messages are added. */
  #sorted: Uint32Array | undefined;

  /** How many messages there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds the messages of a mailbox after a UID. */
  add(state: MailboxState, afterUid = 0): void {
    const from = lowerBound(state.uids, state.length, afterUid + 1);
    const count = state.length - from;
    this.#reserve(this.#length + count);
    const at = this.#length;
    this.#homes.set(state.contentHomes.subarray(from, state.length), at);
    this.#numbers.set(state.contentNumbers.subarray(from, state.length), at);
    this.#sizes.set(state.sizes.subarray(from, state.length), at);
    this.#uids.set(state.uids.subarray(from, state.length), at);
    this.#mailboxes.fill(state.id, at, at + count);
    this.#length += count;
    this.#sorted = undefined;
  }

  /** The homes of all contents. */
  homes(): Set<number> {
    return new Set(this.#homes.subarray(0, this.#length));
  }

  /** The messages whose contents have a home, by content. */
  of(home: number): Map<number, Reference[]> {
    const sorted = this.#sorted ??= this.#sort();
    const found = new Map<number, Reference[]>();
    for (let at = this.#firstOf(sorted, home); at < sorted.length; at++) {
      const place = sorted[at]!;
      if (this.#homes[place] !== home) break;
      const number = this.#numbers[place]!;
      const reference = {
        mailbox: this.#mailboxes[place]!,
        uid: this.#uids[place]!,
        number,
        size: this.#sizes[place]!,
      };
      const there = found.get(number);
      if (there === undefined) found.set(number, [reference]);
      else there.push(reference);
    }
    return found;
  }

  #sort(): Uint32Array {
    const homes = this.#homes;
    return Uint32Array.from({ length: this.#length }, (_, place) => place)
      .sort((a, b) => homes[a]! - homes[b]!);
  }

  #firstOf(sorted: Uint32Array, home: number): number {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#homes[sorted[middle]!]! < home) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#numbers.length) return;
    const room = Math.max(capacity, this.#numbers.length * 2);
    const grown = <T extends Uint32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#homes = grown(new Uint32Array(room), this.#homes);
    this.#numbers = grown(new Float64Array(room), this.#numbers);
    this.#sizes = grown(new Uint32Array(room), this.#sizes);
    this.#mailboxes = grown(new Uint32Array(room), this.#mailboxes);
    this.#uids = grown(new Uint32Array(room), this.#uids);
  }
}
