/**
 * Messages for tests, in a line.
 *
 * @module
 */

import type { Moment } from "./clock.ts";

/** A file that a message carries. */
export interface Attachment {
  /** Its file name. */
  readonly name: string;
  /** Its media type. Default `application/octet-stream`. */
  readonly type?: string;
  /** What is in it; text becomes UTF-8. */
  readonly content: string | Uint8Array;
}

/** What {@linkcode message} makes a message of; everything has a default. */
export interface MessageOptions {
  /** Default `Sender <sender@example.com>`. */
  readonly from?: string;
  /** Default `alice@example.com`. */
  readonly to?: string;
  /** Default: none. */
  readonly cc?: string;
  /** In Unicode. Default `Test`. */
  readonly subject?: string;
  /** The `Date` field. Default 1 January 2026, 12:00 UTC, so that a message is the same in every run. */
  readonly date?: Date;
  /** With its angle brackets. Default: another one each time. */
  readonly messageId?: string;
  /** The body, in Unicode. Default `Hello.` */
  readonly text?: string;
  /** A body in HTML; beside `text` it makes a `multipart/alternative`. */
  readonly html?: string;
  /** Files; they make a `multipart/mixed`. */
  readonly attachments?: readonly Attachment[];
  /** Further header fields, such as `{ "List-Id": "<list.example.com>" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Flags and keywords, such as `["\\Seen"]`. Default: none. */
  readonly flags?: readonly string[];
  /** INTERNALDATE. Default: the time at which it is delivered. */
  readonly internalDate?: Moment;
}

/** A message with what a mailbox keeps of it. */
export interface TestMessage {
  /** The whole message, header and body, lines ended by CRLF. */
  readonly source: Uint8Array;
  /** Flags and keywords. Default: none. */
  readonly flags?: readonly string[];
  /** INTERNALDATE. Default: the time at which it is delivered. */
  readonly internalDate?: Moment;
}

/** A message: made by {@linkcode message}, or its source. Lines of a text may end by LF alone. */
export type TestMail = TestMessage | Uint8Array | string;

let count = 0;

/**
 * Makes a message.
 *
 * ```ts
 * import { message } from "@x/imapd/testing";
 *
 * const mail = message({ subject: "Grüße", text: "Hello", flags: ["\\Seen"] });
 * ```
 *
 * @throws {TypeError} for a header field with a line break or an impossible name
 */
export function message(options: MessageOptions = {}): TestMessage {
  const { date = new Date(Date.UTC(2026, 0, 1, 12)), flags, internalDate } =
    options;
  const header: [string, string | undefined][] = [
    ["Date", date.toUTCString().replace("GMT", "+0000")],
    ["From", options.from ?? "Sender <sender@example.com>"],
    ["To", options.to ?? "alice@example.com"],
    ["Cc", options.cc],
    ["Subject", options.subject ?? "Test"],
    ["Message-ID", options.messageId ?? `<${++count}@imapd.test>`],
    ...Object.entries(options.headers ?? {}),
    ["MIME-Version", "1.0"],
  ];
  const lines = header.flatMap(([name, value]) =>
    value === undefined ? [] : [field(name, value)]
  );
  return {
    source: new TextEncoder().encode(lines.join("") + body(options)),
    ...(flags && { flags }),
    ...(internalDate === undefined ? {} : { internalDate }),
  };
}

/** The source of a message, with what else is known of it. */
export function mailOf(mail: TestMail): TestMessage {
  if (typeof mail === "string") {
    const source = mail.replace(/\r?\n/g, "\r\n");
    return { source: new TextEncoder().encode(source) };
  }
  return mail instanceof Uint8Array ? { source: mail } : mail;
}

function field(name: string, value: string): string {
  if (!/^[!-9;-~]+$/.test(name) || /[\r\n\0]/.test(value)) {
    throw new TypeError(`${JSON.stringify(name)} cannot be a header field`);
  }
  return `${name}: ${encodedWords(value)}\r\n`;
}

/** Each run of words that are not ASCII as encoded words (RFC 2047 § 2) of at most 75 characters. */
function encodedWords(value: string): string {
  return value.replace(
    /[^\s<>]*[^\0-\x7f][^\s<>]*(?:\s+[^\s<>]*[^\0-\x7f][^\s<>]*)*/g,
    (run) => {
      const words: string[] = [];
      let bytes: number[] = [];
      for (const char of run) {
        const more = new TextEncoder().encode(char);
        if (bytes.length + more.length > 45) words.push(encodedWord(bytes));
        if (bytes.length + more.length > 45) bytes = [];
        bytes.push(...more);
      }
      return [...words, encodedWord(bytes)].join("\r\n ");
    },
  );
}

function encodedWord(bytes: readonly number[]): string {
  return `=?UTF-8?B?${Uint8Array.from(bytes).toBase64()}?=`;
}

function body(options: MessageOptions): string {
  const { text, html, attachments = [] } = options;
  const plain = html === undefined || text !== undefined
    ? [textPart("plain", text ?? "Hello.")]
    : [];
  const texts = html === undefined ? plain : [...plain, textPart("html", html)];
  const content = texts.length === 1
    ? texts[0]!
    : multipart("alternative", texts);
  return attachments.length === 0
    ? content
    : multipart("mixed", [content, ...attachments.map(filePart)]);
}

/** What separates parts holds `=_`, which no part does: such texts are in base64. */
function multipart(subtype: string, parts: readonly string[]): string {
  const boundary = `=_${subtype}`;
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n` +
    parts.map((part) => `--${boundary}\r\n${part}`).join("") +
    `--${boundary}--\r\n`;
}

function textPart(subtype: string, text: string): string {
  const lines = text.replace(/\r?\n/g, "\r\n").replace(/(?<!\r\n)$/, "\r\n");
  if (!/[\0\x80-\u{10ffff}]|=_|\r(?!\n)|[^\n]{998}/u.test(lines)) {
    return `Content-Type: text/${subtype}; charset=us-ascii\r\n\r\n${lines}`;
  }
  return `Content-Type: text/${subtype}; charset=utf-8\r\n` +
    base64(new TextEncoder().encode(lines));
}

function filePart({ name, type, content }: Attachment): string {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  // ext-value, RFC 2231 § 7, which holds for plain names too
  const fileName = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return field("Content-Type", type ?? "application/octet-stream") +
    `Content-Disposition: attachment; filename*=UTF-8''${fileName}\r\n` +
    base64(bytes);
}

function base64(bytes: Uint8Array): string {
  const lines = bytes.toBase64().replace(/.{76}(?=.)/g, "$&\r\n");
  return `Content-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`;
}
