/**
 * How commands and connections end, in words (RFC 9051 § 7.1).
 *
 * @module
 */

import type { Encoder } from "../wire/encoder.ts";
import type { Executed } from "./command.ts";
import type { Bad, Bye, No } from "./errors.ts";
import type { Admitted } from "./overlap.ts";

/** The tagged OK of a command. */
export function writeOk(
  out: Encoder,
  { tag, command, uid }: Admitted,
  completion: Executed,
): void {
  out.text(tag).text(" OK ");
  if (completion?.code !== undefined) out.text(`[${completion.code}] `);
  if (completion?.text !== undefined) out.humanText(completion.text);
  else out.text(`${uid ? "UID " : ""}${command.name} completed`);
  out.crlf();
}

/** NO or BAD, and BYE, which has no tag. */
export function writeRefusal(
  out: Encoder,
  tag: string | undefined,
  kind: "NO" | "BAD" | "BYE",
  { code, message }: No | Bad | Bye,
): void {
  out.text(tag ?? "*").sp().text(kind).sp();
  if (code !== undefined) out.text(`[${code}] `);
  out.humanText(message).crlf();
}
