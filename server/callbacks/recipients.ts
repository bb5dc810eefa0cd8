/**
 * The callback that says whom mail is for.
 *
 * @module
 */

import type { DeliveryTarget, Host } from "../../protocol/host.ts";
import { prepareUserName } from "../users.ts";
import { call, CallbackError, type CallContext } from "./call.ts";
import type { RecipientEvent } from "./events.ts";
import type { Callbacks } from "./types.ts";

/**
 * Puts the callback in front of what looks addresses up.
 * @param base what looks them up without it
 */
export function recipientWith(
  callbacks: Callbacks,
  context: CallContext,
  base: Host["recipient"],
): Host["recipient"] {
  const callback = callbacks.findRecipients?.bind(callbacks);
  if (callback === undefined) return base;
  return async (address) => {
    const event: RecipientEvent = { ...address };
    const { answer } = await call(
      context,
      "findRecipients",
      callback,
      event,
      base,
    );
    if (answer === undefined) return undefined;
    const targets = Array.isArray(answer) ? answer : [answer];
    return targets.map(targetOf);
  };
}

function targetOf(answer: unknown): DeliveryTarget {
  const target = (typeof answer === "string" ? { user: answer } : answer) as
    | Partial<DeliveryTarget>
    | null
    | undefined;
  const { user: given, mailbox = "INBOX", create = false } = target ?? {};
  const user = typeof given === "string"
    ? prepareUserName(given, false)
    : undefined;
  if (
    user === undefined || typeof mailbox !== "string" ||
    typeof create !== "boolean"
  ) {
    throw new CallbackError(
      "findRecipients",
      "has answered with what is no mailbox",
    );
  }
  return { user, mailbox, create };
}
