/**
 * A summary: what FETCH and SEARCH want of a message without reading it.
 *
 * It is made once, when a message arrives, and kept by the storage as bytes that mean nothing to it:
 * ENVELOPE, BODYSTRUCTURE and BODY as they go out, the offsets of the parts, the header fields that clients
 * ask for, and the preview. A format's number stands first; a summary of another format, or none, means that the
 * source has to be read.
 *
 * A format's sections stand behind the varints of their lengths. Format 2 added the preview to format 1; format 3 the
 * index of the header fields, which stands before them: of each the number of its name in {@linkcode KEPT_FIELDS} and
 * its length.
 *
 * @module
 */

import { type Envelope, envelope } from "../mime/envelope.ts";
import {
  eachField,
  emptyLineAtEnd,
  headerFields,
  type OnField,
} from "../mime/header.ts";
import { MIME_LIMITS } from "../mime/limits.ts";
import { parseMessage, type Part } from "../mime/parse.ts";
import { preview } from "../mime/preview.ts";
import { Encoder } from "../wire/encoder.ts";
import type { NewMessage } from "../../storage/model.ts";
import { writeBody, writeEnvelope } from "./fetch/structure.ts";
import { KEPT, type KeptNames } from "./kept_fields.ts";
import { threadClues } from "./thread_clues.ts";

/** The format written now, and those before it. */
const FORMAT = 3;
const WITHOUT_INDEX = 2;
const WITHOUT_PREVIEW = 1;

const COLON = 58;

/** The most that a summary may hold; that of a message with more structure than this is left out. */
const MAX_BYTES = 60_000;
/** Where summaries are written that have room in it, one after the other. */
const draft = new Uint8Array(16_384);

/** Where fields are put that are picked. */
const room = new Uint8Array(MAX_BYTES);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A summary, opened: what is in it is found when it is asked for. */
export class Summary {
  /** The size of the top header with its empty line, in bytes. */
  readonly headerSize: number;
  readonly #bytes: Uint8Array;
  readonly #source: Uint8Array | undefined;
  readonly #envelope: number;
  readonly #bodyStructure: number;
  readonly #body: number;
  readonly #index: number;
  readonly #fields: number;
  readonly #parts: number;
  readonly #preview: number | undefined;

  /**
   * Opens bytes of the format that {@linkcode summarize} writes, or of one before.
   * @param source the message, where its fields were too much to be copied
   */
  constructor(bytes: Uint8Array, source?: Uint8Array) {
    this.#source = source;
    const cursor = { bytes, at: 1 };
    this.headerSize = readVarint(cursor);
    const envelope = readVarint(cursor);
    const bodyStructure = readVarint(cursor);
    const body = readVarint(cursor);
    const index = bytes[0]! > WITHOUT_INDEX ? readVarint(cursor) : 0;
    const fields = readVarint(cursor);
    const parts = readVarint(cursor);
    if (bytes[0] !== WITHOUT_PREVIEW) readVarint(cursor);
    this.#bytes = bytes;
    this.#envelope = cursor.at;
    this.#bodyStructure = this.#envelope + envelope;
    this.#body = this.#bodyStructure + bodyStructure;
    this.#index = this.#body + body;
    this.#fields = this.#index + index;
    this.#parts = this.#fields + fields;
    this.#preview = bytes[0] === WITHOUT_PREVIEW
      ? undefined
      : this.#parts + parts;
  }

  /** ENVELOPE's value. */
  get envelope(): Uint8Array {
    return this.#bytes.subarray(this.#envelope, this.#bodyStructure);
  }

  /** BODYSTRUCTURE's value. */
  get bodyStructure(): Uint8Array {
    return this.#bytes.subarray(this.#bodyStructure, this.#body);
  }

  /** BODY's value. */
  get body(): Uint8Array {
    return this.#bytes.subarray(this.#body, this.#index);
  }

  /** The header fields of {@linkcode KEPT_FIELDS}: lines as they came, in their order, and an empty one. */
  get fields(): Uint8Array {
    return this.#source === undefined
      ? this.#bytes.subarray(this.#fields, this.#parts)
      : headerFields(this.#source, 0, this.headerSize, KEPT, false);
  }

  /**
   * Goes through {@linkcode Summary.fields}.
   * @param onField told of each field: the number of its name, and where it, its value and its end are in the bytes
   */
  eachField(onField: OnField): void {
    const { fields } = this;
    if (this.#source !== undefined || this.#bytes[0]! <= WITHOUT_INDEX) {
      eachField(fields, 0, fields.length, KEPT, (name, ...places) => {
        if (name >= 0) onField(name, ...places);
      });
      return;
    }
    const cursor = { bytes: this.#bytes, at: this.#index };
    for (let start = 0; cursor.at < this.#fields;) {
      const name = this.#bytes[cursor.at++]!;
      const end = start + readVarint(cursor);
      let colon = start;
      while (colon < end && fields[colon] !== COLON) colon++;
      onField(name, start, Math.min(colon + 1, end), end);
      start = end;
    }
  }

  /**
   * Picks fields out of {@linkcode Summary.fields}, as HEADER.FIELDS does: whole, in their order, and the empty line.
   * @returns bytes that stay as they are until fields are picked again
   */
  pick({ names, numbers }: KeptNames): Uint8Array {
    if (this.#source !== undefined) {
      return headerFields(this.#source, 0, this.headerSize, names, false);
    }
    const { fields } = this;
    if (this.#bytes[0]! <= WITHOUT_INDEX) {
      return headerFields(fields, 0, fields.length, names, false);
    }
    const picked = fields.length <= room.length
      ? room
      : new Uint8Array(fields.length);
    const cursor = { bytes: this.#bytes, at: this.#index };
    let from = 0;
    let size = 0;
    // Fields beside one another are copied together, the empty line with the last ones.
    let waiting = 0;
    const copy = () => {
      if (waiting < from) picked.set(fields.subarray(waiting, from), size);
      size += from - waiting;
    };
    while (cursor.at < this.#fields) {
      const wanted = numbers[this.#bytes[cursor.at++]!] === 1;
      const length = readVarint(cursor);
      if (!wanted) {
        copy();
        waiting = from + length;
      }
      from += length;
    }
    from = fields.length;
    copy();
    return picked.subarray(0, size);
  }

  /** PREVIEW's text; undefined where the summary is older than previews. */
  get preview(): string | undefined {
    return this.#preview === undefined
      ? undefined
      : decoder.decode(this.#bytes.subarray(this.#preview));
  }

  /** The tree of parts, with offsets, kinds and encodings; what else a part has is left empty. */
  parts(): Part {
    return readParts({ bytes: this.#bytes, at: this.#parts });
  }
}

/**
 * Makes the summary of a message, which a storage keeps beside it without looking into it; an empty one where
 * it would be too large to keep, which means that it is made again when it is needed.
 *
 * ```ts
 * import { MemoryStorage, summarize } from "@x/imapd";
 *
 * await using storage = new MemoryStorage();
 * const account = await storage.openAccount("alice");
 * const inbox = await account.openMailbox("INBOX");
 * const source = new TextEncoder().encode("Subject: Hi\r\n\r\nHello\r\n");
 * const summary = summarize(source);
 * await inbox.append([{ source, summary, flags: [], internalDate: 0 }]);
 * inbox.close();
 * account.close();
 * ```
 *
 * @param source the whole message
 */
export function summarize(source: Uint8Array): Uint8Array {
  return keepable(build(source));
}

function keepable({ bytes, hasFields }: Built): Uint8Array {
  return hasFields && bytes.length <= MAX_BYTES ? bytes : new Uint8Array(0);
}

/**
 * What a storage is given of a message beside its source: its summary, and by what it finds out which messages it
 * belongs together with.
 *
 * ```ts
 * import { describe, MemoryStorage } from "@x/imapd";
 *
 * await using storage = new MemoryStorage();
 * const account = await storage.openAccount("alice");
 * const inbox = await account.openMailbox("INBOX");
 * const source = new TextEncoder().encode("Subject: Hi\r\n\r\nHello\r\n");
 * await inbox.append([{ ...describe(source), flags: [], internalDate: 0 }]);
 * inbox.close();
 * account.close();
 * ```
 *
 * @param source the whole message
 */
export function describe(
  source: Uint8Array,
): Required<Pick<NewMessage, "source" | "summary" | "clues">> {
  const root = parseMessage(source);
  const top = envelope(source, root);
  const summary = keepable(build(source, root, top));
  return { source, summary, clues: threadClues(top) };
}

/**
 * The same as {@linkcode describe}, made when it is first asked for: what takes long for a large message can be done
 * while its source is being written.
 * @param source the whole message
 */
export function describeLater(
  source: Uint8Array,
): ReturnType<typeof describe> {
  let made: ReturnType<typeof describe> | undefined;
  return {
    source,
    get summary() {
      return (made ??= describe(source)).summary;
    },
    get clues() {
      return (made ??= describe(source)).clues;
    },
  };
}

/** The summary of a message of which none is kept, however large. */
export function summaryOf(source: Uint8Array): Summary {
  const { bytes, hasFields } = build(source);
  return new Summary(bytes, hasFields ? undefined : source);
}

/** A summary, however large. */
interface Built {
  readonly bytes: Uint8Array;
  /** Whether the header fields are in it: more than is kept is not even copied. */
  readonly hasFields: boolean;
}

function build(
  source: Uint8Array,
  root: Part = parseMessage(source),
  top: Envelope = envelope(source, root),
): Built {
  const head: number[] = [FORMAT];
  varint(head, root.bodyStart);
  const out = new Encoder();
  out.recycle(draft);
  let written = 0;
  const endSection = () => {
    varint(head, out.length - written);
    written = out.length;
  };
  writeEnvelope(out, top);
  endSection();
  writeBody(out, source, root, true);
  endSection();
  writeBody(out, source, root, false);
  endSection();
  const { index, ranges, size } = keptFields(source, root);
  const hasFields = size <= MAX_BYTES;
  if (hasFields) out.bytes(index);
  endSection();
  if (hasFields) { for (const range of ranges) out.bytes(range); }
  endSection();
  out.bytes(writeParts(root));
  endSection();
  out.bytes(encoder.encode(preview(source, root)));
  endSection();
  const sections = out.take();
  const bytes = new Uint8Array(head.length + sections.length);
  bytes.set(head);
  bytes.set(sections, head.length);
  return { bytes, hasFields };
}

/** The index of the kept fields, and the fields with the empty line behind them, with their size. */
function keptFields(
  source: Uint8Array,
  { headerStart, bodyStart }: Part,
): { index: Uint8Array; ranges: Uint8Array[]; size: number } {
  const index: number[] = [];
  const ranges: Uint8Array[] = [];
  let size = 0;
  // No field that is kept can reach beyond this.
  const most = MIME_LIMITS.maxEnvelopeBytes + MAX_BYTES;
  const end = Math.min(bodyStart, headerStart + most);
  const last = eachField(
    source,
    headerStart,
    end,
    KEPT,
    (name, start, _, end) => {
      if (name < 0) return;
      size += end - start;
      if (size > MAX_BYTES) return;
      index.push(name);
      varint(index, end - start);
      ranges.push(source.subarray(start, end));
    },
  );
  const rest = end < bodyStart
    ? emptyLineAtEnd(source, headerStart, bodyStart)
    : last;
  ranges.push(source.subarray(rest, bodyStart));
  return { index: new Uint8Array(index), ranges, size };
}

/** Opens a summary; undefined when it is none of this format, and the source has to be read. */
export function readSummary(bytes: Uint8Array): Summary | undefined {
  const format = bytes[0] ?? 0;
  return format >= WITHOUT_PREVIEW && format <= FORMAT
    ? new Summary(bytes)
    : undefined;
}

const ENCODINGS = [
  "7BIT",
  "8BIT",
  "BINARY",
  "BASE64",
  "QUOTED-PRINTABLE",
  "X-UUENCODE",
];
const LEAF = 0, TEXT = 1, MULTIPART = 2, MESSAGE = 3;

/** The tree in preorder: kind, encoding, three offsets (the first two as differences), number of children. */
function writeParts(root: Part): Uint8Array {
  const out: number[] = [];
  const write = (part: Part): void => {
    const kind = part.type === "MULTIPART"
      ? MULTIPART
      : part.message !== null
      ? MESSAGE
      : part.type === "TEXT"
      ? TEXT
      : LEAF;
    const encoding = ENCODINGS.indexOf(part.encoding.toUpperCase());
    out.push(kind, encoding < 0 ? ENCODINGS.length : encoding);
    varint(out, part.headerStart);
    varint(out, part.bodyStart - part.headerStart);
    varint(out, part.bodyEnd - part.bodyStart);
    if (kind === MULTIPART) {
      varint(out, part.children.length);
      part.children.forEach(write);
    } else if (kind === MESSAGE) write(part.message!);
  };
  write(root);
  return new Uint8Array(out);
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function readParts(cursor: Cursor): Part {
  const kind = cursor.bytes[cursor.at++]!;
  const encoding = ENCODINGS[cursor.bytes[cursor.at++]!] ?? "X-UNKNOWN";
  const headerStart = readVarint(cursor);
  const bodyStart = headerStart + readVarint(cursor);
  const bodyEnd = bodyStart + readVarint(cursor);
  const children: Part[] = [];
  let message: Part | null = null;
  if (kind === MULTIPART) {
    const count = readVarint(cursor);
    for (let i = 0; i < count; i++) children.push(readParts(cursor));
  } else if (kind === MESSAGE) message = readParts(cursor);
  return {
    headerStart,
    bodyStart,
    bodyEnd,
    bodyLines: 0,
    type: KIND_TYPES[kind]!,
    subtype: kind === MESSAGE ? "RFC822" : "",
    parameters: [],
    encoding,
    id: null,
    description: null,
    md5: null,
    disposition: null,
    language: [],
    location: null,
    children,
    message,
  };
}

const KIND_TYPES = ["APPLICATION", "TEXT", "MULTIPART", "MESSAGE"];

/** Seven bits a byte, least first; the high bit says that more follow. */
function varint(out: number[], value: number): void {
  while (value >= 128) {
    out.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at++]!;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}
