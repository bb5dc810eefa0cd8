/**
 * Locks in memory that all threads see. They are there for speed alone: what a commit has planned is checked by the
 * database all the same.
 *
 * Whoever gives a lock back that others wait for lets one of them go first.
 *
 * @module
 */

import type { Subject } from "../batch.ts";
import type { Locks } from "../locks.ts";
import { type SharedSlots, slotOfSubject } from "./slots.ts";

/** Of a lock: who has it, 0 for nobody; whether somebody waits; who had it last and lets others go first. */
const HOLDER = 0x7fff, WANTED = 0x8000, LAST_SHIFT = 16;
/** For how long others may go first, and how long to wait before looking again, in milliseconds. */
const COURTESY = 2, PATIENCE = 5;

/** See the module's text. */
export class SharedLocks implements Locks {
  /** See {@linkcode Locks.exclusive}. */
  readonly exclusive = true;
  readonly #locks: Int32Array;
  readonly #thread: number;
  readonly #held = new Set<number>();
  /** Until when others may go first. */
  readonly #courtesy = new Map<number, number>();
  #contended = 0;

  /** The locks of all threads. */
  constructor({ locks, thread }: SharedSlots) {
    this.#locks = locks;
    this.#thread = thread;
  }

  /** See {@linkcode Locks.take}. */
  take(subjects: Iterable<Subject<unknown>>): boolean {
    const taken: number[] = [];
    for (const subject of subjects) {
      const slot = slotOfSubject(subject);
      if (this.#held.has(slot)) continue;
      if (!this.#takeOne(slot)) {
        this.#contended = slot;
        for (const one of taken) this.#giveBack(one);
        return false;
      }
      this.#held.add(slot);
      taken.push(slot);
    }
    return true;
  }

  /** See {@linkcode Locks.release}. */
  release(): void {
    for (const slot of this.#held) this.#giveBack(slot);
  }

  /** Gives back what a thread has that is gone. */
  free(thread: number): void {
    for (let slot = 0; slot < this.#locks.length; slot++) {
      let now = Atomics.load(this.#locks, slot);
      while ((now & HOLDER) === thread) {
        Atomics.compareExchange(this.#locks, slot, now, 0);
        Atomics.notify(this.#locks, slot);
        now = Atomics.load(this.#locks, slot);
      }
    }
  }

  /** See {@linkcode Locks.wait}. */
  async wait(): Promise<void> {
    const slot = this.#contended;
    const now = Atomics.load(this.#locks, slot);
    // Free, and ours as soon as nobody else wants it.
    const time = (now & HOLDER) === 0 ? COURTESY : PATIENCE;
    const { value } = Atomics.waitAsync(this.#locks, slot, now, time);
    // The engine's own clock keeps no process alive.
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    await Promise.race([value, promise]);
    clearTimeout(timer);
  }

  #takeOne(slot: number): boolean {
    for (;;) {
      const now = Atomics.load(this.#locks, slot);
      if ((now & HOLDER) !== 0) {
        const wanted = now | WANTED;
        if (Atomics.compareExchange(this.#locks, slot, now, wanted) === now) {
          return false;
        }
      } else if (this.#letsOthersGo(slot, now)) return false;
      else if (
        Atomics.compareExchange(this.#locks, slot, now, this.#thread) === now
      ) {
        this.#courtesy.delete(slot);
        return true;
      }
    }
  }

  #letsOthersGo(slot: number, now: number): boolean {
    if (now >>> LAST_SHIFT !== this.#thread) return false;
    return performance.now() < (this.#courtesy.get(slot) ?? 0);
  }

  #giveBack(slot: number): void {
    this.#held.delete(slot);
    for (;;) {
      const now = Atomics.load(this.#locks, slot);
      // This thread was taken for gone.
      if ((now & HOLDER) !== this.#thread) return;
      const wanted = (now & WANTED) !== 0;
      const next = wanted ? this.#thread << LAST_SHIFT : 0;
      if (Atomics.compareExchange(this.#locks, slot, now, next) !== now) {
        continue;
      }
      if (wanted) {
        this.#courtesy.set(slot, performance.now() + COURTESY);
        Atomics.notify(this.#locks, slot);
      }
      return;
    }
  }
}
