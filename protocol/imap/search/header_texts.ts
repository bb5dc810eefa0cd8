/**
 * Headers as search keys see them: the text of the fields, unfolded, encoded words decoded (RFC 2047), and
 * folded for comparison.
 *
 * @module
 */

import { isAscii } from "node:buffer";
import { decodeUnlabelled, headerEnd, latin1 } from "../../mime/bytes.ts";
import { decodeWords } from "../../mime/encoded_word.ts";
import {
  type FieldNames,
  fields,
  fieldValue,
  type HeaderField,
  unfold,
} from "../../mime/header.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import { foldHeader } from "./fold.ts";
import type { Needle } from "./text_match.ts";

/** The fields of a header that a search asks for. Nothing is decoded that no string can be in. */
export class HeaderTexts {
  readonly #source: Uint8Array;
  readonly #names: FieldNames;
  #header: { bytes: Uint8Array; plain: string | undefined } | undefined;
  #fields: ReadonlyMap<string, readonly HeaderField[]> | undefined;
  #texts: Map<string, readonly string[]> | undefined;

  /**
   * Looks at a header, once it is asked.
   * @param source a header with its empty line, whatever follows
   * @param names the fields that will be asked for
   */
  constructor(source: Uint8Array, names: FieldNames) {
    this.#source = source;
    this.#names = names;
  }

  /** Whether a field of this name contains the string. */
  contains(name: string, needle: Needle): boolean {
    const { plain } = this.#look();
    if (plain !== undefined && !needle.mayBeIn(plain)) return false;
    return this.#textsOf(name).some((text) => needle.inHeader(text));
  }

  /** The value of the first field of a name as it stands, unfolded. */
  value(name: string): string | undefined {
    const field = this.#fieldsOf(name)[0];
    return field === undefined
      ? undefined
      : fieldValue(this.#look().bytes, field);
  }

  #look(): { readonly bytes: Uint8Array; readonly plain: string | undefined } {
    if (this.#header === undefined) {
      const most = this.#source.subarray(0, MIME_LIMITS.maxEnvelopeBytes);
      const bytes = most.subarray(0, headerEnd(most, 0));
      this.#header = { bytes, plain: plainText(bytes, 0, bytes.length) };
    }
    return this.#header;
  }

  #textsOf(name: string): readonly string[] {
    this.#texts ??= new Map();
    let texts = this.#texts.get(name);
    if (texts === undefined) {
      const { bytes } = this.#look();
      texts = this.#fieldsOf(name).map((field) =>
        foldHeader(
          decodeWords(fieldValue(bytes, field, MIME_LIMITS.maxAddressBytes)),
        )
      );
      this.#texts.set(name, texts);
    }
    return texts;
  }

  #fieldsOf(name: string): readonly HeaderField[] {
    this.#fields ??= fieldsByName(this.#look().bytes, this.#names);
    return this.#fields.get(name) ?? [];
  }
}

function fieldsByName(
  bytes: Uint8Array,
  names: FieldNames,
): ReadonlyMap<string, readonly HeaderField[]> {
  const byName = new Map<string, HeaderField[]>();
  for (const field of fields(bytes, 0, bytes.length, names)) {
    const same = byName.get(field.name);
    if (same === undefined) byName.set(field.name, [field]);
    else same.push(field);
  }
  return byName;
}

/**
 * A header in capitals, when it is plain: ASCII without encoded words or NUL. A word that is not in it is in none of
 * its fields, since unfolding takes away no more than line breaks beside white space.
 */
export function plainText(
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (!isAscii(bytes.subarray(start, end))) return undefined;
  const text = latin1(bytes, start, end).toUpperCase();
  return text.includes("=?") || text.includes("\0") ? undefined : text;
}

/** All fields of the header in a range with their names, folded for comparison. */
export function* headerLines(
  bytes: Uint8Array,
  start: number,
  end: number,
): Generator<string, void, undefined> {
  for (const field of fields(bytes, start, end)) {
    const to = Math.min(
      field.end,
      field.valueStart + MIME_LIMITS.maxAddressBytes,
    );
    const text = unfold(decodeUnlabelled(bytes, field.nameStart, to));
    yield foldHeader(decodeWords(text));
  }
}
