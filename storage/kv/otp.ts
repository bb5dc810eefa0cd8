/**
 * One-time passwords in the database.
 *
 * @module
 */

import { isSameOtp, type OtpRecord, type OtpStore } from "../otp.ts";
import { otpKey } from "./keys.ts";

/**
 * The series of one-time passwords of a database, which {@linkcode KvStorage.otp} gives.
 *
 * ```ts
 * import { openKvStorage, otpRecord } from "@x/imapd";
 *
 * await using storage = await openKvStorage({ path: ":memory:" });
 * const series = otpRecord("a phrase that nobody knows");
 * await storage.otp.compareAndSet("alice", undefined, series);
 * ```
 */
export class KvOtpStore implements OtpStore {
  readonly #kv: Deno.Kv;

  /** Those of this database. */
  constructor(kv: Deno.Kv) {
    this.#kv = kv;
  }

  /** See {@linkcode OtpStore.get}. */
  async get(user: string): Promise<OtpRecord | undefined> {
    const { value } = await this.#kv.get<OtpRecord>(otpKey(user));
    return value ?? undefined;
  }

  /** See {@linkcode OtpStore.compareAndSet}. */
  async compareAndSet(
    user: string,
    before: OtpRecord | undefined,
    after: OtpRecord | undefined,
  ): Promise<boolean> {
    const key = otpKey(user);
    const entry = await this.#kv.get<OtpRecord>(key);
    if (!isSameOtp(entry.value ?? undefined, before)) return false;
    const change = this.#kv.atomic().check(entry);
    if (after === undefined) change.delete(key);
    else {
      const { algorithm, sequence, seed, last } = after;
      change.set(key, { algorithm, sequence, seed, last });
    }
    return (await change.commit()).ok;
  }
}
