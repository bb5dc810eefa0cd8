/**
 * UTF8=ACCEPT and UTF8=ONLY: RFC 9755. What strings and mailbox names are then is in the decoder and the encoder.
 *
 * @module
 */

import { isAscii } from "node:buffer";
import type { Decoder } from "../../wire/decoder.ts";
import type { AnyCommand } from "../command.ts";
import { No } from "../errors.ts";
import type { AppendData, Extension, IncomingMessage } from "../extension.ts";
import type { Session } from "../session.ts";
import { parseLiteral8 } from "./binary.ts";

// utf8-literal = "UTF8" SP "(" literal8 ")"
/** Of RFC 6855 § 4; RFC 9755 has it no more, and clients that send it are there. */
function parseUtf8Literal(d: Decoder): AppendData {
  d.sp().char("(");
  const data = parseLiteral8(d);
  d.char(")");
  return data;
}

/**
 * "the server MUST reject, with a "NO" response, an "APPEND" command that includes any 8-bit character in message
 * header fields" of a client that has not asked for UTF-8 (RFC 9755 § 4); IMAP4rev2 has it in (RFC 9051 § 4.3.1).
 */
function checkMessage(
  { utf8 }: Session,
  { source, headerSize }: IncomingMessage,
): void {
  if (utf8 || isAscii(source.subarray(0, headerSize))) return;
  throw new No("CANNOT", "ENABLE UTF8=ACCEPT before headers beyond ASCII");
}

/**
 * RFC 9755 § 7: "any command that might require UTF-8 support", which is all that have to do with mailboxes, is refused
 * "with a NO [CANNOT] response" before ENABLE UTF8=ACCEPT.
 */
function admit(session: Session, { name, state }: AnyCommand): void {
  if (session.host.utf8Only !== true || session.enabled.has(NAME)) return;
  if (state === "authenticated" && !ADMITTED.has(name)) {
    throw new No("CANNOT", "ENABLE UTF8=ACCEPT first: this server needs it");
  }
}

const NAME = "UTF8=ACCEPT";

/** What neither names mailboxes nor carries text; to UNAUTHENTICATE there is no NO (RFC 8437 § 3). */
const ADMITTED: ReadonlySet<string> = new Set([
  "ENABLE",
  "COMPRESS",
  "UNAUTHENTICATE",
]);

/** UTF8=ACCEPT and UTF8=ONLY. */
export const utf8Extension: Extension = {
  // RFC 9755 § 7: at most one of them
  capabilities: ({ utf8Only }) => [utf8Only ? "UTF8=ONLY" : NAME],
  documents: { [NAME]: "9755", "UTF8=ONLY": "9755" },
  enable: [NAME],
  appendForms: [{ name: "UTF8", parse: parseUtf8Literal }],
  checkMessage,
  admit,
};
