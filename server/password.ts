/**
 * Password hashing by argon2id, off the main thread.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { StorageError } from "../storage/model.ts";
import {
  formatPasswordRecord,
  type HashCost,
  parsePasswordRecord,
  type PasswordRecord,
} from "./password_record.ts";
import { logger } from "./log.ts";
import type { HashJob } from "./password_hash.ts";
import type { HashAnswer, ThreadName } from "./password_worker.ts";

/** 19 MiB and two passes: what OWASP asks for at the least, some 80 ms of one core. */
export const DEFAULT_COST: HashCost = {
  memory: 19_456,
  iterations: 2,
  parallelism: 1,
};
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;
const THREAD_NAME: ThreadName = "imapd passwords";

/** How a {@linkcode PasswordHasher} works. */
export interface PasswordHasherOptions {
  /** The cost of new hashes, and of a check against no hash at all. Default {@linkcode DEFAULT_COST}. */
  readonly cost?: HashCost;
  /** Threads at the most; they start when there is work. Default 1. */
  readonly workers?: number;
  /** Passwords that may wait for a thread; the next is turned away. Default 1,000. */
  readonly maxWaiting?: number;
  /** How long a thread without work stays, in milliseconds. Default 30,000. */
  readonly idleTime?: number;
}

interface Waiting {
  readonly job: HashJob;
  readonly resolve: (hash: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  busy: Waiting | undefined;
  /** Whether it has answered: one that never does cannot start here. */
  proven: boolean;
}

/** A pool of threads that hash. Threads keep a process alive until they are idle or the pool is closed. */
export class PasswordHasher implements Disposable {
  readonly #cost: HashCost;
  readonly #maxThreads: number;
  readonly #maxWaiting: number;
  readonly #idleTime: number;
  readonly #threads: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  /** Stands in for the record of a user that is not there. */
  readonly #nobody: PasswordRecord;
  /** Whether no thread can start: the program may not read its file, or does not have it. */
  #threadless = false;
  #computingHere = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** A pool without threads yet. */
  constructor(options: PasswordHasherOptions = {}) {
    this.#cost = options.cost ?? DEFAULT_COST;
    this.#maxThreads = options.workers ?? 1;
    this.#maxWaiting = options.maxWaiting ?? 1_000;
    this.#idleTime = options.idleTime ?? 30_000;
    this.#nobody = {
      ...this.#cost,
      salt: crypto.getRandomValues(new Uint8Array(SALT_LENGTH)),
      hash: crypto.getRandomValues(new Uint8Array(HASH_LENGTH)),
    };
  }

  /** Hashes a password with a new salt; returns a PHC string. */
  async hash(password: string): Promise<string> {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
    const record = { ...this.#cost, salt, hash: new Uint8Array(HASH_LENGTH) };
    const hash = await this.#compute(password, record);
    return formatPasswordRecord({ ...record, hash });
  }

  /**
   * Says whether a password is that of a PHC string. Without one, or with text that is none, it takes as
   * long and says no.
   * @throws {StorageError} UNAVAILABLE when too many wait
   */
  async verify(password: string, phc: string | undefined): Promise<boolean> {
    const known = phc === undefined ? undefined : parsePasswordRecord(phc);
    const record = known ?? this.#nobody;
    const hash = await this.#compute(password, record);
    return timingSafeEqual(hash, record.hash) && known !== undefined;
  }

  /** Ends the threads; what waits is rejected. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    const gone = new Error("The password hasher is closed");
    for (const thread of this.#threads.splice(0)) {
      thread.worker.terminate();
      thread.busy?.reject(gone);
    }
    for (const waiting of this.#waiting.splice(0)) waiting.reject(gone);
  }

  /** The same as {@linkcode PasswordHasher.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #compute(password: string, record: PasswordRecord): Promise<Uint8Array> {
    if (this.#closed) throw new Error("The password hasher is closed");
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new StorageError("UNAVAILABLE", "Too many logins are waiting");
    }
    const job: HashJob = {
      password: new TextEncoder().encode(password),
      salt: record.salt,
      memory: record.memory,
      iterations: record.iterations,
      parallelism: record.parallelism,
      length: record.hash.length,
    };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    clearTimeout(this.#idleTimer);
    if (this.#threadless) return void this.#computeHere();
    while (this.#waiting.length > 0) {
      let thread = this.#threads.find(({ busy }) => busy === undefined);
      if (thread === undefined) {
        if (this.#threads.length >= this.#maxThreads) return;
        thread = this.#start();
      }
      thread.busy = this.#waiting.shift()!;
      thread.worker.postMessage(thread.busy.job);
    }
    if (this.#threads.every(({ busy }) => busy === undefined)) {
      this.#idleTimer = setTimeout(() => this.#rest(), this.#idleTime);
    }
  }

  #start(): Thread {
    const url = new URL("./password_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module", name: THREAD_NAME });
    const thread: Thread = { worker, busy: undefined, proven: false };
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      const done = thread.busy;
      thread.busy = undefined;
      thread.proven = true;
      if (data.hash !== undefined) done?.resolve(data.hash);
      else done?.reject(new Error(`Hashing failed: ${data.error}`));
      this.#dispatch();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      if (thread.proven) {
        thread.busy?.reject(new Error(`Hashing failed: ${event.message}`));
      } else {
        this.#goThreadless(event.message);
        if (thread.busy !== undefined) this.#waiting.unshift(thread.busy);
      }
      if (!this.#closed) this.#dispatch();
    };
    this.#threads.push(thread);
    return thread;
  }

  /** Without threads a login holds everybody up, which is better than no login. */
  #goThreadless(reason: string): void {
    if (this.#threadless) return;
    this.#threadless = true;
    logger("passwords").warn(
      "no thread can be started, passwords are hashed on the main one",
      { reason },
    );
  }

  async #computeHere(): Promise<void> {
    if (this.#computingHere) return;
    this.#computingHere = true;
    // By this import the thread's file is a part of the program, and so in what a cache, a lock file or a
    // compiled program has of it: none of them understands `new Worker`.
    const { computeHash } = await import("./password_worker.ts");
    for (
      let next = this.#waiting.shift();
      next !== undefined;
      next = this.#waiting.shift()
    ) await computeHash(next.job).then(next.resolve, next.reject);
    this.#computingHere = false;
  }

  #rest(): void {
    for (const thread of this.#threads.splice(0)) thread.worker.terminate();
  }
}
