/**
 * Mailbox names: which there are, and how they are spelled on the wire.
 *
 * @module
 */

export { decodeModifiedUtf7, encodeModifiedUtf7 } from "./modified_utf7.ts";
export { compilePattern, matchPattern } from "./list_pattern.ts";

// RFC 6855 § 3: no control characters, no line or paragraph separator.
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Whether a mailbox may have a name, as far as its characters go: well-formed Unicode without control
 * characters (RFC 6855 § 3). What a storage makes of empty levels is its own affair.
 */
export function isMailboxName(name: string): boolean {
  return name.isWellFormed() && !FORBIDDEN.test(name);
}

/**
 * The one name among all those that mean the same mailbox: in Unicode normalization form C (RFC 9051 § 5.1),
 * with INBOX in capitals, also where it is the first level of a longer name.
 * @param delimiter the hierarchy delimiter, one character
 */
export function canonicalName(name: string, delimiter: string): string {
  const normal = name.normalize("NFC");
  const isInbox = /^inbox/i.test(normal) &&
    (normal.length === 5 || normal.startsWith(delimiter, 5));
  return isInbox ? "INBOX" + normal.slice(5) : normal;
}
