/**
 * One-time passwords in memory.
 *
 * @module
 */

import { isSameOtp, type OtpRecord, type OtpStore } from "../otp.ts";

/**
 * Series of one-time passwords that are gone with the process: for tests, and as the specification of others.
 *
 * ```ts
 * import { MemoryOtpStore, otpRecord, serve } from "@x/imapd";
 *
 * const otp = new MemoryOtpStore();
 * const series = otpRecord("a phrase that nobody knows");
 * await otp.compareAndSet("alice", undefined, series);
 * await using server = serve({
 *   port: 0,
 *   users: { alice: "secret" },
 *   sasl: { otp, mechanisms: ["PLAIN", "OTP"] },
 * });
 * console.log(server.addr.port);
 * ```
 */
export class MemoryOtpStore implements OtpStore {
  readonly #records = new Map<string, OtpRecord>();

  /** See {@linkcode OtpStore.get}. */
  get(user: string): Promise<OtpRecord | undefined> {
    return Promise.resolve(this.#records.get(user));
  }

  /** See {@linkcode OtpStore.compareAndSet}. */
  compareAndSet(
    user: string,
    before: OtpRecord | undefined,
    after: OtpRecord | undefined,
  ): Promise<boolean> {
    const same = isSameOtp(this.#records.get(user), before);
    if (same) {
      if (after === undefined) this.#records.delete(user);
      else this.#records.set(user, after);
    }
    return Promise.resolve(same);
  }
}
