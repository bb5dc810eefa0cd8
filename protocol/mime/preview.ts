/**
 * The preview of a message: how its text begins, on one line (RFC 8970 § 3.3).
 *
 * Of alternatives the plain text is the best, then HTML; attachments and what is encrypted have nothing to show. What
 * is looked at is bounded, whatever the message is like: an answer's quotations and white space may fill all of it.
 *
 * @module
 */

import { Parser } from "htmlparser2";
import type { Part } from "./part.ts";
import { partText } from "./text.ts";

/** "The server SHOULD limit the length of the preview text to 200 preview characters." */
const MAX_CHARACTERS = 200;
/** How many bytes of a part of plain text, at first and then, and of one of HTML, are looked at: the latter begin with their styles. */
const FIRST_PLAIN = 600;
const MAX_PLAIN = 8_192;
const MAX_HTML = 32_768;
/** How many parts are looked at, and of how many the text. */
const MAX_PARTS = 100;
const MAX_TEXTS = 4;
/** How many characters of HTML are parsed at a time. */
const PIECE = 4_096;

/** The preview, which is empty where there is nothing to show. */
export function preview(source: Uint8Array, root: Part): string {
  let texts = 0;
  const ahead: Part[] = [root];
  for (let parts = 0; parts < MAX_PARTS && texts < MAX_TEXTS; parts++) {
    const part = ahead.pop();
    if (part === undefined) break;
    if (part.disposition?.type.toLowerCase() === "attachment") continue;
    if (part.message !== null) ahead.push(part.message);
    else if (part.type === "MULTIPART") ahead.push(...inOrder(part).reverse());
    else if (isShown(part)) {
      texts++;
      const text = part.subtype === "HTML"
        ? htmlText(source, part)
        : plainText(source, part);
      if (text !== "") return text;
    }
  }
  return "";
}

/** The parts inside, the best first. */
function inOrder({ subtype, children }: Part): Part[] {
  const some = children.slice(0, MAX_PARTS);
  if (subtype === "ENCRYPTED") return [];
  if (subtype !== "ALTERNATIVE") return some;
  const isPlain = (part: Part) =>
    part.type === "TEXT" && part.subtype === "PLAIN";
  return [...some.filter(isPlain), ...some.filter((part) => !isPlain(part))];
}

function isShown({ type, subtype }: Part): boolean {
  return type === "TEXT" &&
    (subtype === "PLAIN" || subtype === "HTML" || subtype === "MARKDOWN");
}

/** The beginning of a part's text, decoded. */
function beginning(source: Uint8Array, part: Part, bytes: number): string {
  const bodyEnd = Math.min(part.bodyEnd, part.bodyStart + bytes);
  const text = partText(source, { ...part, bodyEnd });
  // What was cut may be half a character.
  return bodyEnd < part.bodyEnd && text.endsWith("\ufffd")
    ? text.replace(/\ufffd+$/, "")
    : text;
}

/** Plain text, without what it quotes and what it draws lines with, unless there is nothing else. */
function plainText(source: Uint8Array, part: Part): string {
  // The first lines most often suffice.
  const begins = ownLine(beginning(source, part, FIRST_PLAIN));
  if (isFull(begins)) return begins;
  const text = beginning(source, part, MAX_PLAIN);
  return ownLine(text) || oneLine(text);
}

function ownLine(text: string): string {
  return printableLine(text) ?? oneLine(ownLines(text));
}

/** A text's own lines on one, where it is printable ASCII as far as they are looked at; in one pass. */
export function printableLine(text: string): string | undefined {
  let line = "";
  for (let at = 0; at < text.length && line.length <= MAX_CHARACTERS;) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    let isOwn = false;
    let words = "";
    for (let from = at; from < end;) {
      let to = from;
      for (; to < end; to++) {
        const code = text.charCodeAt(to);
        if (code === SPACE || code === TAB || code === CR) break;
        if (code < SPACE || code > TILDE) return undefined;
        isOwn ||= !DRAWN.has(code);
      }
      if (to > from) words += ` ${text.slice(from, to)}`;
      from = to + 1;
    }
    if (isOwn && text.charCodeAt(at) !== QUOTE) line += words;
    at = end + 1;
  }
  return line.slice(1, 1 + MAX_CHARACTERS).trimEnd();
}

/** A text without the lines that it quotes, or draws. */
export function ownLines(text: string): string {
  return text.split("\n").filter((line) =>
    !line.startsWith(">") && !/^[\s\-_=*#~+.]*$/.test(line)
  ).join(" ");
}

/** Elements whose text nobody sees. */
const UNSEEN = new Set(["head", "script", "style", "template", "title"]);
/** Elements in the middle of a word. */
const INLINE = new Set(
  ["a", "abbr", "b", "big", "em", "font", "i", "s", "small", "span", "strong"]
    .concat("strike", "sub", "sup", "u", "wbr"),
);

/** The text of HTML. */
function htmlText(source: Uint8Array, part: Part): string {
  const html = beginning(source, part, MAX_HTML);
  let text = "";
  let unseen = 0;
  const parser = new Parser({
    onopentagname(name) {
      if (UNSEEN.has(name)) unseen++;
      if (!INLINE.has(name)) text += " ";
    },
    onclosetag(name) {
      if (UNSEEN.has(name)) unseen--;
      if (!INLINE.has(name)) text += " ";
    },
    ontext(data) {
      if (unseen === 0) text += data;
    },
  }, { decodeEntities: true });
  for (let at = 0; at < html.length; at += PIECE) {
    parser.write(html.slice(at, at + PIECE));
    if (isFull(oneLine(text))) break;
  }
  return oneLine(text);
}

/** What takes no room, or none that can be seen: fillers behind a newsletter's first line are made of it. */
const INVISIBLE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]/g;

const SPACE = 32, TAB = 9, CR = 13, TILDE = 126;
const QUOTE = ">".charCodeAt(0);
/** What lines are drawn with. */
const DRAWN = new Set(Array.from("-_=*#~+.", (sign) => sign.charCodeAt(0)));

const PRINTABLE = /^[\t\r\n\x20-\x7e]*$/;
/** White space that is anything but one space, in printable text and in any. */
const PRINTABLE_GAP = /[\t\r\n][\t\r\n ]*| [\t\r\n ]+/g;
const GAP = /[^\S ]\s*| \s+/g;

/** Text on one line, without what cannot be seen, and no longer than a preview is. */
export function oneLine(text: string): string {
  const spaced = PRINTABLE.test(text)
    ? text.replace(PRINTABLE_GAP, " ")
    : text.replace(INVISIBLE, "").toWellFormed().replace(GAP, " ");
  const line = spaced.trim();
  if (line.length <= MAX_CHARACTERS) return line;
  let end = 0;
  for (let count = 0; count < MAX_CHARACTERS && end < line.length; count++) {
    end += line.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return line.slice(0, end).trimEnd();
}

function isFull(line: string): boolean {
  if (line.length < MAX_CHARACTERS) return false;
  return PRINTABLE.test(line) || [...line].length === MAX_CHARACTERS;
}
