/**
 * What is known of one attribute of the messages of a mailbox, by UID: messages never change.
 *
 * @module
 */

import { inBlocks, type Pace } from "../../../storage/pace.ts";
import { compareCodePoints } from "../unicode_casemap.ts";
import { mergeSort } from "./merge_sort.ts";
import type { MessageFacts } from "./message_facts.ts";
import { StringNumbers } from "./string_numbers.ts";
import { UidNumbers } from "./uid_numbers.ts";

/** See the module's text. */
export interface Column {
  /** Of how many messages it is known. */
  readonly length: number;
  /** Whether it is known of a message. */
  has(uid: number): boolean;
  /** Notes it of a message. @returns how many bytes more that takes */
  note(uid: number, facts: MessageFacts): number;
}

/** A column by which messages can be put in order. */
export interface RankedColumn extends Column {
  /** The order of messages that are known. */
  ranksOf(uids: ArrayLike<number>, pace: Pace): Promise<Ranks>;
}

/** Places of messages in an order. */
export interface Ranks {
  /** One for each message that was asked for, whole numbers from 0; equal messages have the same. */
  readonly ranks: Float64Array;
  /** None is higher. */
  readonly last: number;
}

/** A column of numbers. */
export class NumberColumn implements RankedColumn {
  readonly #values = new UidNumbers();
  readonly #read: (facts: MessageFacts) => number;

  /** @param read what gives a whole number */
  constructor(read: (facts: MessageFacts) => number) {
    this.#read = read;
  }

  get length(): number {
    return this.#values.size;
  }

  has(uid: number): boolean {
    return !Number.isNaN(this.#values.get(uid));
  }

  note(uid: number, facts: MessageFacts): number {
    return this.#values.set(uid, this.#read(facts));
  }

  /** The number of a message that is known. */
  valueOf(uid: number): number {
    return this.#values.get(uid);
  }

  ranksOf(uids: ArrayLike<number>, pace: Pace): Promise<Ranks> {
    return ranksOfValues(uids.length, (at) => this.valueOf(uids[at]!), pace);
  }
}

/**
 * The order of numbers, each less by the least of them.
 * @param valueOf asked for one after the other
 */
export async function ranksOfValues(
  length: number,
  valueOf: (at: number) => number,
  pace: Pace,
): Promise<Ranks> {
  const ranks = new Float64Array(length);
  let least = Infinity;
  let most = -Infinity;
  await inBlocks(length, pace, (at) => {
    const value = valueOf(at);
    ranks[at] = value;
    if (value < least) least = value;
    if (value > most) most = value;
  });
  await inBlocks(length, pace, (at) => void (ranks[at]! -= least));
  return { ranks, last: length === 0 ? 0 : most - least };
}

/** A column of strings, prepared for {@linkcode compareCodePoints}. */
export class TextColumn implements RankedColumn {
  /** Of each message the number of its string. */
  readonly #numbers = new UidNumbers();
  readonly #numberOf = new StringNumbers();
  readonly #texts: string[] = [];
  /** Numbers of strings in their order: of the first that came, as many as were there when it was last asked for. */
  #order = new Uint32Array(0);
  /** The rank of each of these strings by its number. */
  #ranks = new Float64Array(0);
  readonly #read: (facts: MessageFacts) => string;

  /** @param read what gives a prepared string */
  constructor(read: (facts: MessageFacts) => string) {
    this.#read = read;
  }

  get length(): number {
    return this.#numbers.size;
  }

  has(uid: number): boolean {
    return !Number.isNaN(this.#numbers.get(uid));
  }

  note(uid: number, facts: MessageFacts): number {
    const text = this.#read(facts);
    const { bytes } = this.#numberOf;
    let number = this.#numberOf.get(text);
    if (number === undefined) {
      number = this.#numberOf.add(text);
      this.#texts.push(text);
    }
    return this.#numberOf.bytes - bytes + this.#numbers.set(uid, number);
  }

  /** The number of the string of a message that is known: equal strings have the same. */
  numberOf(uid: number): number {
    return this.#numbers.get(uid);
  }

  /** The string of a number. */
  textOf(number: number): string {
    return this.#texts[number]!;
  }

  async ranksOf(uids: ArrayLike<number>, pace: Pace): Promise<Ranks> {
    const byNumber = await this.#ranked(pace);
    const ranks = new Float64Array(uids.length);
    await inBlocks(ranks.length, pace, (at) => {
      ranks[at] = byNumber[this.numberOf(uids[at]!)]!;
    });
    return { ranks, last: Math.max(0, byNumber.length - 1) };
  }

  /** The ranks of all strings that are there now, at the least. */
  async #ranked(pace: Pace): Promise<Float64Array> {
    const { length } = this.#texts;
    if (this.#ranks.length >= length) return this.#ranks;
    const texts = this.#texts;
    const compare = (a: number, b: number) =>
      compareCodePoints(texts[a]!, texts[b]!);
    const known = this.#order;
    const added = new Uint32Array(length - known.length);
    for (let at = 0; at < added.length; at++) added[at] = known.length + at;
    await mergeSort(added, compare, pace);
    const order = await inserted(known, added, compare, pace);
    const ranks = new Float64Array(length);
    await inBlocks(length, pace, (rank) => void (ranks[order[rank]!] = rank));
    // Another command may have come to know more meanwhile.
    if (this.#ranks.length < length) {
      this.#order = order;
      this.#ranks = ranks;
    }
    return ranks;
  }
}

/** Sorted numbers with others, sorted as well, put among them. */
async function inserted(
  list: Uint32Array,
  others: Uint32Array,
  compare: (a: number, b: number) => number,
  pace: Pace,
): Promise<Uint32Array<ArrayBuffer>> {
  const whole = new Uint32Array(list.length + others.length);
  let from = 0;
  for (let at = 0; at < others.length; at++) {
    if (pace.due) await pace.rest();
    const other = others[at]!;
    let low = from;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(list[middle]!, other) < 0) low = middle + 1;
      else high = middle;
    }
    whole.set(list.subarray(from, low), from + at);
    whole[low + at] = other;
    from = low;
  }
  whole.set(list.subarray(from), from + others.length);
  return whole;
}
