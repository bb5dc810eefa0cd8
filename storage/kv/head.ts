/**
 * The head of a mailbox: what is known of it without its messages.
 *
 * @module
 */

import type { MailboxStatus, Modseq } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";

const VERSION = 1;

/** What the head of a mailbox holds. */
export interface Head {
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** UIDNEXT. */
  readonly uidNext: number;
  /** The modseq of the last change; changes are numbered without gaps. */
  readonly highestModseq: number;
  /** Number of messages. */
  readonly messages: number;
  /** Messages without `\Seen`. */
  readonly unseen: number;
  /** Messages with `\Deleted`. */
  readonly deleted: number;
  /** Messages from `firstRecent` on. */
  readonly recent: number;
  /** Sum of all sizes. */
  readonly size: number;
  /** The first message that no session has been told of. */
  readonly firstRecent: number;
  /** Up to which modseq the pages hold everything; the log has what comes after. */
  readonly folded: number;
  /** The log holds nothing up to this modseq; between it and `folded` there may be leftovers. */
  readonly logStart: number;
  /** Grows with each commit that writes pages, so that a reader of several pages knows to start over. */
  readonly foldCount: number;
  /** From which modseq on the pages of expunged messages have all of them. */
  readonly expungedFloor: number;
}

/** The head of a new mailbox. */
export function newHead(uidValidity: number): Head {
  return {
    uidValidity,
    uidNext: 1,
    highestModseq: 1,
    messages: 0,
    unseen: 0,
    deleted: 0,
    recent: 0,
    size: 0,
    firstRecent: 1,
    folded: 1,
    logStart: 1,
    foldCount: 0,
    expungedFloor: 0,
  };
}

/** A head in bytes. */
export function encodeHead(head: Head): Uint8Array {
  return new ByteWriter(80).u8(VERSION).u32(head.uidValidity)
    .u32(head.uidNext).f64(head.highestModseq).u32(head.messages)
    .u32(head.unseen).u32(head.deleted).u32(head.recent).f64(head.size)
    .u32(head.firstRecent).f64(head.folded).f64(head.logStart)
    .u32(head.foldCount).f64(head.expungedFloor).bytes();
}

/** A head from bytes. */
export function decodeHead(bytes: Uint8Array): Head {
  const reader = new ByteReader(bytes).version(VERSION);
  return {
    uidValidity: reader.u32(),
    uidNext: reader.u32(),
    highestModseq: reader.f64(),
    messages: reader.u32(),
    unseen: reader.u32(),
    deleted: reader.u32(),
    recent: reader.u32(),
    size: reader.f64(),
    firstRecent: reader.u32(),
    folded: reader.f64(),
    logStart: reader.f64(),
    foldCount: reader.u32(),
    expungedFloor: reader.f64(),
  };
}

/** The counts that a head holds. */
export function statusOf(head: Head): MailboxStatus {
  return {
    messages: head.messages,
    unseen: head.unseen,
    deleted: head.deleted,
    recent: head.recent,
    size: head.size,
    uidNext: head.uidNext,
    uidValidity: head.uidValidity,
    highestModseq: head.highestModseq as Modseq,
  };
}
