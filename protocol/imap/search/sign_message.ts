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
import { saltOf, type Signature, SignatureBuilder } from "./signature.ts";
import { foldedPieces, isOnePiece } from "./text_match.ts";

/** How many bytes to sign between two looks at the clock. */
const SLICE = 65_536;
const TRIPLE = 3;
const encoder = new TextEncoder();

/** Of each field that summaries keep, by its number, the salt of its name. */
const SALTS = Int32Array.from(KEPT_FIELDS, saltOf);

/** The most that a signature takes, in bytes: of the fields of a summary, of a whole text. */
const FIELDS_SIGNATURE = 1_024, TEXT_SIGNATURE = 8_192;

/** Signs all of a message that TEXT looks at, one message after the other. */
export class TextSigner {
  readonly #signature = new SignatureBuilder(TEXT_SIGNATURE);
  /** Where quoted-printable is decoded, if it fits. */
  readonly #room = new Uint8Array(SLICE);
  readonly #pace: Pace;

  /** @param pace where to rest */
  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /**
   * Signs a message.
   * @param root its structure
   * @returns undefined where no signature could be right for every search
   */
  async sign(source: Uint8Array, root: Part): Promise<Signature | undefined> {
    const open: Part[] = [root];
    for (let part = open.pop(); part !== undefined; part = open.pop()) {
      await this.#signHeader(source, part);
      if (part.message !== null) open.push(part.message);
      else if (part.type === "MULTIPART") open.push(...part.children);
      else if (part.type === "TEXT" || part.type === "MESSAGE") {
        await this.#signBody(source, part);
      }
    }
    return this.#signature.take();
  }

  /** Signs the header of a part: all at once what is plain, by its fields what is not. */
  async #signHeader(
    source: Uint8Array,
    { headerStart, bodyStart }: Part,
  ): Promise<void> {
    const signature = this.#signature;
    const most = headerStart + MIME_LIMITS.maxEnvelopeBytes;
    const header = source.subarray(0, Math.min(bodyStart, most));
    for (let at = headerStart; at < header.length;) {
      const stop = signature.addPlainHeader(header, at, header.length);
      if (this.#pace.due) await this.#pace.rest();
      if (stop === header.length) return;
      const start = fieldStart(header, at, stop);
      at = unfoldedLine(header, stop);
      for (const line of headerLines(header, start, at)) signature.add(line);
    }
  }

  async #signBody(source: Uint8Array, part: Part): Promise<void> {
    const bytes = partBytes(source, part, this.#room);
    const charset = partCharset(part);
    const isSame = charset === undefined
      ? isUtf8(bytes)
      : isSameInUtf8(bytes, charset);
    if (isSame && await this.#signUtf8(bytes)) return;
    const text = labelledText(bytes, charset);
    if (text.isWellFormed()) {
      if (await this.#signUtf8(encoder.encode(text))) return;
    }
    await this.#signText(text);
  }

  /** Signs text in UTF-8; false for one with NUL in it, and for a long one that has no places to be cut. */
  async #signUtf8(bytes: Uint8Array): Promise<boolean> {
    const { length } = bytes;
    if (!isOnePiece(length, (at) => bytes[at]!)) return false;
    for (let from = 0; from < length;) {
      let end = Math.min(from + SLICE, length);
      while (end < length && bytes[end]! >= 0x80) end--;
      if (!this.#signature.addUtf8(bytes, from, end)) return false;
      from = end;
      if (this.#pace.due) await this.#pace.rest();
    }
    return true;
  }

  /** Signs what is as seldom as it is odd. */
  async #signText(text: string): Promise<void> {
    if (!isOnePiece(text.length, (at) => text.charCodeAt(at))) {
      return this.#signature.spoil();
    }
    for (const piece of foldedPieces(text, TRIPLE)) {
      this.#signature.add(piece);
      if (this.#pace.due) await this.#pace.rest();
    }
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
    return signature.take()!;
  }
}
