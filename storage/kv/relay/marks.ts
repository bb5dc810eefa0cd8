/**
 * Memory that all threads of a process see: by it a thread knows, without asking, whether another has written to
 * what it has in memory.
 *
 * Keys are hashed to slots, each a number that is raised by every commit that writes one of its keys, before the
 * commit is answered. Keys that share a slot cost each other a needless read now and then, and nothing else.
 *
 * @module
 */

import type { Subject } from "../batch.ts";
import type { Freshness } from "../freshness.ts";

const SLOTS = 65_536;

/** The result of a commit that raised marks: those of its checks, in order, where they were raised. */
export interface MarkedResult extends Deno.KvCommitResult {
  /** What the marks became. */
  readonly marks: readonly (number | undefined)[];
}

/** See the module's text. */
export class Marks implements Freshness {
  /** What is handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #slots: Int32Array;
  /** What the marks were when this thread knew the value last. */
  readonly #known = new WeakMap<
    Subject<unknown>,
    { readonly slot: number; mark: number | undefined }
  >();

  /** Marks in the memory of another thread, or in new memory. */
  constructor(memory = new SharedArrayBuffer(SLOTS * 4)) {
    this.memory = memory;
    this.#slots = new Int32Array(memory);
  }

  /** Raises the mark of a key; returns what it has become. */
  raise(key: Deno.KvKey): number {
    return (Atomics.add(this.#slots, slotOf(key), 1) + 1) | 0;
  }

  /** See {@linkcode Freshness.holds}. */
  holds(subject: Subject<unknown>): boolean {
    return !subject.stale && !this.moved(subject);
  }

  /** See {@linkcode Freshness.moved}. */
  moved(subject: Subject<unknown>): boolean {
    const { slot, mark } = this.#of(subject);
    return mark !== Atomics.load(this.#slots, slot);
  }

  /** See {@linkcode Freshness.reading}. */
  reading(subject: Subject<unknown>): () => void {
    const known = this.#of(subject);
    const mark = Atomics.load(this.#slots, known.slot);
    // Until then it is what it was at the mark before.
    return () => void (known.mark = mark);
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
      if (mark !== undefined) this.#of(subject).mark = mark;
    }
  }

  #of(subject: Subject<unknown>): { slot: number; mark: number | undefined } {
    let known = this.#known.get(subject);
    if (known === undefined) {
      known = { slot: slotOf(subject.key), mark: undefined };
      this.#known.set(subject, known);
    }
    return known;
  }
}

/** FNV-1a over the parts of a key. */
function slotOf(key: Deno.KvKey): number {
  let hash = 0x811c9dc5;
  for (const part of key) {
    const text = String(part);
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x100, 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & (SLOTS - 1);
}
