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
  fields,
  fieldValue,
  type HeaderField,
  unfold,
} from "../../mime/header.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import { saltOf, type SignatureBuilder } from "./signature.ts";
import { foldHeader, type Needle } from "./text_match.ts";

/** The fields of a header that a search asks for. Nothing is decoded that no string can be in. */
export class HeaderTexts {
  readonly #bytes: Uint8Array;
  readonly #names: ReadonlySet<string>;
  readonly #plain: string | undefined;
  #fields: ReadonlyMap<string, readonly HeaderField[]> | undefined;
  readonly #texts = new Map<string, readonly string[]>();

  /**
   * Looks at a header.
   * @param bytes a header with its empty line, whatever follows
   * @param names the fields that will be asked for, in lower case
   */
  constructor(bytes: Uint8Array, names: ReadonlySet<string>) {
    const most = bytes.subarray(0, MIME_LIMITS.maxEnvelopeBytes);
    const end = headerEnd(most, 0);
    this.#bytes = bytes.subarray(0, end);
    this.#names = names;
    this.#plain = plainText(bytes, 0, end);
  }

  /** Whether a field of this name contains the string. */
  contains(name: string, needle: Needle): boolean {
    if (this.#plain !== undefined && !needle.mayBeIn(this.#plain)) return false;
    return this.#textsOf(name).some((text) => needle.inHeader(text));
  }

  /** The value of the first field of a name as it stands, unfolded. */
  value(name: string): string | undefined {
    const field = this.#fieldsOf(name)[0];
    return field === undefined ? undefined : fieldValue(this.#bytes, field);
  }

  /** Signs all fields, those that nobody asks for too, each with its name as the salt. */
  sign(signature: SignatureBuilder): void {
    const bytes = this.#bytes;
    const plain = this.#plain;
    for (const field of fields(bytes, 0, bytes.length)) {
      // Unfolded or not, a plain field looks the same once its white space has been run together.
      const text = plain === undefined
        ? foldHeader(
          decodeWords(fieldValue(bytes, field, MIME_LIMITS.maxAddressBytes)),
        )
        : foldHeader(plain.slice(field.valueStart, field.end));
      signature.add(text, saltOf(field.name));
    }
  }

  #textsOf(name: string): readonly string[] {
    let texts = this.#texts.get(name);
    if (texts === undefined) {
      texts = this.#fieldsOf(name).map((field) =>
        foldHeader(
          decodeWords(
            fieldValue(this.#bytes, field, MIME_LIMITS.maxAddressBytes),
          ),
        )
      );
      this.#texts.set(name, texts);
    }
    return texts;
  }

  #fieldsOf(name: string): readonly HeaderField[] {
    this.#fields ??= fieldsByName(this.#bytes, this.#names);
    return this.#fields.get(name) ?? [];
  }
}

function fieldsByName(
  bytes: Uint8Array,
  names: ReadonlySet<string>,
): ReadonlyMap<string, readonly HeaderField[]> {
  const byName = new Map<string, HeaderField[]>();
  for (const field of fields(bytes, 0, bytes.length)) {
    if (!names.has(field.name)) continue;
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

/**
 * Signs a header: every field of it as {@linkcode headerLines} gives it.
 * @param plain {@linkcode plainText} of the same range
 */
export function signHeader(
  signature: SignatureBuilder,
  bytes: Uint8Array,
  start: number,
  end: number,
  plain: string | undefined,
): void {
  if (plain !== undefined) signature.add(foldHeader(plain));
  else for (const line of headerLines(bytes, start, end)) signature.add(line);
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
