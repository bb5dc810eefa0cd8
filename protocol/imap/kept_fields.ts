/**
 * The header fields that summaries keep.
 *
 * @module
 */

import { FieldNames } from "../mime/header.ts";

/**
 * Names of header fields, in lower case, of which a summary tells the truth, present or not. Their places are their
 * numbers in summaries that are kept: another one comes last, and with another format.
 */
export const KEPT_FIELDS: ReadonlySet<string> = new Set([
  "date",
  "subject",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "message-id",
  "in-reply-to",
  "references",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
  "content-language",
  "content-id",
  "content-class",
  "priority",
  "x-priority",
  "importance",
  "x-msmail-priority",
  "return-path",
  "delivered-to",
  "x-original-to",
  "newsgroups",
  "followup-to",
  "list-id",
  "list-post",
  "list-help",
  "list-unsubscribe",
  "list-unsubscribe-post",
  "disposition-notification-to",
  "return-receipt-to",
  "resent-from",
  "resent-to",
  "resent-date",
  "resent-message-id",
  "mail-followup-to",
  "mail-reply-to",
  "auto-submitted",
  "precedence",
  "x-mailer",
  "user-agent",
  "x-spam-flag",
  "x-spam-status",
  "x-spam-level",
  "lines",
  "status",
  "x-status",
  "x-label",
  "x-keywords",
  "x-uniform-type-identifier",
  "x-universally-unique-identifier",
  "x-tuid",
  "expires",
  "supersedes",
  "archived-at",
]);
/** The same, to look for in headers. */
export const KEPT = new FieldNames(KEPT_FIELDS);

const encoder = new TextEncoder();

/** Names of kept fields to look for in summaries, in any case. */
export class KeptNames {
  /** The same names, for headers without an index. */
  readonly names: FieldNames;
  /** Of each number of a name whether it is one of these: 1 or 0. */
  readonly numbers: Uint8Array = new Uint8Array(KEPT_FIELDS.size);

  /** Takes the names; those that are not kept are found in no summary. */
  constructor(names: readonly string[]) {
    this.names = new FieldNames(names);
    for (const name of names) {
      const bytes = encoder.encode(name);
      const number = KEPT.find(bytes, 0, bytes.length);
      if (number >= 0) this.numbers[number] = 1;
    }
  }
}
