/**
 * Marks: by them a thread knows, without asking, whether another has written to what it has in memory.
 *
 * A mark is raised by every commit that writes one of its keys, before the commit is answered. Keys that share a slot
 * cost each other a needless read now and then, and nothing else.
 *
 * @module
 */

import type { Subject } from "../batch.ts";
import type { Freshness } from "../freshness.ts";
import { type SharedSlots, slotOf, slotOfSubject } from "./slots.ts";

/** The result of a commit that raised marks: those of its checks, in order, where they were raised. */
export interface MarkedResult extends Deno.KvCommitResult {
  /** What the marks became. */
  readonly marks: readonly (number | undefined)[];
}

/** See the module's text. */
export class Marks implements Freshness {
  readonly #marks: Int32Array;
  /** What the marks were when this thread knew the values last. */
  readonly #known = new WeakMap<Subject<unknown>, number>();

  /** The marks of all threads. */
  constructor(slots: SharedSlots) {
    this.#marks = slots.marks;
  }

  /** Raises the mark of a key; returns what it has become. */
  raise(key: Deno.KvKey): number {
    return (Atomics.add(this.#marks, slotOf(key), 1) + 1) | 0;
  }

  /** See {@linkcode Freshness.holds}. */
  holds(subject: Subject<unknown>): boolean {
    return !subject.stale && !this.moved(subject);
  }

  /** See {@linkcode Freshness.moved}. */
  moved(subject: Subject<unknown>): boolean {
    return this.#known.get(subject) !== this.#markOf(subject);
  }

  /** See {@linkcode Freshness.reading}. */
  reading(subject: Subject<unknown>): () => void {
    const mark = this.#markOf(subject);
    // Until then it is what it was at the mark before.
    return () => void this.#known.set(subject, mark);
  }

  /** See {@linkcode Freshness.followed}. */
  followed(subject: Subject<unknown>, mark: number): void {
    const known = this.#known.get(subject);
    // Marks wrap around.
    if (known === undefined || ((mark - known) | 0) > 0) {
      this.#known.set(subject, mark);
    }
  }

  /** See {@linkcode Freshness.committed}. */
  committed(
    subjects: Iterable<Subject<unknown>>,
    result: Deno.KvCommitResult,
  ): void {
    const { marks } = result as MarkedResult;
    let index = 0;
    for (const subject of subjects) {
      const mark = marks[index++];
      if (mark !== undefined) this.#known.set(subject, mark);
    }
  }

  #markOf(subject: Subject<unknown>): number {
    return Atomics.load(this.#marks, slotOfSubject(subject));
  }
}
