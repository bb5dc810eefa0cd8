/**
 * A summary: what FETCH and SEARCH want of a message without reading it.
 *
 * It is made once, when a message arrives, and kept by the storage as bytes that mean nothing to it:
 * ENVELOPE, BODYSTRUCTURE and BODY as they go out, the offsets of the parts, the header fields that clients
 * ask for, and the preview. A format's number stands first; a summary of another format, or none, means that the
 * source has to be read.
 *
 * @module
 */

import { type Envelope, envelope } from "../mime/envelope.ts";
import { FieldNames, headerFields } from "../mime/header.ts";
import { parseMessage, type Part } from "../mime/parse.ts";
import { preview } from "../mime/preview.ts";
import { Encoder } from "../wire/encoder.ts";
import type { NewMessage } from "../../storage/model.ts";
import { writeBody, writeEnvelope } from "./fetch/structure.ts";
import { threadClues } from "./thread_clues.ts";

/** The format written now; the one before it had no preview. */
const FORMAT = 2;
const WITHOUT_PREVIEW = 1;

/** The most that a summary may hold; that of a message with more structure than this is left out. */
const MAX_BYTES = 60_000;

/** Names of header fields, in lower case, of which a summary tells the truth, present or not. */
export const KEPT_FIELDS: ReadonlySet<string> = new Set([
  "date",
  "subject",
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "message-id",
  "in-reply-to",
  "references",
  "mime-version",
  "content-type",
  "content-transfer-encoding",
  "content-disposition",
  "content-language",
  "content-id",
  "content-class",
  "priority",
  "x-priority",
  "importance",
  "x-msmail-priority",
  "return-path",
  "delivered-to",
  "x-original-to",
  "newsgroups",
  "followup-to",
  "list-id",
  "list-post",
  "list-help",
  "list-unsubscribe",
  "list-unsubscribe-post",
  "disposition-notification-to",
  "return-receipt-to",
  "resent-from",
  "resent-to",
  "resent-date",
  "resent-message-id",
  "mail-followup-to",
  "mail-reply-to",
  "auto-submitted",
  "precedence",
  "x-mailer",
  "user-agent",
  "x-spam-flag",
  "x-spam-status",
  "x-spam-level",
  "lines",
  "status",
  "x-status",
  "x-label",
  "x-keywords",
  "x-uniform-type-identifier",
  "x-universally-unique-identifier",
  "x-tuid",
  "expires",
  "supersedes",
  "archived-at",
]);
const KEPT = new FieldNames(KEPT_FIELDS);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A summary, opened: what is in it is found when it is asked for. */
export class Summary {
  /** The size of the top header with its empty line, in bytes. */
  readonly headerSize: number;
  readonly #bytes: Uint8Array;
  readonly #envelope: number;
  readonly #bodyStructure: number;
  readonly #body: number;
  readonly #fields: number;
  readonly #parts: number;
  readonly #preview: number | undefined;

  /** Opens bytes of the format that {@linkcode summarize} writes, or of the one before. */
  constructor(bytes: Uint8Array) {
    const cursor = { bytes, at: 1 };
    this.headerSize = readVarint(cursor);
    const envelope = readVarint(cursor);
    const bodyStructure = readVarint(cursor);
    const body = readVarint(cursor);
    const fields = readVarint(cursor);
    const parts = readVarint(cursor);
    if (bytes[0] !== WITHOUT_PREVIEW) readVarint(cursor);
    this.#bytes = bytes;
    this.#envelope = cursor.at;
    this.#bodyStructure = this.#envelope + envelope;
    this.#body = this.#bodyStructure + bodyStructure;
    this.#fields = this.#body + body;
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
    return this.#bytes.subarray(this.#body, this.#fields);
  }

  /** The header fields of {@linkcode KEPT_FIELDS}: lines as they came, in their order, and an empty one. */
  get fields(): Uint8Array {
    return this.#bytes.subarray(this.#fields, this.#parts);
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

function keepable(summary: Uint8Array): Uint8Array {
  return summary.length > MAX_BYTES ? new Uint8Array(0) : summary;
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

/** The summary of a message of which none is kept, however large. */
export function summaryOf(source: Uint8Array): Summary {
  return new Summary(build(source));
}

function build(
  source: Uint8Array,
  root: Part = parseMessage(source),
  top: Envelope = envelope(source, root),
): Uint8Array {
  const sections = [
    encoded((out) => writeEnvelope(out, top)),
    encoded((out) => writeBody(out, source, root, true)),
    encoded((out) => writeBody(out, source, root, false)),
    headerFields(source, root.headerStart, root.bodyStart, KEPT, false),
    writeParts(root),
    encoder.encode(preview(source, root)),
  ];
  const head: number[] = [FORMAT];
  varint(head, root.bodyStart);
  for (const section of sections) varint(head, section.length);
  const size = sections.reduce((sum, part) => sum + part.length, head.length);
  const bytes = new Uint8Array(size);
  bytes.set(head);
  let at = head.length;
  for (const section of sections) {
    bytes.set(section, at);
    at += section.length;
  }
  return bytes;
}

/** Opens a summary; undefined when it is none of this format, and the source has to be read. */
export function readSummary(bytes: Uint8Array): Summary | undefined {
  return bytes[0] === FORMAT || bytes[0] === WITHOUT_PREVIEW
    ? new Summary(bytes)
    : undefined;
}

function encoded(write: (out: Encoder) => void): Uint8Array {
  const out = new Encoder();
  write(out);
  return out.take();
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
  return Uint8Array.from(out);
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
