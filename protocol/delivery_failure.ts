/**
 * Why a message does not get to a recipient, in the codes of mail transport (RFC 3463, RFC 5321 § 4.2.3).
 *
 * @module
 */

import { StorageError } from "../storage/model.ts";
import type { Host } from "./host.ts";
import { No } from "./imap/errors.ts";

/** Why not. */
export interface DeliveryFailure {
  /** The reply code: 4xx where it is worth another try later, 5xx where it is not. */
  readonly reply: number;
  /** The enhanced status code, such as `5.2.2`. */
  readonly status: string;
  /** A sentence for people. */
  readonly text: string;
}

/** Response codes of RFC 5530 and what they are here; any other is a matter of policy. */
const CODES: ReadonlyMap<string, readonly [reply: number, status: string]> =
  new Map([
    ["NONEXISTENT", [550, "5.1.1"]],
    ["OVERQUOTA", [552, "5.2.2"]],
    ["TOOBIG", [552, "5.3.4"]],
    ["LIMIT", [452, "4.3.1"]],
    ["UNAVAILABLE", [451, "4.3.0"]],
    ["INUSE", [451, "4.3.0"]],
    ["SERVERBUG", [451, "4.3.0"]],
  ]);

/**
 * What an error is to the sender. One that is no refusal is a fault of ours: it goes to {@linkcode
 * Host.fault}, and the sender may try again later.
 * @param about what the fault was about
 */
export function deliveryFailure(
  host: Pick<Host, "fault">,
  error: unknown,
  about: Record<string, unknown>,
): DeliveryFailure {
  if (!(error instanceof No || error instanceof StorageError)) {
    host.fault(error, about);
    return { reply: 451, status: "4.3.0", text: "Internal error" };
  }
  const [reply, status] = CODES.get(error.code ?? "") ?? [550, "5.7.1"];
  return { reply, status, text: error.message };
}

/** The failure that counts where there are several: one that passes, so that the sender tries again. */
export function worstFailure(
  failures: readonly (DeliveryFailure | undefined)[],
): DeliveryFailure | undefined {
  const real = failures.filter((failure) => failure !== undefined);
  return real.find(({ reply }) => reply < 500) ?? real[0];
}
