/**
 * What a check finds.
 *
 * @module
 */

/** What something that was found is about. */
export type FindingKind =
  /** A value that cannot be decoded. */
  | "value"
  /** An account: its head, or its INBOX. */
  | "account"
  /** A level of a mailbox name. */
  | "name"
  /** A mailbox: its head, its messages, or whether it is in an account. */
  | "mailbox"
  /** The counts in the head of a mailbox. */
  | "counts"
  /** A message whose source is not there, or not all of it. */
  | "message"
  /** A content that no message has, or whose file and record do not go together. */
  | "content"
  /** A summary that is not there, or there twice. */
  | "summary"
  /** Metadata: what a mailbox or an account has of it, or a value. */
  | "metadata"
  /** How many messages share a content. */
  | "references"
  /** What is noted of threads. */
  | "thread"
  /** A counter that would give numbers again. */
  | "counter"
  /** Work that was interrupted, which the server goes on with when it starts: no fault. */
  | "unfinished";

/** Something that was found. */
export interface Finding {
  /** What it is about. */
  readonly kind: FindingKind;
  /** Where, for people: `Archive/2026 of alice`. */
  readonly where: string;
  /** What is wrong, a phrase. */
  readonly what: string;
  /** What a repair does about it, a phrase in the past tense. */
  readonly repair: string;
}
