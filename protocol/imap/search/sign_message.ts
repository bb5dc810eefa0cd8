/**
 * Makes the signatures of messages: of all that TEXT looks at, and of the header fields that summaries keep.
 *
 * Nearly all of mail is ASCII or UTF-8 once its transfer encoding has been undone. Such bytes are signed as they are; a
 * text is made of the others alone.
 *
 * @module
 */

import { isUtf8 } from "node:buffer";
import { isBlank, LF, unfoldedLine } from "../../mime/bytes.ts";
import { isSameInUtf8 } from "../../mime/charset.ts";
import { decodeWords } from "../../mime/encoded_word.ts";
import { fieldValue } from "../../mime/header.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import type { Part } from "../../mime/part.ts";
import { labelledText, partBytes, partCharset } from "../../mime/text.ts";
import type { Pace } from "../../../storage/pace.ts";
import { KEPT_FIELDS } from "../kept_fields.ts";
import type { Summary } from "../summary.ts";
import { foldHeader } from "./fold.ts";
import { headerLines } from "./header_texts.ts";
import { type SearchedPart, searchedParts } from "./searched_parts.ts";
import { saltOf, type Signature, SignatureBuilder } from "./signature.ts";
import { cutAt, foldedPieces } from "./text_match.ts";

/** How many bytes, or code units of a text, to sign between two looks at the clock. */
const SLICE = 65_536;
/** The most bytes that a UTF-16 code unit takes in UTF-8. */
const UNIT_BYTES = 3;
const TRIPLE = 3;
const encoder = new TextEncoder();

/** Of each field that summaries keep, by its number, the salt of its name. */
const SALTS = Int32Array.from(KEPT_FIELDS, saltOf);

/** The most that a signature takes, in bytes: of the fields of a summary, of a whole text. */
const FIELDS_SIGNATURE = 1_024, TEXT_SIGNATURE = 8_192;

/** Signs all of a message that TEXT looks at, one message after the other. */
export class TextSigner {
  readonly #signature = new SignatureBuilder(TEXT_SIGNATURE);
  /** Where quoted-printable is decoded, if it fits, and where slices of a text are encoded. */
  readonly #room = new Uint8Array(SLICE * UNIT_BYTES);
  readonly #pace: Pace;

  /** @param pace where to rest */
  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /**
   * Signs a message.
   * @param root its structure
   */
  async sign(source: Uint8Array, root: Part): Promise<Signature> {
    const signature = this.#signature;
    for (const searched of searchedParts(root)) {
      await this.#signHeader(source, searched);
      if (searched.hasText) await this.#signBody(source, searched.part);
    }
    return signature.take();
  }

  /** Signs the header of a part: all at once what is plain, by its fields what is not. */
  async #signHeader(
    source: Uint8Array,
    { part: { headerStart }, headerEnd }: SearchedPart,
  ): Promise<void> {
    const signature = this.#signature;
    const header = source.subarray(0, headerEnd);
    for (let at = headerStart; at < header.length;) {
      const stop = signature.addPlainHeader(header, at, header.length);
      await this.#restIfDue();
      if (stop === header.length) return;
      const start = fieldStart(header, at, stop);
      at = unfoldedLine(header, stop);
      for (const line of headerLines(header, start, at)) signature.add(line);
    }
  }

  /** Signs the body of a part. */
  async #signBody(source: Uint8Array, part: Part): Promise<void> {
    const bytes = partBytes(source, part, this.#room);
    const charset = partCharset(part);
    const isSame = charset === undefined
      ? isUtf8(bytes)
      : isSameInUtf8(bytes, charset);
    await this.#restIfDue();
    return isSame
      ? this.#signSame(bytes, charset)
      : this.#signText(labelledText(bytes, charset));
  }

  /** Signs a text that is the same in UTF-8: as it stands, if that can be done. */
  async #signSame(
    bytes: Uint8Array,
    charset: string | undefined,
  ): Promise<void> {
    const { length } = bytes;
    for (let from = 0; from < length;) {
      let end = Math.min(from + SLICE, length);
      while (end < length && (bytes[end]! & 0xc0) === 0x80) end--;
      if (!this.#signature.addUtf8(bytes, from, end)) {
        return this.#signOdd(labelledText(bytes, charset));
      }
      from = end;
      await this.#restIfDue();
    }
  }

  /** Signs a text, a slice of it in UTF-8 at a time. */
  async #signText(text: string): Promise<void> {
    const { length } = text;
    for (let from = 0; from < length;) {
      await this.#restIfDue();
      const end = cutAt(text, Math.min(from + SLICE, length));
      const slice = text.slice(from, end);
      const { written } = encoder.encodeInto(slice, this.#room);
      const isSigned = slice.isWellFormed() &&
        this.#signature.addUtf8(this.#room, 0, written, from > 0);
      if (!isSigned) return this.#signOdd(text);
      from = end;
    }
  }

  /** Signs what is as seldom as it is odd. */
  async #signOdd(text: string): Promise<void> {
    for (const piece of foldedPieces(text, TRIPLE)) {
      this.#signature.add(piece);
      await this.#restIfDue();
    }
  }

  async #restIfDue(): Promise<void> {
    if (this.#pace.due) await this.#pace.rest();
  }
}

/** Where the header field begins that a place is in, of those from a first one on. */
function fieldStart(bytes: Uint8Array, first: number, place: number): number {
  let at = place;
  while (at > first && (bytes[at - 1] !== LF || isBlank(bytes[at]))) at--;
  return at;
}

/** Signs the header fields that summaries keep, of one message after the other, each with its name as the salt. */
export class FieldSigner {
  readonly #signature = new SignatureBuilder(FIELDS_SIGNATURE);

  /** Signs the fields of a message. */
  sign(summary: Summary): Signature {
    const signature = this.#signature;
    const { fields } = summary;
    summary.eachField((name, start, valueStart, end) => {
      const salt = SALTS[name]!;
      const stop = signature.addPlainHeader(fields, valueStart, end, salt);
      if (stop === end) return;
      const field = { name: "", nameStart: start, valueStart, end };
      const value = fieldValue(fields, field, MIME_LIMITS.maxAddressBytes);
      signature.add(foldHeader(decodeWords(value)), salt);
    });
    return signature.take();
  }
}
