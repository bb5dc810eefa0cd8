/**
 * How many messages one command may work on (RFC 9738); without the limit, on however many there are.
 *
 * @module
 */

import type { UidList } from "../../storage/model.ts";
import type { Limits } from "../limits.ts";
import type { Completion } from "./command.ts";
import { No } from "./errors.ts";
import type { Session } from "./session.ts";

/** The messages that a command works on. */
export interface Portion {
  /** All that it named, or the last of them: those with the highest UIDs. */
  readonly uids: UidList;
  /** The response code where it named more, without its brackets. */
  readonly code?: string;
}

/** The messages that a command may work on, of those that it names (RFC 9738 § 3.1). */
export function portionOf(session: Session, uids: UidList): Portion {
  const { messageLimit } = session.host.limits;
  if (messageLimit === 0 || uids.length <= messageLimit) return { uids };
  const last = uids.subarray(-messageLimit);
  return { uids: last, code: limitCode(messageLimit, last[0]) };
}

/** resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid] */
function limitCode(limit: number, lowest?: number): string {
  return `MESSAGELIMIT ${limit}${lowest === undefined ? "" : ` ${lowest}`}`;
}

/** Refuses to work on too many messages, where a command does so on all or none. @throws {No} */
export function refuseBeyondLimit(session: Session, uids: UidList): void {
  const { code } = portionOf(session, uids);
  if (code !== undefined) throw tooMany(session.host.limits.messageLimit);
}

/** The same for those that a COPY would add to a mailbox: the code says how many it might. @throws {No} */
export function refuseCopyBeyondLimit(session: Session, uids: UidList): void {
  const limit = saveLimit(session.host.limits);
  if (uids.length > limit) throw tooMany(limit, uids.at(-limit));
}

/** How many messages may be put into a mailbox at once. */
export function saveLimit({ messageLimit, saveLimit }: Limits): number {
  return messageLimit || saveLimit || Infinity;
}

/** Why a command that works on all messages or none does nothing. */
export function tooMany(limit: number, lowest?: number): No {
  return new No(
    limitCode(limit, lowest),
    `A command may work on ${limit} messages`,
  );
}

const IN_PART = "Completed for the last messages only";

/**
 * Has the client know that a command has worked on a portion: by the tagged OK, or by {@linkcode noteLimit} where that
 * has a code of its own.
 * @param code that of the portion
 */
export function completeInPart(
  session: Session,
  code: string | undefined,
  completion?: Completion,
): Completion | undefined {
  if (code === undefined) return completion;
  if (completion?.code === undefined) return { code, text: IN_PART };
  noteLimit(session, code);
  return completion;
}

/** The same by an untagged NO, in front of a tagged response that has another code (RFC 9738 § 3.1). */
export function noteLimit({ out }: Session, code: string | undefined): void {
  if (code !== undefined) out.text(`* NO [${code}] ${IN_PART}`).crlf();
}
