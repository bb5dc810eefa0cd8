/**
 * What is known of one attribute of the messages of a mailbox, by UID: messages never change.
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";
import { mergeSort } from "./merge_sort.ts";
import type { MessageFacts } from "./message_facts.ts";
import { compareCodePoints } from "../unicode_casemap.ts";

/** What an entry takes, in bytes, and a string beside its code units. */
const ENTRY = 40, STRING = 64;

/** See the module's text. */
export interface Column {
  /** Of how many messages it is known. */
  readonly length: number;
  /** Whether it is known of a message. */
  has(uid: number): boolean;
  /** Notes it of a message. @returns how many bytes more that takes */
  note(uid: number, facts: MessageFacts): number;
}

/** Places of messages in an order. */
export interface Ranks {
  /** One for each message that was asked for, whole numbers from 0; equal messages have the same. */
  readonly ranks: Float64Array;
  /** None is higher. */
  readonly last: number;
}

/** A column of numbers. */
export class NumberColumn implements Column {
  readonly #values = new Map<number, number>();
  readonly #read: (facts: MessageFacts) => number;

  /** @param read what gives a whole number */
  constructor(read: (facts: MessageFacts) => number) {
    this.#read = read;
  }

  get length(): number {
    return this.#values.size;
  }

  has(uid: number): boolean {
    return this.#values.has(uid);
  }

  note(uid: number, facts: MessageFacts): number {
    this.#values.set(uid, this.#read(facts));
    return ENTRY;
  }

  /** The number of a message that is known. */
  valueOf(uid: number): number {
    return this.#values.get(uid)!;
  }
}

/** A column of strings, prepared for {@linkcode compareCodePoints}. */
export class TextColumn implements Column {
  /** Of each message the number of its string. */
  readonly #numbers = new Map<number, number>();
  readonly #numberOf = new Map<string, number>();
  readonly #texts: string[] = [];
  /** The rank of each string by its number, while no other has come. */
  #ranks: Float64Array | undefined;
  readonly #read: (facts: MessageFacts) => string;

  /** @param read what gives a prepared string */
  constructor(read: (facts: MessageFacts) => string) {
    this.#read = read;
  }

  get length(): number {
    return this.#numbers.size;
  }

  has(uid: number): boolean {
    return this.#numbers.has(uid);
  }

  note(uid: number, facts: MessageFacts): number {
    const text = this.#read(facts);
    let number = this.#numberOf.get(text);
    let bytes = ENTRY;
    if (number === undefined) {
      number = this.#texts.push(text) - 1;
      this.#numberOf.set(text, number);
      this.#ranks = undefined;
      bytes += STRING + 2 * text.length;
    }
    this.#numbers.set(uid, number);
    return bytes;
  }

  /** The number of the string of a message that is known: equal strings have the same. */
  numberOf(uid: number): number {
    return this.#numbers.get(uid)!;
  }

  /** The string of a number. */
  textOf(number: number): string {
    return this.#texts[number]!;
  }

  /** The order of messages that are known. */
  async ranksOf(uids: ArrayLike<number>, pace: Pace): Promise<Ranks> {
    while (this.#ranks === undefined) await this.#sort(pace);
    const byNumber = this.#ranks;
    const ranks = new Float64Array(uids.length);
    for (let at = 0; at < ranks.length; at++) {
      ranks[at] = byNumber[this.numberOf(uids[at]!)]!;
    }
    return { ranks, last: Math.max(0, byNumber.length - 1) };
  }

  async #sort(pace: Pace): Promise<void> {
    const texts = this.#texts;
    const { length } = texts;
    const order = new Uint32Array(length);
    for (let number = 0; number < length; number++) order[number] = number;
    const compare = (a: number, b: number) =>
      compareCodePoints(texts[a]!, texts[b]!);
    await mergeSort(order, compare, pace);
    // Others may have come meanwhile.
    if (texts.length > length) return;
    const ranks = new Float64Array(length);
    for (let rank = 0; rank < length; rank++) ranks[order[rank]!] = rank;
    this.#ranks = ranks;
  }
}
