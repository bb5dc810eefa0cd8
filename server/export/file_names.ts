/**
 * Names of files and folders for mailboxes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { encodeModifiedUtf7 } from "../../protocol/wire/mailbox_name.ts";

/** File systems take 255 bytes at the most; something is put behind a name. */
const MAX_BYTES = 200;

const encoder = new TextEncoder();

// What a file system, or one that files are copied to, has no room for; % because it stands for these.
const UNSAFE = /[/\\:*?"<>|%]|^[. ]|[. ]$/g;
/** Devices of Windows, whatever stands behind the dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=$|\.)/i;
/** What our own files are called. */
const OURS = /\.(?=(?:mbox|eml|json|jsonl|tmp)$)/i;

/** A level of a mailbox's name as the name of a file, without what says its kind. */
export function fileName(level: string): string {
  const safe = level.replace(UNSAFE, percent).replace(OURS, percent)
    .replace(DEVICE, (name) => percent(name[0]!) + name.slice(1));
  return shortened(safe);
}

/**
 * The name of a mailbox's folder in a Maildir++: levels joined by dots, in modified UTF-7. A dot or a slash
 * in a level, and a backslash, are written as `\2e`, as Dovecot does it.
 */
export function maildirName(levels: readonly string[]): string {
  const name = levels.map((level) =>
    encodeModifiedUtf7(level).replace(
      /[./\\]/g,
      (c) => `\\${c.charCodeAt(0).toString(16)}`,
    )
  );
  return shortened(`.${name.join(".")}`);
}

/** Reads what {@linkcode maildirName} wrote of one level, modified UTF-7 apart. */
export function unescapeMaildirLevel(level: string): string {
  return level.replace(
    /\\(2e|2f|5c)/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Hands out names, no two of which are one where a file system does not tell `a` from `A`. */
export class UniqueNames {
  readonly #taken = new Set<string>();

  /**
   * The name with its suffix, and where that is taken a hash between them.
   * @param unique what no other name comes with
   */
  take(name: string, suffix: string, unique: string): string {
    const plain = name + suffix;
    const free = this.#taken.has(folded(plain))
      ? `${name}~${hash(unique)}${suffix}`
      : plain;
    this.#taken.add(folded(free));
    return free;
  }
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function percent(text: string): string {
  return [...encoder.encode(text)].map((byte) =>
    `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");
}

function shortened(name: string): string {
  if (encoder.encode(name).length <= MAX_BYTES) return name;
  let kept = "";
  let size = 0;
  for (const character of name) {
    size += encoder.encode(character).length;
    if (size > MAX_BYTES - 20) break;
    kept += character;
  }
  return `${kept}~${hash(name)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
