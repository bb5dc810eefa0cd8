/**
 * Messages that a mail server may hand over, and what has to be left of them in a mailbox.
 *
 * @module
 */

import { inboxArchive } from "./archive.ts";

/** Returns messages whose lines are unlike those of others: dots, octets, length, and none at all. */
export function awkwardMessages(): string[] {
  const octets = Array.from(
    { length: 128 },
    (_, n) => String.fromCharCode(128 + n),
  ).join("");
  const bodies = [
    ".\r\n..\r\n.a\r\n\r\n.\r\nbehind the dots\r\n",
    "",
    "\r\n\r\n\r\n",
    `${octets}\r\n\u00c3\u00bc in UTF-8, \u00fc in another charset\r\n`,
    `${"a line of more than 998 octets ".repeat(150)}\r\n`,
    "From here on\r\n>From there on\r\n \t \r\nends with spaces  \r\n",
    "0123456789abcdef".repeat(4).concat("\r\n").repeat(40_000),
  ];
  return bodies.map((body, n) =>
    `From: sender@example.org\r\nSubject: Awkward ${n}\r\n` +
    `Message-ID: <awkward-${n}@example.org>\r\nX-Folded: one\r\n\ttwo  \r\n` +
    ` three\r\n\r\n${body}`
  );
}

/** Returns all that mail servers take as it is: the mailing list's archive, and awkward messages. */
export async function letters(directory: string): Promise<string[]> {
  const { messages } = await inboxArchive(directory);
  // A CR that stands alone becomes something else on its way.
  const sound = messages.filter((source) => !/\r(?!\n)/.test(source));
  return [...sound, ...awkwardMessages()];
}

/** Removes the Return-Path of an earlier delivery, as the last one does (RFC 5321 § 4.4). */
export function withoutReturnPath(source: string): string {
  const end = source.indexOf("\r\n\r\n") + 2;
  const header = source.slice(0, end)
    .replaceAll(/^Return-Path:.*\r\n(?:[ \t].*\r\n)*/gim, "");
  return header + source.slice(end);
}

/** Returns a small message that is like no other. */
export function letter(subject: string): string {
  return `From: sender@example.org\r\nSubject: ${subject}\r\n` +
    `Message-ID: <${crypto.randomUUID()}@example.org>\r\n\r\nHello\r\n`;
}

/** What a delivery put in front of a message. */
export interface Delivered {
  /** The fields of the delivery. */
  readonly trace: string;
  /** The message below them. */
  readonly source: string;
}

/**
 * Takes apart what is in a mailbox: in front Return-Path, Delivered-To where there was one recipient, and a
 * Received of each server that it went through.
 */
export function takeApart(stored: string, servers: number): Delivered {
  const field = "(?:.*\\r\\n(?:[ \\t].*\\r\\n)*)";
  const trace = new RegExp(
    `^Return-Path: ${field}(?:Delivered-To: ${field})?` +
      `(?:Received: ${field}){${servers}}`,
  ).exec(stored)?.[0];
  if (trace === undefined) {
    throw new Error(`No fields of a delivery in front of\n${stored}`);
  }
  return { trace, source: stored.slice(trace.length) };
}

/** Throws unless the same messages are there as often as they were sent, whatever their order. */
export function mustBeTheSame(
  arrived: readonly string[],
  sent: readonly string[],
  where: string,
): void {
  const times = new Map<string, number>();
  for (const source of sent) times.set(source, (times.get(source) ?? 0) + 1);
  for (const source of arrived) {
    times.set(source, (times.get(source) ?? 0) - 1);
  }
  const missing = sourcesOf(times, (count) => count > 0);
  const extra = sourcesOf(times, (count) => count < 0);
  if (missing.length + extra.length === 0) return;
  let text = `${arrived.length} of ${sent.length} messages in ${where}, ` +
    `${missing.length} missing, ${extra.length} too many`;
  for (const source of missing.slice(0, 3)) {
    const ends = extra.map((other) => commonStart(source, other));
    const end = Math.max(0, ...ends);
    const shown = (text: string) =>
      JSON.stringify(text.slice(Math.max(0, end - 60), end + 60));
    text += `\nmissing ${shown(source)}`;
    if (end > 0) text += `\n  there ${shown(extra[ends.indexOf(end)]!)}`;
  }
  for (const source of extra.slice(0, 3)) {
    text += `\ntoo many ${JSON.stringify(source.slice(0, 200))}`;
  }
  throw new Error(text);
}

function sourcesOf(
  times: ReadonlyMap<string, number>,
  test: (count: number) => boolean,
): string[] {
  return [...times].filter(([, count]) => test(count))
    .map(([source]) => source);
}

/** How many characters two texts begin with are the same. */
function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}
