/**
 * The one write path: a group commit.
 *
 * A commit costs one flush to the disk however much it holds, and the database does not gather commits by
 * itself. So while a commit runs, changes gather here; then as many as fit go into the next one.
 *
 * A change is a plan that runs, all at once, when its batch is put together. It sees each thing that it is
 * about (a mailbox, an account) as the changes before it in the batch leave it, so that several appends to
 * one mailbox share a commit, each with its own UIDs and modseq. What a plan reads beyond that, such as the
 * messages, must not be altered by another change of the batch: then it waits for the next one. Whatever a
 * plan has seen is checked by its versionstamp when the batch is committed. After the commit, not before,
 * the changes are applied to what is in memory, in order.
 *
 * Where another process has written, the check fails: what moved is read again and each change tried anew,
 * by itself.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { StorageError } from "../model.ts";
import type { Write } from "./keys.ts";
import { Batch, type Change, type Plan, type Subject } from "./batch.ts";
import type { Freshness } from "./freshness.ts";
import { isLocked, pause, whileLocked } from "./locked.ts";
import type { Locks } from "./locks.ts";
import { Receipts } from "./receipt.ts";

/** What one change may take, so that it fits a batch with its heads. */
export const MAX_CHANGE_BYTES = 600_000;

const MAX_ATTEMPTS = 16;

interface Pending {
  readonly change: Change<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  /** Whether it is to be tried by itself. */
  alone: boolean;
}

/** How the committer stands to its database. */
export interface CommitterOptions {
  /** Checks that a commit may have: 10 is safe everywhere, a local file takes 100. */
  readonly maxChecks: number;
  /** Whether the database is over a network, where the answer to a commit may be lost. */
  readonly remote: boolean;
  /** What in memory is still what is in the database. */
  readonly freshness: Freshness;
  /** Turns at what is changed. */
  readonly locks: Locks;
  /** Told of failures that are nobody's refusal. */
  readonly onFault: (error: unknown) => void;
}

/** Commits changes in groups. One a database and process. */
export class Committer {
  readonly #kv: Deno.Kv;
  readonly #options: CommitterOptions;
  readonly #receipts: Receipts | undefined;
  #queue: Pending[] = [];
  #stale = new Set<Subject<unknown>>();
  #waiting = new Map<Subject<unknown>, PromiseWithResolvers<void>>();
  #running: Promise<void> | undefined;
  /** What is being read, and what is to be read after that. */
  readonly #reads = new Map<
    Subject<unknown>,
    { readonly running: Promise<void>; next: Promise<void> | undefined }
  >();
  /** What the commit under way is about. */
  #committing: ReadonlySet<Subject<unknown>> = new Set();
  /** What changes are about that wait until it has been read: whoever reads it by turns must not put them off. */
  readonly #wanted = new Set<Subject<unknown>>();

  /** Commits to this database. */
  constructor(kv: Deno.Kv, options: CommitterOptions) {
    this.#kv = kv;
    this.#options = options;
    this.#receipts = options.remote ? new Receipts(kv) : undefined;
  }

  /** Checks that changes may have together. */
  get maxChecks(): number {
    const { maxChecks } = this.#options;
    return this.#receipts === undefined ? maxChecks : maxChecks - 1;
  }

  /**
   * Plans and commits a change; settles when it is durable and applied.
   * @throws {StorageError} what the plan throws; UNAVAILABLE when the database does not take it
   */
  submit<T>(change: Change<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        change: change as Change<unknown>,
        resolve: resolve as (result: unknown) => void,
        reject,
        attempts: 0,
        alone: false,
      });
      this.#start();
    });
  }

  /**
   * Brings something in memory up to what is in the database; not while a commit of it is under way, or a change of it
   * is about to be planned.
   */
  refresh(subject: Subject<unknown>): Promise<void> {
    if (this.#committing.has(subject)) {
      // With its lock held nobody else changes it, and it was up to date when it was taken.
      if (this.#options.locks.exclusive) return Promise.resolve();
    } else if (!this.#wanted.has(subject)) return this.#read(subject);
    let waiting = this.#waiting.get(subject);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      this.#waiting.set(subject, waiting);
    }
    this.#stale.add(subject);
    this.#start();
    return waiting.promise;
  }

  /**
   * Writes what nothing refers to yet, such as the chunks of a large message, by itself.
   * @returns whether the checks held
   */
  async write(
    writes: readonly Write[],
    checks: readonly Deno.AtomicCheck[] = [],
  ): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    try {
      return await this.#attempt(checks, writes);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    for (;;) {
      const reads = [...this.#reads.values()].map(({ running }) => running);
      if (this.#running === undefined && reads.length === 0) return;
      await this.#running;
      await Promise.allSettled(reads);
    }
  }

  /** Ends when nothing is under way. */
  async close(): Promise<void> {
    await this.idle();
    await this.#receipts?.remove().catch(this.#options.onFault);
  }

  #start(): void {
    if (this.#running !== undefined) return;
    this.#running = Promise.resolve().then(() => this.#run()).finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0 || this.#stale.size > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 || this.#stale.size > 0) {
      if (this.#stale.size > 0) await this.#catchUp();
      // Those whom the last commit has answered may have something new at once: let it gather.
      await turn();
      const taken = this.#assemble();
      const { locks } = this.#options;
      if (taken.accepted.length > 0) {
        this.#committing = new Set(taken.batch.subjects);
        await this.#commit(taken);
        this.#committing = new Set();
      } else if (this.#stale.size > 0) {
        // What has to be read first is read with its locks held.
        continue;
      }
      locks.release();
      if (taken.accepted.length === 0 && this.#queue.length > 0) {
        await locks.wait();
      }
    }
  }

  /** Brings what may have moved up to date. What cannot be read fails the changes that need it. */
  async #catchUp(): Promise<void> {
    const stale = [...this.#stale];
    this.#stale.clear();
    await Promise.all(stale.map(async (subject) => {
      const waiting = this.#waiting.get(subject);
      this.#waiting.delete(subject);
      try {
        await this.#read(subject);
        waiting?.resolve();
      } catch (refusal) {
        waiting?.reject(refusal);
        this.#queue = this.#queue.filter((pending) => {
          const needs = pending.change.uses.some((u) => u.subject === subject);
          if (needs) pending.reject(refusal);
          return !needs;
        });
      }
    }));
  }

  /** Reads something after what has been called before: what is under way may have looked already. */
  #read(subject: Subject<unknown>): Promise<void> {
    const under = this.#reads.get(subject);
    if (under === undefined) return this.#beginRead(subject);
    under.next ??= under.running.catch(() => {})
      .then(() => this.#read(subject));
    return under.next;
  }

  #beginRead(subject: Subject<unknown>): Promise<void> {
    const read = async () => {
      try {
        const known = this.#options.freshness.reading(subject);
        await subject.catchUp();
        known();
      } catch (error) {
        subject.invalidate();
        throw unavailable(error);
      } finally {
        this.#reads.delete(subject);
      }
    };
    const running = read();
    this.#reads.set(subject, { running, next: undefined });
    return running;
  }

  /** Takes from the queue what goes into one commit, in order. */
  #assemble(): Assembled {
    const batch = new Batch(this.maxChecks);
    const accepted: Accepted[] = [];
    const left: Pending[] = [];
    let full = false;
    this.#wanted.clear();
    for (const [index, pending] of this.#queue.entries()) {
      if (full || (pending.alone && index > 0 && accepted.length > 0)) {
        full = true;
        left.push(pending);
        continue;
      }
      const outcome = this.#plan(batch, pending);
      if (outcome === "later") left.push(pending);
      else if (outcome === "full") {
        full = true;
        left.push(pending);
      } else if (outcome !== "done") {
        accepted.push({ pending, plan: outcome });
        full = pending.alone;
      }
    }
    this.#queue = left;
    return { batch, accepted };
  }

  #plan(
    batch: Batch,
    pending: Pending,
  ): Plan<unknown> | "later" | "full" | "done" {
    const { change } = pending;
    const subjects = change.uses.map(({ subject }) => subject);
    if (!this.#options.locks.take(subjects)) {
      batch.block(change);
      return "later";
    }
    const stale = change.uses.filter(({ subject }) =>
      subject.stale || this.#reads.has(subject) ||
      this.#options.freshness.moved(subject)
    );
    for (const { subject } of stale) this.#stale.add(subject);
    if (stale.length > 0) {
      for (const subject of subjects) this.#wanted.add(subject);
    }
    if (stale.length > 0 || !batch.admits(change)) {
      batch.block(change);
      return "later";
    }
    try {
      const plan = change.plan(batch);
      if (plan.writes.length === 0 && plan.drafts.length === 0) {
        pending.resolve(plan.apply());
        return "done";
      }
      if (!batch.fits(change, plan)) {
        if (!batch.empty) return "full";
        throw new Error(`A change does not fit a commit`);
      }
      batch.add(change, plan);
      return plan;
    } catch (error) {
      pending.reject(error);
      return "done";
    }
  }

  async #commit({ batch, accepted }: Assembled): Promise<void> {
    const { checks, writes } = batch.finish();
    let result: Deno.KvCommitResult | Deno.KvCommitError;
    try {
      result = this.#receipts === undefined
        ? await this.#attempt(checks, writes)
        : await this.#receipts.commit(
          checks,
          writes,
          (checks, writes) => this.#attempt(checks, writes),
        );
    } catch (error) {
      this.#failed(batch, accepted, error);
      return;
    }
    if (!result.ok) {
      await this.#conflict(batch, accepted);
      return;
    }
    batch.committed(result.versionstamp);
    this.#options.freshness.committed(batch.subjects, result);
    for (const { pending, plan } of accepted) {
      try {
        pending.resolve(plan.apply());
      } catch (error) {
        this.#options.onFault(error);
        pending.reject(error);
        for (const { subject } of pending.change.uses) subject.invalidate();
      }
    }
  }

  #attempt(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly Write[],
  ): Promise<Deno.KvCommitResult | Deno.KvCommitError> {
    return whileLocked(() => atomic(this.#kv, checks, writes).commit());
  }

  /** The database did not take the commit, or we cannot know: nothing in memory has changed. */
  #failed(batch: Batch, accepted: readonly Accepted[], error: unknown): void {
    this.#invalidate(batch);
    if (accepted.length > 1 && error instanceof TypeError && !isLocked(error)) {
      // One of them is not right in itself: find out which.
      this.#requeue(accepted);
      return;
    }
    this.#options.onFault(error);
    for (const { pending } of accepted) pending.reject(unavailable(error));
  }

  async #conflict(batch: Batch, accepted: readonly Accepted[]): Promise<void> {
    this.#invalidate(batch);
    const again = accepted.filter(({ pending }) => {
      if (++pending.attempts < MAX_ATTEMPTS) return true;
      pending.reject(
        new StorageError("UNAVAILABLE", "Others change the same too often"),
      );
      return false;
    });
    this.#requeue(again);
    const attempts = Math.max(0, ...again.map((a) => a.pending.attempts));
    if (attempts > 1) await pause(attempts, 40);
  }

  #invalidate(batch: Batch): void {
    for (const subject of batch.subjects) {
      subject.invalidate();
      this.#stale.add(subject);
    }
  }

  #requeue(accepted: readonly Accepted[]): void {
    for (const { pending } of accepted) pending.alone = true;
    this.#queue.unshift(...accepted.map(({ pending }) => pending));
  }
}

interface Accepted {
  readonly pending: Pending;
  readonly plan: Plan<unknown>;
}

interface Assembled {
  readonly batch: Batch;
  readonly accepted: readonly Accepted[];
}

function atomic(
  kv: Deno.Kv,
  checks: readonly Deno.AtomicCheck[],
  writes: readonly Write[],
): Deno.AtomicOperation {
  const operation = kv.atomic().check(...checks);
  for (const [key, value, options] of writes) {
    if (value === null) operation.delete(key);
    else operation.set(key, value, options);
  }
  return operation;
}

/** Lets everything else that can run do so once: some microseconds. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a user is told when the database fails; the cause is kept. */
export function unavailable(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const refusal = new StorageError(
    "UNAVAILABLE",
    "The storage cannot be reached or written",
  );
  refusal.cause = error;
  return refusal;
}
