/**
 * Which thread a message belongs to (RFC 8474 § 5.2), by what it says of itself and of those before it.
 *
 * A thread's number follows from what names its first message, so that nearly all messages find theirs without looking
 * anything up: the first message by its own name, an answer that lists all before it by the first of them, in whatever
 * order they come, whoever appends them, and at the same time. Only an answer that names but the one it answers, or
 * none, goes by what has been noted of those before it: under the name of an answer its thread, under a subject the
 * thread that was about it last. Notes are a help and may get lost; a message keeps the thread that it has got.
 *
 * @module
 */

import type { ThreadClues } from "./model.ts";

const DAY = 86_400_000;
/** How long a subject stands for a thread, in days: an answer that names none is to something recent. */
const SUBJECT_DAYS = 30;
/** How long an answer's name is noted, in days. */
const ANSWER_DAYS = 1_000;
/** How many notes are kept of an account. */
export const MAX_NOTES = 3_400;

/** What is noted under a key. */
export interface ThreadNote {
  /** The thread. */
  readonly thread: number;
  /** The last day that it counts, in days since 1970. */
  readonly until: number;
}

/**
 * What is noted of the threads of an account; by it a storage gives each new message its thread.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ThreadNotes } from "@x/imapd";
 *
 * const notes = new ThreadNotes();
 * const about = { subject: "lunch", isReply: true };
 * const first = notes.assign({ ...about, id: "1@x", references: [] }, 1, 0);
 * const answer = { ...about, id: "2@x", references: ["1@x"] };
 * assertEquals(notes.assign(answer, 2, 0), first);
 * ```
 */
export class ThreadNotes {
  /** Those made last; when they are half of all, they take the place of those before. */
  #recent = new Map<number, ThreadNote>();
  #older: ReadonlyMap<number, ThreadNote> = new Map();
  /** How many notes have been made. */
  made = 0;

  /** All notes, the older ones first; of two under one key the second counts. */
  *[Symbol.iterator](): Generator<[number, ThreadNote], void> {
    yield* this.#older;
    yield* this.#recent;
  }

  /** Puts notes in front of those that are there. */
  restore(notes: Iterable<readonly [number, ThreadNote]>): void {
    const newer = [...this];
    this.#older = this.#recent = new Map();
    for (const [key, note] of notes) this.#put(key, note);
    for (const [key, note] of newer) this.#put(key, note);
  }

  /** The thread of a message, above 0; what others have to know of it is noted. */
  assign(
    clues: ThreadClues | undefined,
    content: number,
    now: number,
  ): number {
    const { id, references = [], subject = "", isReply = false } = clues ?? {};
    const today = Math.floor(now / DAY);
    const noted = (key: number): number | undefined => {
      const note = this.#recent.get(key) ?? this.#older.get(key);
      return note === undefined || note.until < today ? undefined : note.thread;
    };
    const own = id === undefined ? hash(`\0${content}`) : hash(id);
    const about = subject === "" ? undefined : hash(`\n${subject}`);
    let thread = own;
    if (references.length > 0) {
      const first = hash(references[0]!);
      thread = references.length > 1 ? first : noted(first) ?? first;
    } else if (isReply && about !== undefined) thread = noted(about) ?? own;
    if (thread !== own) this.#note(own, thread, today + ANSWER_DAYS);
    if (about !== undefined) this.#note(about, thread, today + SUBJECT_DAYS);
    return thread;
  }

  #note(key: number, thread: number, until: number): void {
    this.made++;
    this.#put(key, { thread, until });
  }

  #put(key: number, note: ThreadNote): void {
    if (this.#recent.size >= MAX_NOTES / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, note);
  }
}

/** Whether the thread of a message may depend on what is noted. */
export function asksNotes(clues: ThreadClues | undefined): boolean {
  if (clues === undefined) return false;
  const { references, subject, isReply } = clues;
  return references.length === 1 ||
    references.length === 0 && isReply && subject !== "";
}

/**
 * A number from 1 up to below 2^53, as good as unique among some millions. Who makes two strings that have the same
 * gains nothing: whoever sends a message can put it into any thread by naming it.
 */
function hash(text: string): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    high = high << 13 | high >>> 19;
    low = Math.imul(low ^ unit, 0x5f356495);
    low = low << 17 | low >>> 15;
  }
  const first = mix(high ^ Math.imul(low, 0xcc9e2d51));
  const second = mix(low ^ first);
  return (first & 0x1f_ffff) * 2 ** 32 + (second >>> 0) || 1;
}

/** Lets each bit of a number depend on each other one. */
function mix(value: number): number {
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return value ^ value >>> 16;
}
