/**
 * What the Content- fields of a part's header say (RFC 2045, RFC 2183, RFC 3282, RFC 1864, RFC 2557).
 *
 * @module
 */

import { latin1, type RangeTexts } from "./bytes.ts";
import { FieldNames, unfold } from "./header.ts";
import {
  joinContinuations,
  type Parameters,
  parseStructured,
  type StructuredValue,
} from "./parameters.ts";
import type { MimeLimits } from "./limits.ts";
import type { Part } from "./part.ts";

/** The name of a field that is looked for, in lower case. */
export type ContentName =
  | "content-type"
  | "content-transfer-encoding"
  | "content-id"
  | "content-description"
  | "content-md5"
  | "content-disposition"
  | "content-language"
  | "content-location";

const NAMES: readonly ContentName[] = [
  "content-type",
  "content-transfer-encoding",
  "content-id",
  "content-description",
  "content-md5",
  "content-disposition",
  "content-language",
  "content-location",
];
const FIELD_NAMES = new FieldNames(NAMES);

/** The fields in a header, each the first of its name: where its value begins and ends. */
export type ContentRanges = Map<ContentName, readonly [number, number]>;

/** The longest of the names, with a few blanks before the colon. */
const LONGEST = 32;

/** Notes the field in `[start, end)` if it is one of those that matter and the first of its name. */
export function noteContentField(
  ranges: ContentRanges,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  // "c", then "o": nearly every field is dismissed here.
  if ((bytes[start]! | 32) !== 99 || (bytes[start + 1]! | 32) !== 111) return;
  const limit = Math.min(end, start + LONGEST);
  let colon = start + 2;
  while (colon < limit && bytes[colon] !== 58) colon++;
  if (colon === limit) return;
  let nameEnd = colon;
  while (isWhiteSpace(bytes[nameEnd - 1]!)) nameEnd--;
  const name = NAMES[FIELD_NAMES.find(bytes, start, nameEnd)];
  if (name === undefined || ranges.has(name)) return;
  ranges.set(name, [colon + 1, end]);
}

/** White space of whatever kind, a no-break space among it. */
function isWhiteSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 0xa0;
}

/** What the header says of a part. */
export type ContentFields = Pick<
  Part,
  | "type"
  | "subtype"
  | "parameters"
  | "encoding"
  | "id"
  | "description"
  | "md5"
  | "disposition"
  | "language"
  | "location"
>;

/** A token (RFC 2045 § 5.1), with bytes beyond ASCII let through. */
const MEDIA_TYPE =
  /^([^\s\p{Cc}()<>@,;:\\"/[\]?=]+)\/([^\s\p{Cc}()<>@,;:\\"/[\]?=]+)$/u;

/**
 * Reads the fields.
 * @param texts the text of the header
 * @param inDigest whether the part is one of a multipart/digest, where message/rfc822 is the default
 * (RFC 2046 § 5.1.5)
 */
export function readContentFields(
  texts: RangeTexts,
  ranges: ContentRanges,
  inDigest: boolean,
  limits: MimeLimits,
): ContentFields {
  const text = (name: ContentName): string | null => {
    const range = ranges.get(name);
    if (range === undefined) return null;
    const end = Math.min(range[1], range[0] + limits.maxFieldBytes);
    return unfold(texts.text(range[0], end));
  };
  const structured = (value: string | null) => {
    if (value === null) return NOTHING;
    const { head, parameters } = parseStructured(value, limits.maxParameters);
    return { head, parameters: joinContinuations(parameters) };
  };

  let type = "TEXT";
  let subtype = "PLAIN";
  let parameters: Parameters = [];
  const contentType = text("content-type");
  if (contentType !== null) {
    const value = structured(contentType);
    const match = MEDIA_TYPE.exec(value.head);
    // RFC 2045 § 5.2 recommends the default for a field that is syntactically invalid.
    if (match !== null) {
      type = match[1]!.toUpperCase();
      subtype = match[2]!.toUpperCase();
      parameters = value.parameters;
    }
  } else if (inDigest) {
    type = "MESSAGE";
    subtype = "RFC822";
  }

  const encoding = headOf(text("content-transfer-encoding"));
  const disposition = structured(text("content-disposition"));
  return {
    type,
    subtype,
    parameters,
    encoding: encoding === "" ? "7BIT" : encoding.toUpperCase(),
    id: text("content-id"),
    description: text("content-description"),
    md5: text("content-md5"),
    disposition: disposition.head === ""
      ? null
      : { type: disposition.head, parameters: disposition.parameters },
    language: languages(text("content-language")),
    location: text("content-location")?.replace(/\s+/g, "") ?? null,
  };
}

const NOTHING: StructuredValue = { head: "", parameters: [] };

/** A value without its parameters. */
function headOf(value: string | null): string {
  return value === null ? "" : parseStructured(value, 0).head;
}

/** The tags of a Content-Language field (RFC 3282 § 2). */
function languages(value: string | null): string[] {
  if (value === null) return [];
  return value.split(",").slice(0, 100)
    .map(headOf)
    .filter((tag) => tag !== "");
}

/**
 * The boundary of a multipart in the bytes of the header, whatever charset they are in; undefined when there
 * is none.
 */
export function boundaryOf(
  bytes: Uint8Array,
  ranges: ContentRanges,
  fields: ContentFields,
  limits: MimeLimits,
): Uint8Array | undefined {
  if (fields.type !== "MULTIPART") return undefined;
  let value = findBoundary(fields.parameters);
  const range = ranges.get("content-type");
  if (range !== undefined && value !== undefined && /[^\0-\x7f]/.test(value)) {
    const end = Math.min(range[1], range[0] + limits.maxFieldBytes);
    const raw = parseStructured(
      unfold(latin1(bytes, range[0], end)),
      limits.maxParameters,
    );
    value = findBoundary(joinContinuations(raw.parameters));
  }
  if (value === undefined) return undefined;
  const boundary = new Uint8Array(value.length);
  for (let at = 0; at < value.length; at++) boundary[at] = value.charCodeAt(at);
  return boundary;
}

function findBoundary(parameters: Parameters): string | undefined {
  return parameters.find(([name]) => name.toLowerCase() === "boundary")?.[1];
}
