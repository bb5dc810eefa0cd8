/**
 * Receipts: what tells whether a commit was done when its answer does not.
 *
 * Over a network an answer may be lost. Deno's client then sends the commit again, by itself and as often as
 * it takes, so that what was done the first time fails by its own checks the second time: "a check has failed"
 * may mean "done", and whoever tried again would do it twice. So each commit of a process writes its number
 * under the process's key, and checks the key. A commit is done at most once; none is done after a later one;
 * and the number that stands there says which was done last, as long as no other is sent.
 *
 * @module
 */

import { ByteReader, ByteWriter } from "./binary.ts";
import { receiptKey, type Write } from "./keys.ts";

const VERSION = 1;

/** A process that has not written for so long will not ask for its last receipt any more; milliseconds. */
const LIFETIME = 30 * 24 * 3600_000;

/** What a commit comes to. */
type Result = Deno.KvCommitResult | Deno.KvCommitError;

/** Commits by certain checks and writes. */
type Commit = (
  checks: readonly Deno.AtomicCheck[],
  writes: readonly Write[],
) => Promise<Result>;

/** The receipts of one process. It commits one thing after the other. */
export class Receipts {
  readonly #kv: Deno.Kv;
  readonly #key = receiptKey(crypto.randomUUID());
  #versionstamp: string | null = null;
  #number = 0;

  /** No receipt yet. */
  constructor(kv: Deno.Kv) {
    this.#kv = kv;
  }

  /**
   * Commits with a receipt, and looks for it where the answer is anything but success.
   * @throws what the commit throws when there is no receipt, or none can be read: then it may yet be done
   */
  async commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly Write[],
    commit: Commit,
  ): Promise<Result> {
    const number = ++this.#number;
    const key = this.#key;
    const value = new ByteWriter(9).u8(VERSION).f64(number).bytes();
    let result: Result = { ok: false };
    let failure: unknown;
    try {
      result = await commit(
        [...checks, { key, versionstamp: this.#versionstamp }],
        [...writes, [key, value, { expireIn: LIFETIME }]],
      );
    } catch (error) {
      failure = error;
    }
    if (!result.ok) result = await this.#find(number, failure);
    if (result.ok) this.#versionstamp = result.versionstamp;
    return result;
  }

  async #find(number: number, failure: unknown): Promise<Result> {
    const entry = await this.#kv.get<Uint8Array>(this.#key).catch((error) => {
      throw failure ?? error;
    });
    this.#versionstamp = entry.versionstamp;
    if (entry.value !== null && decodeReceipt(entry.value) === number) {
      return { ok: true, versionstamp: entry.versionstamp };
    }
    if (failure !== undefined) throw failure;
    return { ok: false };
  }

  /** Takes the last receipt away; nothing is committed any more. */
  async remove(): Promise<void> {
    if (this.#versionstamp !== null) await this.#kv.delete(this.#key);
  }
}

function decodeReceipt(bytes: Uint8Array): number {
  return new ByteReader(bytes).version(VERSION).f64();
}
