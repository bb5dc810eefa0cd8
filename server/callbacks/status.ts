/**
 * The counts of a mailbox, through the callback.
 *
 * @module
 */

import type { MailboxStatus } from "../../storage/model.ts";
import { statusOf as statusOfState } from "../../storage/status.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { call, CallbackError } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { MailboxEvent, StatusCounts } from "./events.ts";

const COUNTS = ["messages", "unseen", "deleted", "recent", "size"] as const;

/**
 * Asks for the counts of a mailbox that there is.
 * @param own counts without the callback
 */
export async function askForStatus(
  context: UserContext,
  name: string,
  own: () => Promise<MailboxStatus>,
): Promise<MailboxStatus | undefined> {
  const { callbacks, user } = context;
  let counting: Promise<MailboxStatus> | undefined;
  const ownStatus = () => counting ??= own();
  const callback = callbacks.status?.bind(callbacks);
  if (callback === undefined) return await ownStatus();
  const event: MailboxEvent = { user, mailbox: { name } };
  const { answer } = await call(
    context,
    "status",
    callback,
    event,
    async () => countsOf(await ownStatus()),
  );
  if (answer === undefined) return undefined;
  return { ...await ownStatus(), ...countsOf(answer) };
}

/** The counts that something has, checked; what it has besides is left out. */
function countsOf(answer: Partial<StatusCounts>): StatusCounts {
  const counts: Partial<Record<typeof COUNTS[number], number>> = {};
  for (const name of COUNTS) {
    const count: unknown = answer?.[name];
    if (count === undefined) continue;
    if (
      typeof count !== "number" || !Number.isSafeInteger(count) || count < 0
    ) {
      throw new CallbackError("status", `has counted nonsense as ${name}`);
    }
    counts[name] = count;
  }
  return counts as StatusCounts;
}

/** The counts of a mailbox whose messages are known; closes it. */
export function statusOf(mailbox: Mailbox): MailboxStatus {
  try {
    return statusOfState(mailbox.state);
  } finally {
    mailbox.close();
  }
}
