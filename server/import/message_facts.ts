/**
 * What a message file tells about flags and dates.
 *
 * @module
 */

import { parseDate } from "../../protocol/mime/date.ts";
import { fields, fieldValue } from "../../protocol/mime/header.ts";
import { isKeyword } from "./flag_filter.ts";

/** A header that is longer has its facts at the top. */
const MAX_HEADER = 262_144;
/** Longer values of these fields are not read to the end. */
const MAX_VALUE = 4_096;
/** So many keywords of a message are believed. */
const MAX_KEYWORDS = 50;

/** What a header tells. */
export interface MessageFacts {
  /** The Date field, in milliseconds since 1970. */
  readonly date: number | undefined;
  /** Flags and keywords of `Status`, `X-Status` and `X-Keywords`, as mail programs write them into mbox files. */
  readonly flags: readonly string[];
}

const STATUS: Readonly<Record<string, string>> = {
  R: "\\Seen",
  A: "\\Answered",
  F: "\\Flagged",
  T: "\\Draft",
  D: "\\Deleted",
};

/** Reads the facts of a message. */
export function messageFacts(source: Uint8Array): MessageFacts {
  let date: number | undefined;
  const flags = new Set<string>();
  const end = Math.min(source.length, MAX_HEADER);
  for (const field of fields(source, 0, end)) {
    const { name } = field;
    if (name === "date") {
      date ??= parseDate(fieldValue(source, field, MAX_VALUE))?.time;
    } else if (name === "status" || name === "x-status") {
      for (const letter of fieldValue(source, field, MAX_VALUE)) {
        const flag = STATUS[letter];
        if (flag !== undefined) flags.add(flag);
      }
    } else if (name === "x-keywords") {
      const words = fieldValue(source, field, MAX_VALUE).split(/[\s,]+/);
      for (const word of words.filter(isKeyword).slice(0, MAX_KEYWORDS)) {
        flags.add(word);
      }
    }
  }
  return { date, flags: [...flags] };
}

const INFO: Readonly<Record<string, string>> = {
  S: "\\Seen",
  R: "\\Answered",
  F: "\\Flagged",
  D: "\\Draft",
  T: "\\Deleted",
  P: "$Forwarded",
};

/**
 * The flags in the name of a Maildir file: the letters behind `:2,`.
 * @param keywords what the lower-case letters mean, in the order of the alphabet
 */
export function maildirFlags(
  fileName: string,
  keywords: readonly (string | undefined)[],
): string[] {
  const info = /[:;!]2,([A-Za-z]*)/.exec(fileName)?.[1] ?? "";
  const flags = [...info].map((letter) =>
    INFO[letter] ?? keywords[letter.charCodeAt(0) - 97]
  );
  return [...new Set(flags.filter((flag) => flag !== undefined))];
}

/** Reads a `dovecot-keywords` file, `0 $Forwarded` and so on, a line each. */
export function parseDovecotKeywords(text: string): (string | undefined)[] {
  const keywords: (string | undefined)[] = [];
  for (const line of text.slice(0, 65_536).split("\n")) {
    const match = /^(\d{1,2}) (\S+)\s*$/.exec(line);
    if (match === null || Number(match[1]) > 25) continue;
    if (isKeyword(match[2]!)) keywords[Number(match[1])] = match[2]!;
  }
  return keywords;
}
