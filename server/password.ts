/**
 * Checking passwords in whatever scheme, and hashing them by argon2id, off the main thread.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { StorageError } from "../storage/model.ts";
import {
  type Argon2Record,
  formatArgon2Record,
  type HashCost,
  isBearable,
} from "./credentials/argon2_record.ts";
import { computeDigest } from "./credentials/digest_record.ts";
import type { Argon2Job, HashJob, SlowJob } from "./credentials/job.ts";
import { Nobody } from "./credentials/nobody.ts";
import { logger } from "./log.ts";
import { DEFAULTS } from "./options.ts";
import { parsePasswordRecord } from "./password_record.ts";
import type { HashAnswer, HashRequest, ThreadName } from "./password_worker.ts";

export type { HashCost } from "./credentials/argon2_record.ts";

/** 19 MiB and two passes: what OWASP asks for at the least, some 80 ms of one core. */
export const DEFAULT_COST: HashCost = {
  memory: DEFAULTS.passwordMemory,
  iterations: DEFAULTS.passwordIterations,
  parallelism: 1,
};
/** The cost that settings ask for. */
export function passwordCost(
  { passwordMemory, passwordIterations }: {
    readonly passwordMemory?: number;
    readonly passwordIterations?: number;
  },
): HashCost {
  return {
    memory: passwordMemory ?? DEFAULT_COST.memory,
    iterations: passwordIterations ?? DEFAULT_COST.iterations,
    parallelism: DEFAULT_COST.parallelism,
  };
}

/** How many bytes of UTF-8 a password may have: some schemes take longer for longer ones. */
export const MAX_PASSWORD = 1_024;
const SALT_LENGTH = 16;
const HASH_LENGTH = 32;
const THREAD_NAME: ThreadName = "imapd passwords";

/** How a {@linkcode PasswordHasher} works. */
export interface PasswordHasherOptions {
  /** The cost of new hashes. Default {@linkcode DEFAULT_COST}. */
  readonly cost?: HashCost;
  /** Threads at the most; they start when there is work. Default 1. */
  readonly threads?: number;
  /** Passwords that may wait for a thread; the next is turned away. Default 1,000. */
  readonly maxWaiting?: number;
  /** How long a thread without work stays, in milliseconds. Default 30,000. */
  readonly idleTime?: number;
}

interface Waiting {
  readonly request: HashRequest;
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
  readonly #nobody: Nobody;
  /** Whether no thread can start: the program may not read its file, or does not have it. */
  #threadless = false;
  #computingHere = false;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** A pool without threads yet. @throws {TypeError} for a cost that cannot be */
  constructor(options: PasswordHasherOptions = {}) {
    this.#cost = options.cost ?? DEFAULT_COST;
    if (!isBearable(this.#cost)) {
      throw new TypeError("Passwords cannot be hashed at this cost");
    }
    this.#maxThreads = options.threads ?? 1;
    this.#maxWaiting = options.maxWaiting ?? 1_000;
    this.#idleTime = options.idleTime ?? 30_000;
    this.#nobody = new Nobody(this.#newJob());
  }

  /**
   * Hashes a password with a new salt; returns a PHC string.
   * @throws {TypeError} for an empty password, or one of more than 1,024 bytes
   * @throws {StorageError} UNAVAILABLE when too many wait
   */
  async hash(password: string): Promise<string> {
    const bytes = passwordBytes(password);
    if (bytes === undefined) {
      throw new TypeError("A password has from 1 to 1,024 bytes");
    }
    const job = this.#newJob();
    const record: Argon2Record = {
      ...this.#cost,
      salt: job.salt,
      hash: await this.#compute(bytes, job),
    };
    return formatArgon2Record(record);
  }

  /**
   * Says whether a password is that of a record. Without one, or with text that is none, it takes as long as with
   * the record of one user or another, and says no; so it does for a password that is empty or too long.
   * @param name whom it is about
   * @throws {StorageError} UNAVAILABLE when too many wait
   */
  async verify(
    password: string,
    record: string | undefined,
    name = "",
  ): Promise<boolean> {
    const check = record === undefined
      ? undefined
      : parsePasswordRecord(record);
    if (check !== undefined) this.#nobody.note(check.job);
    const bytes = passwordBytes(password);
    const hash = await this.#compute(
      bytes ?? ANYTHING,
      check?.job ?? this.#nobody.job(name),
    );
    // All records of a kind are as long as what is computed for them.
    const right = timingSafeEqual(hash, check?.hash ?? hash);
    return right && check !== undefined && bytes !== undefined;
  }

  /** Takes note of records that users have, so that a refusal costs as much as with one of them. */
  learn(records: Iterable<string>): void {
    for (const record of records) {
      const check = parsePasswordRecord(record);
      if (check !== undefined) this.#nobody.note(check.job);
    }
  }

  /**
   * Whether a record is of another scheme or cost than {@linkcode hash} makes them. Those of SCRAM are not
   * outdated: what they are there for nothing else does.
   */
  isOutdated(record: string): boolean {
    const job = parsePasswordRecord(record)?.job;
    if (job === undefined || job.kind === "scram") return false;
    const { memory, iterations, parallelism } = this.#cost;
    return job.kind !== "argon2id" || job.memory !== memory ||
      job.iterations !== iterations || job.parallelism !== parallelism;
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

  #newJob(): Argon2Job {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
    return { kind: "argon2id", ...this.#cost, salt, length: HASH_LENGTH };
  }

  #compute(password: Uint8Array, job: HashJob): Promise<Uint8Array> {
    if (job.kind === "digest") {
      return Promise.resolve(computeDigest(password, job));
    }
    return this.#computeInThread(password, job);
  }

  #computeInThread(password: Uint8Array, job: SlowJob): Promise<Uint8Array> {
    if (this.#closed) throw new Error("The password hasher is closed");
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new StorageError("UNAVAILABLE", "Too many logins are waiting");
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request: { password, job }, resolve, reject });
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
      thread.worker.postMessage(thread.busy.request);
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
    ) {
      const { password, job } = next.request;
      await computeHash(password, job).then(next.resolve, next.reject);
    }
    this.#computingHere = false;
  }

  #rest(): void {
    for (const thread of this.#threads.splice(0)) thread.worker.terminate();
  }
}

/** Hashed in place of a password that cannot be right. */
const ANYTHING = Uint8Array.of(0);

/** A password in UTF-8; undefined for one that is empty or too long. */
function passwordBytes(password: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(password);
  return bytes.length > 0 && bytes.length <= MAX_PASSWORD ? bytes : undefined;
}
