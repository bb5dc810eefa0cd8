/**
 * What the Content- fields of a part's header say (RFC 2045, RFC 2183, RFC 3282, RFC 1864, RFC 2557).
 *
 * @module
 */

import { decodeUnlabelled, latin1 } from "./bytes.ts";
import { unfold } from "./header.ts";
import {
  joinContinuations,
  type Parameters,
  parseStructured,
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

const NAMES: ReadonlySet<string> = new Set<ContentName>([
  "content-type",
  "content-transfer-encoding",
  "content-id",
  "content-description",
  "content-md5",
  "content-disposition",
  "content-language",
  "content-location",
]);

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
  const name = latin1(bytes, start, colon).trimEnd().toLowerCase();
  if (!isContentName(name) || ranges.has(name)) return;
  ranges.set(name, [colon + 1, end]);
}

function isContentName(name: string): name is ContentName {
  return NAMES.has(name);
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
 * @param inDigest whether the part is one of a multipart/digest, where message/rfc822 is the default
 * (RFC 2046 § 5.1.5)
 */
export function readContentFields(
  bytes: Uint8Array,
  ranges: ContentRanges,
  inDigest: boolean,
  limits: MimeLimits,
): ContentFields {
  const text = (name: ContentName): string | null => {
    const range = ranges.get(name);
    if (range === undefined) return null;
    const end = Math.min(range[1], range[0] + limits.maxFieldBytes);
    return unfold(decodeUnlabelled(bytes, range[0], end));
  };
  const structured = (value: string) => {
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

  const encoding = structured(text("content-transfer-encoding") ?? "").head;
  const disposition = structured(text("content-disposition") ?? "");
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

/** The tags of a Content-Language field (RFC 3282 § 2). */
function languages(value: string | null): string[] {
  if (value === null) return [];
  return value.split(",").slice(0, 100)
    .map((tag) => parseStructured(tag, 0).head)
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
  return Uint8Array.from(value, (char) => char.charCodeAt(0));
}

function findBoundary(parameters: Parameters): string | undefined {
  return parameters.find(([name]) => name.toLowerCase() === "boundary")?.[1];
}
