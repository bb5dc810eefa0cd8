/**
 * What RFC 1939 lets a client know of its maildrop, and the laws that every answer has to keep.
 *
 * @module
 */

import { must, type World } from "../../testing/sessions/world.ts";

/** What a client knows of a message. */
interface Known {
  uid?: number;
  size?: number;
  token?: string;
}

/** One session's picture of its maildrop, by message number. */
export class PopModel {
  readonly #world: World;
  readonly #messages = new Map<number, Known>();
  readonly #marked = new Set<number>();
  readonly #gone = new Set<number>();
  /** UIDVALIDITY, once a unique-id has told it. */
  uidValidity = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The numbers that the client has heard of. */
  get numbers(): number[] {
    return [...this.#messages.keys()].sort((a, b) => a - b);
  }

  /** The UIDs of the messages that are marked. */
  get marked(): number[] {
    return [...this.#marked].map((number) => this.#messages.get(number)!.uid!);
  }

  /** A message has been answered for. */
  isThere(number: number): void {
    must(!this.#marked.has(number), `Message ${number} is marked`);
    must(!this.#gone.has(number), `Message ${number} had gone`);
  }

  /** A message has been refused: it is marked, or somebody has removed it; or there has never been one. */
  isNot(number: number): void {
    if (this.#marked.has(number)) return;
    const uid = this.#messages.get(number)?.uid;
    if (uid === undefined) return;
    this.#gone.add(number);
  }

  /** These and no others have been listed. */
  listed(numbers: readonly number[]): void {
    const there = new Set(numbers);
    must(there.size === numbers.length, "A number is listed twice");
    const ascending = numbers.every((n, at) =>
      at === 0 || numbers[at - 1]! < n
    );
    must(ascending, "Numbers do not ascend");
    for (const number of numbers) this.isThere(number);
    for (const number of this.numbers) {
      if (!there.has(number)) this.isNot(number);
    }
  }

  /** A size: always the same. */
  learnSize(number: number, size: number): void {
    const known = this.#known(number);
    known.size ??= size;
    must(
      known.size === size,
      `Message ${number}: ${known.size}, ${size} octets`,
    );
  }

  /** A unique-id: always the same, and in the order of the numbers. */
  learnId(number: number, id: string): void {
    must(/^[!-~]{1,70}$/.test(id), `${id} is no unique-id`);
    const uid = parseInt(id.slice(0, 8), 16);
    const uidValidity = parseInt(id.slice(8), 16);
    this.uidValidity ||= uidValidity;
    must(this.uidValidity === uidValidity, "UIDVALIDITY has changed");
    const known = this.#known(number);
    known.uid ??= uid;
    must(known.uid === uid, `Message ${number} is UID ${known.uid} and ${uid}`);
    for (const [other, { uid: theirs = NaN }] of this.#messages) {
      must(!(other < number && theirs >= uid), "UIDs do not ascend");
      must(!(other > number && theirs <= uid), "UIDs do not ascend");
    }
    this.#compare(known);
  }

  /** What a message says: always the same, and what its UID says. */
  learnToken(number: number, token: string): void {
    const known = this.#known(number);
    known.token ??= token;
    must(known.token === token, `Message ${number}: ${known.token}, ${token}`);
    this.#compare(known);
  }

  /**
   * Somebody has asked for all that has gone to be removed. To be called when all clients are done: one that
   * pipelines knows only later that its EXPUNGE was next.
   */
  checkGone(): void {
    for (const number of this.#gone) {
      const { uid } = this.#messages.get(number)!;
      this.#world.isRemoved(this.uidValidity, uid!);
    }
  }

  /** A message is marked. */
  marks(number: number): void {
    this.isThere(number);
    this.#marked.add(number);
  }

  /** Nothing is marked. */
  reset(): void {
    this.#marked.clear();
  }

  #known(number: number): Known {
    let known = this.#messages.get(number);
    if (known === undefined) this.#messages.set(number, known = {});
    return known;
  }

  #compare({ uid, token }: Known): void {
    if (uid === undefined || token === undefined) return;
    this.#world.hasContent(this.uidValidity, uid, token);
  }
}
