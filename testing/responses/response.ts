/**
 * Responses in structure (RFC 9051 § 7), and the same as a script expects them.
 *
 * @module
 */

import { showValue, SyntaxFault, type Value, ValueReader } from "./value.ts";

/** A response of the server, or a script's pattern of one. */
export type Response =
  | { readonly type: "continuation"; readonly text: string }
  | {
    readonly type: "status";
    /** The command's tag, `*` for none. */
    readonly tag: string;
    /** `OK`, `NO`, `BAD`, `BYE` or `PREAUTH`; a pattern may join several by `|`. */
    readonly status: string;
    /** The response code, name first. Empty in a pattern: there must be none. Absent in one: any or none. */
    readonly code?: readonly Value[];
    /** The text for people; in a pattern what it must contain. */
    readonly text: string;
  }
  | {
    readonly type: "data";
    /** The number before the name. */
    readonly number?: Value;
    /** The response's name in capitals, such as `FETCH`. */
    readonly name: string;
    /** What follows the name. */
    readonly values: readonly Value[];
  };

const STATUS = /^(?:OK|NO|BAD|BYE|PREAUTH)(?:\|(?:OK|NO|BAD|BYE))*(?= |$)/;

/**
 * Reads a response.
 * @param text all of it without the final CRLF, literals inside
 * @param pattern whether it is what a script expects
 * @throws {SyntaxFault} when it is none
 */
export function parseResponse(text: string, pattern: boolean): Response {
  if (text === "+" || text.startsWith("+ ")) {
    return { type: "continuation", text: text.slice(2) };
  }
  const space = text.indexOf(" ");
  if (space <= 0) throw new SyntaxFault("Expected a response", text, 0);
  const tag = text.slice(0, space);
  const status = STATUS.exec(text.slice(space + 1))?.[0];
  if (status !== undefined) {
    const rest = text.slice(space + 1 + status.length);
    return parseStatus(tag, status, rest, pattern);
  }
  if (tag !== "*") throw new SyntaxFault("Expected a status", text, space + 1);
  return parseData(new ValueReader(text, pattern, 2));
}

function parseStatus(
  tag: string,
  status: string,
  rest: string,
  pattern: boolean,
): Response {
  const reader = new ValueReader(rest, pattern);
  const head = { type: "status", tag, status } as const;
  if (reader.atEnd) {
    if (pattern) return { ...head, text: "" };
    throw reader.fault("Expected SP");
  }
  reader.expect(" ");
  let code: readonly Value[] | undefined;
  if (reader.looksAt("[")) {
    reader.position++;
    code = reader.values("]");
    reader.expect("]");
    // RFC 9051 § 9: resp-text = ["[" resp-text-code "]" SP] [text]
    if (!pattern || !reader.atEnd) reader.expect(" ");
  }
  let text = reader.remainder;
  if (/[\0\r\n]/.test(text)) throw reader.fault("Bad text");
  if (pattern) text = /"(.*)"/.exec(text)?.[1] ?? "";
  return code === undefined ? { ...head, text } : { ...head, code, text };
}

function parseData(reader: ValueReader): Response {
  let first = reader.value();
  let number: Value | undefined;
  const numeric = first.type === "atom" && /^\d+$/.test(first.text);
  if (numeric || first.type === "any" || first.type === "capture") {
    number = first;
    reader.expect(" ");
    first = reader.value();
  }
  if (first.type !== "atom") throw reader.fault("Expected a response's name");
  const name = first.text.toUpperCase();
  if (!reader.atEnd) reader.expect(" ");
  const values = reader.values();
  return number === undefined
    ? { type: "data", name, values }
    : { type: "data", number, name, values };
}

/** A response as a script would have it, for messages. */
export function showResponse(response: Response): string {
  switch (response.type) {
    case "continuation":
      return `+ ${response.text}`;
    case "status": {
      const { tag, status, code, text } = response;
      const shownCode = code && `[${code.map(showValue).join(" ")}]`;
      return [tag, status, shownCode, text].filter(Boolean).join(" ");
    }
    case "data": {
      const number = response.number && showValue(response.number);
      const values = response.values.map(showValue);
      return ["*", number, response.name, ...values].filter(Boolean).join(" ");
    }
  }
}
