/**
 * The memory that all threads on a database see: for each slot, which keys are hashed to, a mark and a lock.
 *
 * @module
 */

import type { Subject } from "../batch.ts";

const SLOTS = 65_536;
/** What a lock has room for. */
const MAX_THREADS = 0x7fff;

/** See the module's text. */
export class SharedSlots {
  /** What is handed to other threads. */
  readonly memory: SharedArrayBuffer;
  /** Raised by every commit that writes one of a slot's keys. */
  readonly marks: Int32Array;
  /** Who has a slot. */
  readonly locks: Int32Array;
  /** Which of the threads this one is, from 1 on. */
  readonly thread: number;
  #threads = 1;

  /** New memory; or that of the first thread, and the number that it has given. */
  constructor(memory = new SharedArrayBuffer(2 * SLOTS * 4), thread = 1) {
    this.memory = memory;
    this.marks = new Int32Array(memory, 0, SLOTS);
    this.locks = new Int32Array(memory, SLOTS * 4, SLOTS);
    this.thread = thread;
  }

  /** The first thread gives another its number. @throws {Error} when there have been too many */
  addThread(): number {
    if (this.#threads === MAX_THREADS) {
      throw new Error(`More than ${MAX_THREADS} threads since the start`);
    }
    return ++this.#threads;
  }
}

const known = new WeakMap<Subject<unknown>, number>();

/** The slot of a subject's key. */
export function slotOfSubject(subject: Subject<unknown>): number {
  let slot = known.get(subject);
  if (slot === undefined) {
    slot = slotOf(subject.key);
    known.set(subject, slot);
  }
  return slot;
}

/** The slot of a key: FNV-1a over its parts. */
export function slotOf(key: Deno.KvKey): number {
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
