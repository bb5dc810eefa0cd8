/**
 * Generated mail: the same number always gives the same message, byte for byte.
 *
 * The messages have what real ones have and what costs a server time: trace and list header fields,
 * encoded words, multipart/alternative in quoted-printable, base64 attachments, some 8-bit text. Words
 * of known frequency make the right answer of a SEARCH computable (`facts`).
 *
 * @module
 */

import {
  COMMON_WORDS,
  FAMILY_NAMES,
  FREQUENT_TEXT_WORD,
  GIVEN_NAMES,
  RARE_SUBJECT_WORD,
  RARE_TEXT_WORD,
  TOPIC_WORDS,
} from "./words.ts";

const encoder = new TextEncoder();

/** A small seeded generator of 32-bit numbers (mulberry32's construction), enough for filler. */
export class Random {
  #state: number;

  /** Takes any seed; neighbouring seeds give unrelated sequences. */
  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** Returns an integer from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return Math.floor(((z ^ (z >>> 14)) >>> 0) / 0x1_0000_0000 * below);
  }

  /** Returns one of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** What is true of a generated message, so that a SEARCH can be checked. */
export interface MailFacts {
  /** The address in From. */
  readonly from: string;
  /** The subject, without `Re:`. */
  readonly subject: string;
  /** Whether the subject has `RARE_SUBJECT_WORD`. */
  readonly rareSubject: boolean;
  /** Whether the text has `RARE_TEXT_WORD`. */
  readonly rareText: boolean;
  /** Whether the text has `FREQUENT_TEXT_WORD`. */
  readonly frequentText: boolean;
  /** The number of the message that it answers, or its own. */
  readonly thread: number;
}

/** Returns what is true of message number `n` (from 0). */
export function facts(n: number): MailFacts {
  return {
    from: sender(n).address,
    subject: subject(n),
    rareSubject: hasRareSubject(n),
    rareText: n % 499 === 7,
    frequentText: n % 3 === 0,
    thread: n - n % 5,
  };
}

/** Returns message number `n` (from 0) of 4 to 20 KB, with CRLF line ends. */
export function message(n: number): Uint8Array<ArrayBuffer> {
  const random = new Random(n);
  return build(n, random, 4_096 + random.below(16_384));
}

/** Returns message number `n` at close to `size` bytes, with CRLF line ends. */
export function messageOfSize(
  n: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  return build(n, new Random(n), size);
}

/** Returns the time message number `n` was sent and received, in milliseconds since 1970. */
export function sentAt(n: number): number {
  return Date.UTC(2021, 0, 4, 6) + n * 1_380_000 + (n * 7_919 % 900) * 1_000;
}

interface Person {
  readonly name: string;
  readonly address: string;
}

function person(n: number): Person {
  const given = GIVEN_NAMES[n % GIVEN_NAMES.length] as string;
  const family = FAMILY_NAMES[n % FAMILY_NAMES.length] as string;
  const local = `${given}.${family}`.toLowerCase().normalize("NFD")
    .replaceAll(/[^a-z.]/g, "");
  return {
    name: `${given} ${family}`,
    address: `${local}@${n % 4 === 0 ? "example.org" : "mail.example.com"}`,
  };
}

/** Forty people write, some of them often. */
function sender(n: number): Person {
  return person(n * n % 41);
}

/** An address of `name-addr` form, its name an encoded word when it must be (RFC 2047 § 5). */
function mailbox({ name, address }: Person): string {
  return `${encodedWord(name)} <${address}>`;
}

function encodedWord(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return `=?UTF-8?B?${encoder.encode(text).toBase64()}?=`;
}

function sentence(random: Random): string {
  const words: string[] = [];
  const length = 6 + random.below(12);
  for (let i = 0; i < length; i++) words.push(random.pick(COMMON_WORDS));
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1) + ".";
}

/** Paragraphs of about `size` characters in lines shorter than 78. */
function prose(random: Random, size: number, ...planted: string[]): string {
  let text = "";
  let line = "";
  for (const word of planted) line += `About the ${word}: `;
  while (text.length + line.length < size) {
    for (const word of sentence(random).split(" ")) {
      if (line.length + word.length > 72) {
        text += line.trimEnd() + "\r\n";
        line = "";
      }
      line += word + " ";
    }
    if (random.below(5) === 0) {
      text += line.trimEnd() + "\r\n\r\n";
      line = "";
    }
  }
  return text + line.trimEnd() + "\r\n";
}

/** Base64 of pseudo-random bytes in lines of 76, close to `size` characters in all. */
function attachment(random: Random, size: number): string {
  const start = random.below(BASE64_LINES.length);
  const lines: string[] = [];
  for (let i = 0; i * 78 < size; i++) {
    lines.push(BASE64_LINES[(start + i) % BASE64_LINES.length] as string);
  }
  return lines.join("\r\n") + "\r\n";
}

const BASE64_LINES: readonly string[] = (() => {
  const random = new Random(0xba5e64);
  const lines: string[] = [];
  for (let i = 0; i < 4_096; i++) {
    const bytes = new Uint8Array(57);
    for (let j = 0; j < bytes.length; j++) bytes[j] = random.below(256);
    lines.push(bytes.toBase64());
  }
  return lines;
})();

/** Quoted-printable of text that has lines shorter than 76 already (RFC 2045 § 6.7). */
function quotedPrintable(text: string): string {
  let out = "";
  for (const byte of encoder.encode(text.replaceAll("=", "=3D"))) {
    out += byte < 0x80
      ? String.fromCharCode(byte)
      : "=" + byte.toString(16).toUpperCase();
  }
  return out;
}

function html(text: string): string {
  return `<html><body>\r\n<p style="margin:0">${
    text.replaceAll("\r\n\r\n", "</p>\r\n<p>")
  }</p>\r\n</body></html>\r\n`;
}

function header(n: number, random: Random, topic: string): string {
  const from = sender(n);
  const to = person(random.below(60));
  const date = new Date(sentAt(n)).toUTCString().replace("GMT", "+0000");
  const host = "mx" + random.below(9) + ".example.net";
  const { thread } = facts(n);
  let text = `Return-Path: <${from.address}>\r\n` +
    `Delivered-To: ${to.address}\r\n` +
    `Received: from ${host} (${host} [192.0.2.${random.below(250)}])\r\n` +
    `\tby store.example.com (Relay) with ESMTPS id ${n.toString(36)}Q\r\n` +
    `\tfor <${to.address}>; ${date}\r\n` +
    `Received: from desk.example.org (desk.example.org [198.51.100.7])\r\n` +
    `\tby ${host} (Relay) with ESMTPSA; ${date}\r\n` +
    `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1;\r\n` +
    ` h=From:To:Subject:Date;\r\n bh=${
      BASE64_LINES[n % 4_096]?.slice(0, 43)
    }=;\r\n b=${BASE64_LINES[(n + 9) % 4_096]}\r\n` +
    `Message-ID: <${n}.${from.address}>\r\n` +
    `Date: ${date}\r\nFrom: ${mailbox(from)}\r\nTo: ${mailbox(to)}\r\n`;
  if (random.below(2) === 0) {
    text += `Cc: ${mailbox(person(random.below(60)))},\r\n ${
      mailbox(person(random.below(60)))
    }\r\n`;
  }
  text += `Subject: ${n === thread ? "" : "Re: "}${encodedWord(topic)}\r\n`;
  if (n !== thread) {
    const first = `<${thread}.${sender(thread).address}>`;
    text += `In-Reply-To: ${first}\r\nReferences: ${first}\r\n`;
  }
  if (n % 4 === 1) {
    text += `List-Id: Town hall <townhall.lists.example.org>\r\n` +
      `List-Post: <mailto:townhall@lists.example.org>\r\n` +
      `List-Unsubscribe: <https://lists.example.org/u/${n}>\r\n` +
      `Precedence: list\r\n`;
  }
  return text + `User-Agent: Pigeon/${n % 7}.1\r\nMIME-Version: 1.0\r\n`;
}

function hasRareSubject(n: number): boolean {
  return n % 997 === 5;
}

function subject(n: number): string {
  const random = new Random(n - n % 5 + 0x5b);
  const words = [
    random.pick(TOPIC_WORDS),
    random.pick(COMMON_WORDS),
    random.pick(TOPIC_WORDS),
  ];
  if (n % 6 === 2) words.push("für Größe");
  if (hasRareSubject(n)) words.push(RARE_SUBJECT_WORD);
  return words.join(" ");
}

function build(
  n: number,
  random: Random,
  size: number,
): Uint8Array<ArrayBuffer> {
  const known = facts(n);
  const planted: string[] = [];
  if (known.rareText) planted.push(RARE_TEXT_WORD);
  if (known.frequentText) planted.push(FREQUENT_TEXT_WORD);
  const head = header(n, random, subject(n));
  const room = Math.max(200, size - head.length - 600);
  const boundary = `=_part-${n.toString(36)}-${random.below(1e9)}`;
  switch (n % 5) {
    case 0:
      return encoder.encode(
        head + "Content-Type: text/plain; charset=utf-8\r\n" +
          "Content-Transfer-Encoding: 8bit\r\n\r\n" +
          prose(random, room, ...planted, "Größe", "café"),
      );
    case 1:
    case 2:
      return encoder.encode(
        head +
          `Content-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n` +
          alternative(boundary, prose(random, room * 0.45, ...planted)),
      );
    default: {
      const inner = `${boundary}-alt`;
      const text = prose(random, Math.min(room * 0.2, 3_000), ...planted);
      const start = head +
        `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n` +
        `--${boundary}\r\n` +
        `Content-Type: multipart/alternative; boundary="${inner}"\r\n\r\n` +
        alternative(inner, text) +
        `--${boundary}\r\n` +
        `Content-Type: application/pdf; name="report-${n}.pdf"\r\n` +
        "Content-Transfer-Encoding: base64\r\n" +
        `Content-Disposition: attachment;\r\n filename="report-${n}.pdf"\r\n\r\n`;
      return encoder.encode(
        start + attachment(random, Math.max(100, size - start.length - 60)) +
          `\r\n--${boundary}--\r\n`,
      );
    }
  }
}

function alternative(boundary: string, text: string): string {
  return `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Transfer-Encoding: quoted-printable\r\n\r\n` +
    quotedPrintable(text) +
    `\r\n--${boundary}\r\nContent-Type: text/html; charset=utf-8\r\n` +
    `Content-Transfer-Encoding: quoted-printable\r\n\r\n` +
    quotedPrintable(html(text)) + `\r\n--${boundary}--\r\n`;
}
