/**
 * BINARY: RFC 3516. Its FETCH items are also in RFC 9051 § 6.4.5.
 *
 * @module
 */

import { encodeBinaryParts } from "../../mime/binary_parts.ts";
import type { Part } from "../../mime/parse.ts";
import { findSection } from "../../mime/section.ts";
import { decode } from "../../mime/transfer_encoding.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { hasNul } from "../../wire/nul_bytes.ts";
import type { ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { AppendData, Extension } from "../extension.ts";
import type { FetchAttribute, FetchMessage } from "../fetch/attribute.ts";
import { cut, parsePart, parsePartial } from "../fetch/section.ts";
import type { Summary } from "../summary.ts";

/** section-binary = "[" [section-part] "]" */
function parseSectionBinary(d: Decoder, context: ParseContext): number[] {
  d.char("[");
  const { part, dot } = parsePart(d, context);
  if (dot || part.includes(0)) throw new Bad("Expected the number of a part");
  d.char("]");
  return part;
}

/** The part that is asked for; without numbers the message itself, which has no encoding of its own. */
function partOf(
  summary: Summary,
  numbers: readonly number[],
): Part | undefined {
  const root = summary.parts();
  return numbers.length === 0 ? root : findSection(root, numbers);
}

const NO_BYTES = new Uint8Array(0);

/**
 * What has been decoded for the response that is being written: a client may ask for many pieces of a part. Each response
 * has a summary of its own; the `FetchMessage` is the same for all of them.
 */
const decoded = new WeakMap<Summary, Map<string, Uint8Array | undefined>>();

/** The content of a part with its transfer encoding taken off. */
function content(
  message: FetchMessage,
  numbers: readonly number[],
): Uint8Array | undefined {
  const part = partOf(message.summary, numbers);
  if (part === undefined) return undefined;
  if (numbers.length === 0) return message.slice(0, part.bodyEnd);
  let parts = decoded.get(message.summary);
  if (parts === undefined) decoded.set(message.summary, parts = new Map());
  const key = numbers.join(".");
  if (!parts.has(key)) {
    const encoded = message.slice(part.bodyStart, part.bodyEnd);
    parts.set(key, decode(encoded, part.encoding));
  }
  return parts.get(key);
}

function attribute(
  name: string,
  numbers: readonly number[],
  about: {
    setsSeen: boolean;
    write(message: FetchMessage, bytes: Uint8Array | undefined): void;
  },
): FetchAttribute {
  return {
    name,
    needs: "source",
    setsSeen: about.setsSeen,
    range(summary, size) {
      if (numbers.length === 0) return [0, size];
      const part = findSection(summary.parts(), numbers);
      return part && [part.bodyStart, part.bodyEnd];
    },
    refusal(summary) {
      const part = partOf(summary, numbers);
      const known = part === undefined || numbers.length === 0 ||
        decode(NO_BYTES, part.encoding) !== undefined;
      return known
        ? undefined
        : new No("UNKNOWN-CTE", "The part's transfer encoding is not known");
    },
    write: (message) => about.write(message, content(message, numbers)),
  };
}

// "BINARY" [".PEEK"] section-binary [partial]
function parseBinary(
  d: Decoder,
  context: ParseContext,
  setsSeen: boolean,
): FetchAttribute {
  const numbers = parseSectionBinary(d, context);
  const partial = parsePartial(d);
  const origin = partial === undefined ? "" : `<${partial.origin}>`;
  const name = `BINARY[${numbers.join(".")}]${origin}`;
  return attribute(`${name}${partial?.length ?? ""}`, numbers, {
    setsSeen,
    write({ session: { out } }, bytes) {
      out.text(name).sp();
      if (bytes === undefined) return void out.text("NIL");
      const octets = bytes.subarray(...cut([0, bytes.length], partial));
      // A NUL has no place in a literal; literal8 has room for it (RFC 3516 § 4.3).
      if (hasNul(octets)) out.literal8(octets);
      else out.literal(octets);
    },
  });
}

// "BINARY.SIZE" section-binary
function parseSize(d: Decoder, context: ParseContext): FetchAttribute {
  const numbers = parseSectionBinary(d, context);
  const name = `BINARY.SIZE[${numbers.join(".")}]`;
  return attribute(name, numbers, {
    setsSeen: false,
    write({ session: { out } }, bytes) {
      out.text(name).sp().number(bytes?.length ?? 0);
    },
  });
}

/**
 * literal8, as a message. What has no place in a FETCH BODY response is encoded (RFC 3516 § 4.4, § 6), and nothing else
 * is changed.
 */
export function parseLiteral8(d: Decoder): AppendData {
  const octets = d.literalBytes();
  if (!d.lastLiteralBinary) throw new Bad("Expected a literal8");
  return hasNul(octets) ? () => withoutBinary(octets) : octets;
}

/**
 * A message with its binary parts in base64.
 * @throws {No} UNKNOWN-CTE where a NUL is in what cannot be encoded
 */
export function withoutBinary(octets: Uint8Array): Uint8Array {
  const encoded = encodeBinaryParts(octets);
  if (encoded !== undefined) return encoded;
  throw new No("UNKNOWN-CTE", "There is a NUL outside of binary content");
}

/** BINARY's FETCH items, which are in IMAP4rev2 and so not bound to a capability. */
export const binaryFetchExtension: Extension = {
  fetchItems: [
    { name: "BINARY", parse: (d, context) => parseBinary(d, context, true) },
    {
      name: "BINARY.PEEK",
      parse: (d, context) => parseBinary(d, context, false),
    },
    { name: "BINARY.SIZE", parse: parseSize },
  ],
};

/** BINARY: what APPEND has of it. */
export const binaryExtension: Extension = {
  capabilities: () => ["BINARY"],
  documents: { BINARY: "3516" },
  // append-data =/ literal8
  appendForms: [{ name: "~", parse: parseLiteral8 }],
};
