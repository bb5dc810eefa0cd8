/**
 * BODY[section], the RFC822 items, and the sections that BINARY shares with them.
 *
 * @module
 */

import { FieldNames, headerFields } from "../../mime/header.ts";
import { sectionRange } from "../../mime/section.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { Encoder } from "../../wire/encoder.ts";
import { hasNul } from "../../wire/nul_bytes.ts";
import { latin1Text } from "../../wire/text.ts";
import type { ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import type { FetchItem } from "../extension.ts";
import { KEPT_FIELDS, KeptNames } from "../kept_fields.ts";
import type { Summary } from "../summary.ts";
import type { ByteRange, FetchAttribute, Partial } from "./attribute.ts";
import { BODY } from "./attributes.ts";

/** The part of a message that is asked for: RFC 9051 § 9, section-spec. */
export interface Section {
  /** The part's number, level by level; empty for the message itself. */
  readonly part: readonly number[];
  /** What of it; empty for the body of a part, or all of the message. */
  readonly text: "" | "HEADER" | "TEXT" | "MIME";
  /** Whether the header was asked for as part 0 (RFC 1730 § 6.4.5). */
  readonly zero?: boolean;
  /** HEADER.FIELDS and HEADER.FIELDS.NOT: the names, as the client wrote them. */
  readonly fields?: {
    readonly names: readonly string[];
    readonly not: boolean;
  };
}

/**
 * section-part = nz-number *("." nz-number), and the dot behind it where something else than a number follows
 * @returns the numbers, and whether there was such a dot
 */
export function parsePart(
  d: Decoder,
  { limits }: ParseContext,
): { part: number[]; dot: boolean } {
  const part: number[] = [];
  let dot = false;
  while (isDigit(d.peek())) {
    if (part.length === limits.nesting) throw new Bad("Part too deep");
    part.push(d.tryChar("0") ? 0 : d.nzNumber());
    dot = d.tryChar(".");
    if (!dot) break;
  }
  return { part, dot };
}

/** section = "[" [section-spec] "]" (RFC 9051 § 9) */
export function parseSection(d: Decoder, context: ParseContext): Section {
  d.char("[");
  const { part, dot } = parsePart(d, context);
  const zero = part.at(-1) === 0;
  if (zero) part.pop();
  if (part.includes(0)) throw new Bad("A part number begins at 1");
  if (part.length > 0 || zero ? !dot : d.peek() === CLOSE) {
    d.char("]");
    return zero ? { part, text: "HEADER", zero } : { part, text: "" };
  }
  if (zero) throw new Bad("Nothing may follow part 0");
  const text = d.keyword();
  let section: Section;
  if (text === "HEADER.FIELDS" || text === "HEADER.FIELDS.NOT") {
    const not = text === "HEADER.FIELDS.NOT";
    d.sp();
    section = { part, text: "HEADER", fields: { names: fieldNames(d), not } };
  } else if (text === "HEADER" || text === "TEXT") section = { part, text };
  else if (text === "MIME" && part.length > 0) section = { part, text };
  else throw new Bad("Unknown section");
  d.char("]");
  return section;
}

/** header-list = "(" header-fld-name *(SP header-fld-name) ")" */
export function fieldNames(d: Decoder): string[] {
  return d.nonEmptyList(() => d.astring());
}

/** partial = "<" number64 "." nz-number64 ">" */
export function parsePartial(d: Decoder): Partial | undefined {
  if (!d.tryChar("<")) return undefined;
  const origin = d.number64();
  d.char(".");
  const length = d.number64();
  if (length === 0) throw new Bad("A partial fetch of nothing");
  d.char(">");
  return { origin, length };
}

/** Cuts a range down to the octets asked for. */
export function cut(
  [start, end]: ByteRange,
  partial: Partial | undefined,
): ByteRange {
  if (partial === undefined) return [start, end];
  const from = Math.min(start + partial.origin, end);
  return [from, Math.min(from + partial.length, end)];
}

/** The range of a section, undefined where the message has no such part. */
export function rangeOf(
  section: Section,
  summary: Summary,
  size: number,
): ByteRange | undefined {
  if (section.part.length === 0) {
    if (section.text === "HEADER") return [0, summary.headerSize];
    if (section.text === "TEXT") return [summary.headerSize, size];
    return [0, size];
  }
  const range = sectionRange(summary.parts(), section.part, section.text);
  return range && [range.start, range.end];
}

/** Whether a summary's fields answer for all names asked for. */
function isKept(section: Section): boolean {
  return section.part.length === 0 && section.fields !== undefined &&
    !section.fields.not &&
    section.fields.names.every((name) => KEPT_FIELDS.has(name.toLowerCase()));
}

/**
 * An attribute that gives the octets of a section.
 * @param label the item's name and a space, encoded
 */
export function sectionAttribute(
  label: Uint8Array,
  section: Section,
  partial: Partial | undefined,
  setsSeen: boolean,
): FetchAttribute {
  const name = latin1Text(label) + (partial?.length ?? "");
  const read = section.fields === undefined
    ? octetsAttribute(label, section, partial)
    : fieldsAttribute(label, section, section.fields, partial);
  // PARTIAL is of RFC 1730, which has neither sections of fields nor parts of its own in a section.
  if (section.fields !== undefined || partial !== undefined) {
    return { ...read, name, setsSeen };
  }
  return {
    ...read,
    name,
    setsSeen,
    partial: (octets) => sectionAttribute(label, section, octets, setsSeen),
  };
}

/**
 * A literal has no room for NUL (RFC 9051 § 9, CHAR8), which mail that came by other ways than APPEND may hold:
 * 0x80 stands for it, so that all offsets stay. BINARY gives such octets as they are.
 */
export function withoutNul(octets: Uint8Array): Uint8Array {
  return hasNul(octets) ? octets.map((octet) => octet || 0x80) : octets;
}

function writeOctets(out: Encoder, octets: Uint8Array): void {
  out.literal(withoutNul(octets));
}

/** What an attribute reads and writes, apart from what it is. */
type Reading = Pick<
  FetchAttribute,
  "needs" | "range" | "write" | "sizeTells" | "label"
>;

/** HEADER.FIELDS and HEADER.FIELDS.NOT: lines picked from a header. */
function fieldsAttribute(
  label: Uint8Array,
  section: Section,
  { names, not }: NonNullable<Section["fields"]>,
  partial: Partial | undefined,
): Reading {
  const cutDown = (picked: Uint8Array): Uint8Array =>
    picked.subarray(...cut([0, picked.length], partial));
  if (isKept(section)) {
    const kept = new KeptNames(names);
    return {
      needs: "summary",
      write({ session: { out }, summary }) {
        out.bytes(label);
        writeOctets(out, cutDown(summary.pick(kept)));
      },
    };
  }
  const wanted = new FieldNames(names);
  return {
    needs: "source",
    range: (summary, size) => rangeOf(section, summary, size),
    write({ session: { out }, size, summary, slice }) {
      out.bytes(label);
      const range = rangeOf(section, summary, size);
      if (range === undefined) out.text("NIL");
      else {
        const header = slice(...range);
        const picked = headerFields(header, 0, header.length, wanted, not);
        writeOctets(out, cutDown(picked));
      }
    },
  };
}

/** Everything else: octets as they lie in the message. */
function octetsAttribute(
  label: Uint8Array,
  section: Section,
  partial: Partial | undefined,
): Reading {
  const sizeTells = section.part.length === 0 && section.text === "";
  const range = (summary: Summary, size: number): ByteRange | undefined => {
    const whole = sizeTells
      ? [0, size] as const
      : rangeOf(section, summary, size);
    return whole && cut(whole, partial);
  };
  return {
    needs: "source",
    label,
    sizeTells,
    range,
    write({ session: { out }, size, summary, slice }) {
      out.bytes(label);
      const octets = range(summary, size);
      if (octets === undefined) out.text("NIL");
      else writeOctets(out, slice(...octets));
    },
  };
}

/** An item's name and a space, encoded once for all messages. */
export function encodeLabel(name: string): Uint8Array {
  return new Encoder().text(name).sp().take();
}

/** `BODY[section]<origin> `, as it is echoed (RFC 9051 § 7.5.2). */
function bodyLabel(
  { part, text, fields, zero }: Section,
  partial: Partial | undefined,
): Uint8Array {
  const out = new Encoder().text("BODY[").text(part.join("."));
  if (zero) out.text(part.length > 0 ? ".0" : "0");
  else if (text !== "") {
    if (part.length > 0) out.text(".");
    out.text(text);
    if (fields !== undefined) {
      out.text(fields.not ? ".FIELDS.NOT (" : ".FIELDS (");
      fields.names.forEach((name, index) => {
        if (index > 0) out.sp();
        out.astring(name);
      });
      out.close();
    }
  }
  return out.text(partial === undefined ? "] " : `]<${partial.origin}> `)
    .take();
}

/** BODY[...] and BODY.PEEK[...] */
function parseBody(
  d: Decoder,
  context: ParseContext,
  setsSeen: boolean,
): FetchAttribute {
  const section = parseSection(d, context);
  const partial = parsePartial(d);
  return sectionAttribute(
    bodyLabel(section, partial),
    section,
    partial,
    setsSeen,
  );
}

/** One of the RFC822 items, which stand for sections of the whole message. */
function rfc822(
  name: string,
  label: string,
  text: Section["text"],
  setsSeen: boolean,
): FetchItem {
  const attribute = sectionAttribute(
    encodeLabel(label),
    { part: [], text },
    undefined,
    setsSeen,
  );
  return { name, parse: () => attribute };
}

/** BODY[section] and the RFC822 items of RFC 3501 § 6.4.5. */
export const sectionItems: readonly FetchItem[] = [
  {
    name: "BODY",
    parse: (d, context) =>
      d.peek() === BRACKET ? parseBody(d, context, true) : BODY,
  },
  { name: "BODY.PEEK", parse: (d, context) => parseBody(d, context, false) },
  rfc822("RFC822", "RFC822", "", true),
  rfc822("RFC822.HEADER", "RFC822.HEADER", "HEADER", false),
  rfc822("RFC822.TEXT", "RFC822.TEXT", "TEXT", true),
];

const BRACKET = "[".charCodeAt(0);
const CLOSE = "]".charCodeAt(0);

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
