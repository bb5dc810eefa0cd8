/**
 * How connections begin and commands and connections end, in words (RFC 9051 § 7.1).
 *
 * @module
 */

import type { Encoder } from "../wire/encoder.ts";
import type { Executed } from "./command.ts";
import { capabilityList } from "./commands/session_commands.ts";
import type { Bad, Bye, No } from "./errors.ts";
import type { Admitted } from "./overlap.ts";
import type { Session } from "./session.ts";

/** The greeting (RFC 9051 § 7.1.1). */
export function writeGreeting(session: Session): void {
  const { out, policy } = session;
  const { capabilitiesUnasked = true, greeting = "imapd ready" } = policy;
  out.text("* OK ");
  if (capabilitiesUnasked) {
    out.text(`[CAPABILITY ${capabilityList(session)}] `);
  }
  out.humanText(greeting).crlf();
}

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
