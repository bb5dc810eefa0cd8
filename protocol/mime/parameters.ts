/**
 * Structured MIME field values: `type/subtype; name=value; ...` (RFC 2045 § 5.1, RFC 2183 § 2), and the
 * parameter continuations and charsets of RFC 2231.
 *
 * Reading is forgiving: comments and white space may stand anywhere, a value may hold what ought to be
 * quoted, a quoted string may miss its end, stray words are passed over.
 *
 * @module
 */

import { decodeCharset } from "./charset.ts";

/** Names and values in the order of the header. No value is ever missing; it may be empty. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** A field value taken apart. */
export interface StructuredValue {
  /** The first word, or `type/subtype`, before the first semicolon; empty when there is none. */
  readonly head: string;
  /** The parameters as written, before RFC 2231. */
  readonly parameters: Parameters;
}

/** Reads through a field value, once. */
class Scanner {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** White space and comments, which may nest (RFC 5322 § 3.2.2). */
  skipCfws(): void {
    while (!this.done) {
      const char = this.#text[this.#at]!;
      if (char === "(") this.#skipComment();
      else if (isSpace(char)) this.#at++;
      else return;
    }
  }

  #skipComment(): void {
    let depth = 0;
    do {
      const char = this.#text[this.#at++];
      if (char === "(") depth++;
      else if (char === ")") depth--;
      else if (char === "\\") this.#at++;
    } while (depth > 0 && !this.done);
  }

  /** Takes a character if it is the next one. */
  take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** A quoted string or a run of characters up to white space or one of `stops`. */
  word(stops: string): string {
    if (this.take('"')) return this.#quoted();
    const start = this.#at;
    while (!this.done) {
      const char = this.#text[this.#at]!;
      if (isSpace(char) || stops.includes(char)) break;
      this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  #quoted(): string {
    let value = "";
    let start = this.#at;
    while (!this.done) {
      const char = this.#text[this.#at]!;
      if (char === '"') break;
      if (char === "\\") {
        value += this.#text.slice(start, this.#at);
        start = ++this.#at;
      }
      this.#at++;
    }
    value += this.#text.slice(start, this.#at);
    this.#at++;
    return value;
  }

  /** Goes to the next semicolon, whatever is in between. */
  skipToSemicolon(): void {
    this.skipCfws();
    while (!this.done && this.#text[this.#at] !== ";") {
      this.word('";(');
      this.skipCfws();
    }
  }
}

function isSpace(char: string): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\n";
}

/**
 * Takes a field value apart.
 * @param value unfolded or not
 * @param maxParameters further ones are left out
 */
export function parseStructured(
  value: string,
  maxParameters: number,
): StructuredValue {
  const scanner = new Scanner(value);
  let head = "";
  scanner.skipCfws();
  while (!scanner.done && !scanner.take(";")) {
    const word = scanner.word('";(');
    // White space may stand around the slash; another word is no part of the type.
    if (head === "" || head.endsWith("/") || word.startsWith("/")) head += word;
    scanner.skipCfws();
  }
  const parameters: [string, string][] = [];
  while (!scanner.done && parameters.length < maxParameters) {
    scanner.skipCfws();
    const name = scanner.word('"=;(');
    scanner.skipCfws();
    if (scanner.take("=")) {
      scanner.skipCfws();
      const text = scanner.word('";(');
      if (name !== "") parameters.push([name, text]);
    }
    scanner.skipToSemicolon();
    scanner.take(";");
  }
  return { head, parameters };
}

interface Segment {
  readonly value: string;
  readonly extended: boolean;
}

/**
 * Joins parameter continuations (RFC 2231 § 3): `p*0`, `p*1`, ... become one `p` in the place of the first
 * of them, as RFC 9051 § 7.5.2 asks. With a charset (`p*0*`, ...) they become one `p*` that still has its
 * `charset'language'` and percent encoding. Continuations without their beginning stay as they are.
 */
export function joinContinuations(parameters: Parameters): Parameters {
  const families = new Map<string, Map<number, Segment>>();
  for (const [name, value] of parameters) {
    const part = continuation(name);
    if (part === undefined) continue;
    let family = families.get(part.base);
    if (family === undefined) families.set(part.base, family = new Map());
    if (!family.has(part.index)) {
      family.set(part.index, { value, extended: part.extended });
    }
  }
  if (families.size === 0) return parameters;

  const joined: (readonly [string, string])[] = [];
  const written = new Set<string>();
  for (const [name, value] of parameters) {
    const part = continuation(name);
    const family = part && families.get(part.base);
    const first = family?.get(0);
    if (part === undefined || family === undefined || first === undefined) {
      joined.push([name, value]);
    } else if (!written.has(part.base)) {
      written.add(part.base);
      const spelled = name.slice(0, part.base.length);
      joined.push(joinFamily(spelled, family));
    }
  }
  return joined;
}

function joinFamily(
  name: string,
  family: ReadonlyMap<number, Segment>,
): readonly [string, string] {
  const segments: Segment[] = [];
  for (let index = 0; family.has(index); index++) {
    segments.push(family.get(index)!);
  }
  if (!segments.some((segment) => segment.extended)) {
    return [name, segments.map((segment) => segment.value).join("")];
  }
  const encoded = segments.map(({ value, extended }) =>
    extended ? value : percentEncode(value)
  ).join("");
  // The charset stands in the first segment; where that has none, say so in the form that is asked for.
  return [`${name}*`, segments[0]!.extended ? encoded : `''${encoded}`];
}

function continuation(
  name: string,
): { base: string; index: number; extended: boolean } | undefined {
  if (!name.includes("*")) return undefined;
  const match = /^([^*]+)\*(0|[1-9][0-9]{0,5})(\*?)$/.exec(name);
  return match === null ? undefined : {
    base: match[1]!.toLowerCase(),
    index: Number(match[2]),
    extended: match[3] === "*",
  };
}

/** Percent-encodes what RFC 2231 § 7 keeps out of an extended value. */
function percentEncode(value: string): string {
  return value.replace(
    /[^A-Za-z0-9!#$&+.^_`{|}~-]+/gu,
    (run) =>
      Array.from(
        new TextEncoder().encode(run),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
      ).join(""),
  );
}

/**
 * Parameters with the charsets of RFC 2231 decoded: the value of `p*` becomes Unicode text, under the same
 * name, as RFC 9051 § 7.5.2 describes. A value that does not decode stays as it is.
 */
export function decodeParameters(parameters: Parameters): Parameters {
  return parameters.map(([name, value]) =>
    name.endsWith("*") ? [name, decodeExtended(value) ?? value] : [name, value]
  );
}

/** The text of an RFC 2231 extended value, `charset'language'percent-encoded`; undefined when it is none. */
export function decodeExtended(value: string): string | undefined {
  const match = /^([^']*)'[^']*'/.exec(value);
  if (match === null) return undefined;
  const encoded = new TextEncoder().encode(value.slice(match[0].length));
  const bytes = new Uint8Array(encoded.length);
  let to = 0;
  for (let at = 0; at < encoded.length; at++) {
    const high = encoded[at] === 37 ? hexDigit(encoded[at + 1]) : -1;
    const low = high < 0 ? -1 : hexDigit(encoded[at + 2]);
    if (low < 0) bytes[to++] = encoded[at]!;
    else {
      bytes[to++] = high * 16 + low;
      at += 2;
    }
  }
  return decodeCharset(bytes.subarray(0, to), match[1] || "utf-8");
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
