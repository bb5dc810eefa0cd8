/**
 * The fields of a header (RFC 5322 § 2.2), as offsets into the bytes of a message.
 *
 * A header goes from its first byte up to and with the first empty line. Nothing else ends it: a line
 * without a colon is a field without a name, and so is a line that begins with a blank where no field
 * precedes it. Every byte of the header before its empty line belongs to exactly one field.
 *
 * @module
 */

import {
  CR,
  decodeUnlabelled,
  isBlank,
  isEmptyLine,
  LF,
  lineEnd,
  unfoldedLine,
} from "./bytes.ts";
import { MIME_LIMITS } from "./limits.ts";

/** A header field with its folded lines. */
export interface HeaderField {
  /** The name in lower case, without white space before the colon; empty where the line has no name. */
  readonly name: string;
  /** Where its first line begins. */
  readonly nameStart: number;
  /** The byte after the colon; `nameStart` where the line has no name. */
  readonly valueStart: number;
  /** Where its last line ends, with the line end. */
  readonly end: number;
}

/** Longer names are none (RFC 5322 § 2.1.1 allows lines of 998 characters). */
const MAX_NAME = 998;

/** What goes on for longer than this is looked at in another way than line by line. */
const LONG = 16_384;

/**
 * The end of the field that begins at `start`: its first line and all folded ones that follow.
 * @param bytes a header, and nothing behind it
 */
function fieldEnd(bytes: Uint8Array, start: number): number {
  const end = bytes.length;
  const long = start + LONG;
  let at = Math.min(lineEnd(bytes, start, end) + 1, end);
  while (at < end && isBlank(bytes[at])) {
    if (at > long) return unfoldedLine(bytes, at);
    at = Math.min(lineEnd(bytes, at, end) + 1, end);
  }
  return at;
}

/**
 * The fields of the header in `[start, end)`, in order, up to the empty line. The cost is linear however
 * many fields there are; nothing is kept.
 * @param wanted the names to look for; all fields without it. Fields of other names cost least.
 */
export function* fields(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted?: FieldNames,
): Generator<HeaderField, void, undefined> {
  const header = end === bytes.length ? bytes : bytes.subarray(0, end);
  let at = start;
  while (at < end && !isEmptyLine(header, at, end)) {
    const next = fieldEnd(header, at);
    const colon = isBlank(header[at]) ? -1 : nameColon(header, at, next);
    if (wanted === undefined || nameOf(header, at, colon, wanted) >= 0) {
      yield colon < 0
        ? { name: "", nameStart: at, valueStart: at, end: next }
        : {
          name: lowerName(header, at, colon),
          nameStart: at,
          valueStart: colon + 1,
          end: next,
        };
    }
    at = next;
  }
}

/** Which of the names the field has that begins at `start` and has its colon there, or -1. */
function nameOf(
  bytes: Uint8Array,
  start: number,
  colon: number,
  names: FieldNames,
): number {
  let nameEnd = colon;
  while (nameEnd > start && isBlank(bytes[nameEnd - 1])) nameEnd--;
  return nameEnd > start ? names.find(bytes, start, nameEnd) : -1;
}

/** What is told of a header field: where it begins, where its value does and where it ends; and its name's number. */
export type OnField = (
  name: number,
  start: number,
  valueStart: number,
  end: number,
) => void;

/**
 * Goes through the fields of the header in `[start, end)` up to the empty line, as {@linkcode fields} does. What begins
 * beyond `maxEnvelopeBytes` is taken for one field without a name.
 * @param names the names that matter
 * @param onField told of every field, with the number of its name among them, or -1
 * @returns where the empty line begins; `end` where there is none
 */
export function eachField(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: FieldNames,
  onField: OnField,
): number {
  const header = end === bytes.length ? bytes : bytes.subarray(0, end);
  const limit = Math.min(end, start + MIME_LIMITS.maxEnvelopeBytes);
  let at = start;
  while (at < limit && !isEmptyLine(header, at, end)) {
    const next = fieldEnd(header, at);
    const colon = isBlank(header[at]) ? -1 : nameColon(header, at, next);
    onField(nameOf(header, at, colon, names), at, colon + 1, next);
    at = next;
  }
  if (at < limit || at === end) return at;
  const rest = Math.max(at, emptyLineAtEnd(header, start, end));
  if (rest > at) onField(-1, at, at, rest);
  return rest;
}

/**
 * The colon after the field name that begins at `start`, or -1 when there is no name. A name is printable
 * ASCII without space or colon (RFC 5322 § 2.2); blanks before the colon are obsolete but read (§ 4.5), and
 * bytes of other charsets are let through.
 */
function nameColon(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_NAME);
  let at = start;
  while (
    at < limit && bytes[at]! > 32 && bytes[at] !== 58 && bytes[at] !== 127
  ) at++;
  const nameEnd = at;
  while (at < limit && isBlank(bytes[at])) at++;
  return nameEnd > start && at < limit && bytes[at] === 58 ? at : -1;
}

/** The name in lower case, ASCII letters only (RFC 9051 § 6.4.5.1), without blanks at its end. */
function lowerName(bytes: Uint8Array, start: number, end: number): string {
  let name = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (isBlank(byte)) break;
    name += String.fromCharCode(byte >= 65 && byte <= 90 ? byte | 32 : byte);
  }
  return name;
}

/** A value without its line breaks (RFC 5322 § 2.2.3) and without blanks around it. */
export function unfold(value: string): string {
  const line = /[\r\n]/.test(value)
    // A CR or LF that is not the end of a folded line would break a line elsewhere.
    ? value.replace(/\r?\n(?=[ \t]|$)/g, "").replace(/[\r\n]+/g, " ")
    : value;
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

/**
 * The value of a field as text, unfolded: see {@linkcode decodeUnlabelled} for the charset. Encoded words
 * stay as they are.
 * @param maxBytes what lies beyond it of a value is left out
 */
export function fieldValue(
  bytes: Uint8Array,
  field: HeaderField,
  maxBytes: number = Infinity,
): string {
  const end = Math.min(field.end, field.valueStart + maxBytes);
  return unfold(decodeUnlabelled(bytes, field.valueStart, end));
}

/**
 * Names of header fields to look for, compared without regard to ASCII case, otherwise exactly. They are found
 * in the bytes of a header without making a string of each name there.
 */
export class FieldNames {
  readonly #byHash = new Map<number, { name: Uint8Array; number: number }[]>();

  /** Takes the names in any case. */
  constructor(names: Iterable<string>) {
    const encoder = new TextEncoder();
    let number = 0;
    for (const text of names) {
      const name = encoder.encode(text).map(lowerCase);
      const hash = hashOf(name, 0, name.length);
      const others = this.#byHash.get(hash);
      const one = { name, number: number++ };
      if (others === undefined) this.#byHash.set(hash, [one]);
      else if (this.find(name, 0, name.length) < 0) others.push(one);
    }
  }

  /** Which of the names the bytes in `[start, end)` are, counted from 0 in the order given, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const candidates = this.#byHash.get(hashOf(bytes, start, end));
    if (candidates === undefined) return -1;
    for (const { name, number } of candidates) {
      if (isName(name, bytes, start, end)) return number;
    }
    return -1;
  }
}

function lowerCase(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte;
}

/** Another one in each process, so that nobody can say which names share a hash. */
const MULTIPLIER = crypto.getRandomValues(new Uint32Array(1))[0]! | 1;

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, MULTIPLIER) + lowerCase(bytes[at]!)) | 0;
  }
  return hash;
}

/** Whether `[start, end)` is a name that is in lower case already. */
function isName(
  name: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at++) {
    if (name[at] !== lowerCase(bytes[start + at]!)) return false;
  }
  return true;
}

/** Where the empty line begins that a header ends with, or `end` where it has none. */
export function emptyLineAtEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  if (end === start || bytes[end - 1] !== LF) return end;
  const at = end - (bytes[end - 2] === CR && end - 1 > start ? 2 : 1);
  return at === start || bytes[at - 1] === LF ? at : end;
}

/**
 * The part of a header that `HEADER.FIELDS` or `HEADER.FIELDS.NOT` asks for (RFC 9051 § 6.4.5.1): whole
 * fields as they stand, in their order, then the empty line, which is absent only where the header has none. Fields
 * that begin beyond `maxEnvelopeBytes` have no names.
 * @param bytes the message
 * @param start where the header begins
 * @param end where its body begins
 * @param names which fields
 * @param not whether the fields that are named are the ones to leave out
 */
export function headerFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  names: FieldNames | readonly string[],
  not: boolean,
): Uint8Array {
  const wanted = names instanceof FieldNames ? names : new FieldNames(names);
  const ranges: number[] = [];
  let size = 0;
  const keep = (from: number, to: number) => {
    if (ranges.length > 0 && ranges[ranges.length - 1] === from) {
      ranges[ranges.length - 1] = to;
    } else ranges.push(from, to);
    size += to - from;
  };
  const rest = eachField(bytes, start, end, wanted, (name, from, _, to) => {
    if (name >= 0 !== not) keep(from, to);
  });
  if (rest < end) keep(rest, end);
  const picked = new Uint8Array(size);
  let to = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    const range = bytes.subarray(ranges[index], ranges[index + 1]);
    picked.set(range, to);
    to += range.length;
  }
  return picked;
}
