/**
 * The parameters of MAIL (RFC 5321 § 4.1.1.2): SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), AUTH (RFC 4954).
 *
 * @module
 */

import { Refusal } from "./reply.ts";

/** What MAIL says of a message to come. */
export interface MailParameters {
  /** How large it is, in bytes; undefined where that is not said. */
  readonly size: number | undefined;
  /** Whether addresses and header may be in UTF-8. */
  readonly utf8: boolean;
}

// esmtp-param = esmtp-keyword ["=" esmtp-value]
const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?$/;

// xtext = *( xchar / hexchar )      RFC 3461 § 4; "<>" is of xchar
const XTEXT = /^(?:[!-*,-<>-~]|\+[0-9A-F]{2})+$/;

/**
 * The parameters behind a path, names in capitals.
 * @throws {Refusal} 501 when they are none
 */
export function readParameters(text: string): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  if (text === "") return found;
  if (!text.startsWith(" ")) throw malformed();
  for (const word of text.split(" ")) {
    if (word === "") continue;
    const [, keyword, value] = PARAMETER.exec(word) ?? [];
    const name = keyword?.toUpperCase();
    if (name === undefined || found.has(name)) throw malformed();
    found.set(name, value);
  }
  return found;
}

/**
 * The parameters of MAIL.
 * @param withAuth whether AUTH is offered
 * @throws {Refusal} 501 for values that cannot be, 555 for parameters that nobody has offered
 */
export function mailParameters(
  text: string,
  withAuth: boolean,
): MailParameters {
  let size: number | undefined;
  let utf8 = false;
  for (const [name, value] of readParameters(text)) {
    if (name === "SIZE") {
      // size-value = 1*20DIGIT
      if (!/^\d{1,20}$/.test(value ?? "")) throw malformed();
      size = Number(value);
    } else if (name === "BODY") {
      // body-value = "7BIT" / "8BITMIME"
      if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? "")) throw malformed();
    } else if (name === "SMTPUTF8") {
      if (value !== undefined) throw malformed();
      utf8 = true;
    } else if (name === "AUTH" && withAuth) {
      // Nobody is trusted to say who the mail is from, and it is not handed on (RFC 4954 § 5).
      if (!XTEXT.test(value ?? "")) throw malformed();
    } else throw unknownParameter();
  }
  return { size, utf8 };
}

/** RCPT has no parameter here. @throws {Refusal} 501, or 555 when there is one */
export function noParameters(text: string): void {
  if (readParameters(text).size > 0) throw unknownParameter();
}

function malformed(): Refusal {
  return new Refusal("501 5.5.4", "A parameter cannot be so");
}

function unknownParameter(): Refusal {
  return new Refusal("555 5.5.4", "A parameter is not known");
}
