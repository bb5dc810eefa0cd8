/**
 * Makes the signatures of messages: of all that TEXT looks at, and of the header fields that summaries keep.
 *
 * Nearly all of mail is ASCII once its transfer encoding has been undone. Such bytes are signed as they are; a text is
 * made of the others alone.
 *
 * @module
 */

import { extendsAscii } from "../../mime/charset.ts";
import { decodeWords } from "../../mime/encoded_word.ts";
import { eachField, FieldNames, fieldValue } from "../../mime/header.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import type { Part } from "../../mime/part.ts";
import { labelledText, partBytes, partCharset } from "../../mime/text.ts";
import type { Pace } from "../../../storage/pace.ts";
import { KEPT, KEPT_FIELDS } from "../kept_fields.ts";
import { foldHeader } from "./fold.ts";
import { headerLine } from "./header_texts.ts";
import { saltOf, type Signature, SignatureBuilder } from "./signature.ts";
import { isOnePiece, pieces } from "./text_match.ts";

/** How many bytes to sign between two looks at the clock. */
const SLICE = 65_536;
/** How far triples reach: the next slice begins before the end of the last. */
const REACH = 2;

/** Of each field that summaries keep, by its number, the salt of its name. */
const SALTS = Int32Array.from(KEPT_FIELDS, saltOf);
const NO_NAMES = new FieldNames([]);

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
      this.#signHeader(source, part);
      if (this.#pace.due) await this.#pace.rest();
      if (part.message !== null) open.push(part.message);
      else if (part.type === "MULTIPART") open.push(...part.children);
      else if (part.type === "TEXT" || part.type === "MESSAGE") {
        const bytes = partBytes(source, part, this.#room);
        const charset = partCharset(part);
        if (await this.#signPlain(bytes, charset)) continue;
        await this.#signText(labelledText(bytes, charset));
      }
    }
    return this.#signature.take();
  }

  /** Signs every field of a part's header, each with its name. */
  #signHeader(source: Uint8Array, { headerStart, bodyStart }: Part): void {
    const signature = this.#signature;
    const most = headerStart + MIME_LIMITS.maxEnvelopeBytes;
    const end = Math.min(bodyStart, most);
    eachField(source, headerStart, end, NO_NAMES, (_, start, value, end) => {
      if (signature.addPlainField(source, start, end)) return;
      const valueStart = Math.max(start, value);
      signature.add(headerLine(source, start, valueStart, end));
    });
  }

  /** Signs a body of plain ASCII; false when it is none. */
  async #signPlain(
    bytes: Uint8Array,
    charset: string | undefined,
  ): Promise<boolean> {
    if (charset !== undefined && !extendsAscii(charset)) return false;
    for (let from = 0; from < bytes.length; from += SLICE) {
      const end = Math.min(from + SLICE + REACH, bytes.length);
      if (!this.#signature.addPlain(bytes, from, end)) return false;
      if (this.#pace.due) await this.#pace.rest();
    }
    return true;
  }

  async #signText(text: string): Promise<void> {
    if (!isOnePiece(text)) return this.#signature.spoil();
    for (const piece of pieces(text, REACH + 1)) {
      this.#signature.addText(piece);
      if (this.#pace.due) await this.#pace.rest();
    }
  }
}

/** Signs the header fields that summaries keep, of one message after the other, each with its name as the salt. */
export class FieldSigner {
  readonly #signature = new SignatureBuilder(FIELDS_SIGNATURE);

  /**
   * Signs the fields of a message.
   * @param header what its summary has of its header
   */
  sign(header: Uint8Array): Signature {
    const signature = this.#signature;
    const { length } = header;
    eachField(header, 0, length, KEPT, (number, nameStart, valueStart, end) => {
      if (number < 0) return;
      const salt = SALTS[number]!;
      if (signature.addPlainField(header, valueStart, end, salt)) return;
      const field = { name: "", nameStart, valueStart, end };
      const value = fieldValue(header, field, MIME_LIMITS.maxAddressBytes);
      signature.add(foldHeader(decodeWords(value)), salt);
    });
    return signature.take()!;
  }
}
