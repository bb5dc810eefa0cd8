/**
 * A batch: the changes that go into one commit, and what they make of what they are about.
 *
 * @module
 */

import { keySize, type Write } from "./keys.ts";
import type { News } from "./relay/news.ts";

/** What a batch may hold. */
export const BATCH_LIMITS = {
  mutations: 900,
  bytes: 700_000,
  keyBytes: 70_000,
} as const;

/** Something in memory that stands for a value in the database: the head of a mailbox, of an account. */
export interface Subject<Draft> {
  /** Where the value is. */
  readonly key: Deno.KvKey;
  /** Of the value that is in memory; null when there is no value. */
  readonly versionstamp: string | null;
  /** Whether it has to be read again before it is used. */
  readonly stale: boolean;
  /** Says that the database may have something else. */
  invalidate(): void;
  /** Reads again. */
  catchUp(): Promise<void>;
  /** Follows a commit of another thread without reading; false when that cannot be. */
  hear?(news: News): boolean;
  /** The value's bytes; null when it is to go. */
  encode(draft: Draft): Uint8Array | null;
  /** The draft is in the database. */
  committed(draft: Draft, versionstamp: string): void;
}

/**
 * How a change uses something: its head alone, its messages too without altering them, altering them, or
 * all of it.
 */
export type Use = "head" | "read" | "alter" | "whole";

/** What a change is about, and how. */
export interface SubjectUse {
  /** What. */
  readonly subject: Subject<unknown>;
  /** How. */
  readonly as: Use;
}

/** A change to be committed. */
export interface Change<T> {
  /** Everything that the plan looks at; all of it is checked by the commit. */
  readonly uses: readonly SubjectUse[];
  /** Says what is to be written, seeing what the batch holds so far; throws to refuse. May run again. */
  plan(drafts: Drafts): Plan<T>;
}

/** Two changes of different subjects as one: both happen, or neither. */
export function together(a: Change<void>, b: Change<void>): Change<void> {
  return {
    uses: [...a.uses, ...b.uses],
    plan(drafts) {
      const [first, second] = [a.plan(drafts), b.plan(drafts)];
      return {
        writes: [...first.writes, ...second.writes],
        drafts: [...first.drafts, ...second.drafts],
        apply() {
          first.apply();
          second.apply();
        },
      };
    },
  };
}

/** What a change does. */
export interface Plan<T> {
  /** Writes apart from those of the drafts. */
  readonly writes: readonly Write[];
  /** Checks apart from those of the subjects. */
  readonly checks?: readonly Deno.AtomicCheck[];
  /** What becomes of the subjects. */
  readonly drafts: readonly SubjectDraft[];
  /** Does in memory what has been committed, and says what the result is. */
  apply(): T;
}

/** What becomes of a subject. */
export interface SubjectDraft {
  /** Which. */
  readonly subject: Subject<unknown>;
  /** What it becomes. */
  readonly draft: unknown;
}

/** A draft for a subject, with the types in agreement. */
export function draftOf<Draft>(
  subject: Subject<Draft>,
  draft: Draft,
): SubjectDraft {
  return { subject, draft };
}

/** How the changes so far leave things. */
export interface Drafts {
  /** What becomes of a subject by the changes so far; undefined when none has changed it. */
  get<Draft>(subject: Subject<Draft>): Draft | undefined;
}

/** See the module's text. */
export class Batch implements Drafts {
  readonly #maxChecks: number;
  #uses = new Map<Subject<unknown>, Use[]>();
  #blocked = new Set<Subject<unknown>>();
  #drafts = new Map<Subject<unknown>, unknown>();
  #writes: Write[] = [];
  #checks: Deno.AtomicCheck[] = [];
  #bytes = 0;
  #keyBytes = 0;

  /** An empty batch that may have so many checks. */
  constructor(maxChecks: number) {
    this.#maxChecks = maxChecks;
  }

  /** Whether nothing is in it. */
  get empty(): boolean {
    return this.#uses.size === 0;
  }

  /** All that the changes are about. */
  get subjects(): Iterable<Subject<unknown>> {
    return this.#uses.keys();
  }

  /** See {@linkcode Drafts.get}. */
  get<Draft>(subject: Subject<Draft>): Draft | undefined {
    return this.#drafts.get(subject) as Draft | undefined;
  }

  /** Whether a change can be planned beside those in the batch, and nothing before it waits. */
  admits(change: Change<unknown>): boolean {
    return change.uses.every(({ subject, as }) =>
      !this.#blocked.has(subject) &&
      (this.#uses.get(subject) ?? []).every((other) => agree(as, other))
    );
  }

  /** Keeps later changes about the same from overtaking one that has to wait. */
  block(change: Change<unknown>): void {
    for (const { subject } of change.uses) this.#blocked.add(subject);
  }

  /** Whether there is room for a change. */
  fits(change: Change<unknown>, plan: Plan<unknown>): boolean {
    const added = measure(plan.writes);
    const fresh = change.uses.filter((u) => !this.#uses.has(u.subject)).length;
    const subjects = this.#uses.size + fresh;
    const checks = subjects + this.#checks.length + (plan.checks?.length ?? 0);
    // A subject may yet be written: a head is small.
    return checks <= this.#maxChecks &&
      this.#writes.length + plan.writes.length + subjects <=
        BATCH_LIMITS.mutations &&
      this.#bytes + added.bytes + subjects * 400 <= BATCH_LIMITS.bytes &&
      this.#keyBytes + added.keyBytes + subjects * 300 <= BATCH_LIMITS.keyBytes;
  }

  /** Takes a change in. */
  add(change: Change<unknown>, plan: Plan<unknown>): void {
    for (const { subject, as } of change.uses) {
      const uses = this.#uses.get(subject);
      if (uses === undefined) this.#uses.set(subject, [as]);
      else uses.push(as);
    }
    for (const { subject, draft } of plan.drafts) {
      this.#drafts.set(subject, draft);
    }
    const added = measure(plan.writes);
    this.#bytes += added.bytes;
    this.#keyBytes += added.keyBytes;
    for (const write of plan.writes) this.#writes.push(write);
    if (plan.checks !== undefined) this.#checks.push(...plan.checks);
  }

  /** All that is to be checked and written. */
  finish(): { checks: Deno.AtomicCheck[]; writes: Write[] } {
    const checks = [...this.#uses.keys()].map(({ key, versionstamp }) => ({
      key,
      versionstamp,
    }));
    const heads = [...this.#drafts].map(([subject, draft]): Write => [
      subject.key,
      subject.encode(draft),
    ]);
    return {
      checks: [...checks, ...this.#checks],
      writes: [...this.#writes, ...heads],
    };
  }

  /** Tells what has been drafted that it is in the database. */
  committed(versionstamp: string): void {
    for (const [subject, draft] of this.#drafts) {
      subject.committed(draft, versionstamp);
    }
  }
}

/** Whether two changes may use one thing in one batch. */
function agree(a: Use, b: Use): boolean {
  if (a === "whole" || b === "whole") return false;
  if (a === "head" || b === "head") return true;
  return a === "read" && b === "read";
}

function measure(
  writes: readonly Write[],
): { bytes: number; keyBytes: number } {
  let bytes = 0;
  let keyBytes = 0;
  for (const [key, value] of writes) {
    keyBytes += keySize(key);
    bytes += value?.length ?? 0;
  }
  return { bytes: bytes + keyBytes, keyBytes };
}
