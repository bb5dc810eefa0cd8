/**
 * A mailbox as a Maildir: flags in the names of files, keywords by `dovecot-keywords`, INTERNALDATE as the
 * time of the file. That goes wrong when files are copied, and a file system has its bounds (ext4 ends in
 * 2446, others begin in 1970): so the date stands in the name too, to the millisecond. Lines end in LF, as programs expect them there; a message that would not be the same
 * again is written as it is, and its name says `raw`.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { unixLines } from "./unix_lines.ts";
import {
  type MailboxWriter,
  type OutgoingMessage,
  type WriterOptions,
  writeWhole,
} from "./writer.ts";

/** Keywords are letters from a to z. */
const MAX_KEYWORDS = 26;

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["\\Draft", "D"],
  ["\\Flagged", "F"],
  ["\\Answered", "R"],
  ["\\Seen", "S"],
  ["\\Deleted", "T"],
]);

/** What stands before a file's letters; a colon is no part of a name on Windows. */
const INFO = Deno.build.os === "windows" ? ";2," : ":2,";

/** The UID and the time in the name of a file of ours. */
const NAME = /^(\d+)\.U(\d{10})V/;

/** Makes the folders that a Maildir is known by. */
export function makeMaildir(path: string): void {
  for (const folder of ["tmp", "new", "cur"]) {
    Deno.mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
  }
}

/** Whether the name of a file says that its line ends are those of the message. */
export function isRaw(fileName: string): boolean {
  return /\.raw\.imapd(?=[,:;!]|$)/.test(fileName);
}

/** The date in the name of a file that {@linkcode MaildirWriter} wrote, in milliseconds since 1970. */
export function dateInName(fileName: string): number | undefined {
  const date = /\.imapd,[^:;!]*\bD=(-?\d{1,15})(?=[,:;!]|$)/.exec(fileName)
    ?.[1];
  return date === undefined ? undefined : Number(date);
}

/** See the module's text. */
export class MaildirWriter implements MailboxWriter {
  readonly #folder: string;
  readonly #uidValidity: number;
  readonly #keywords: string[] = [];
  readonly #leftOut = new Set<string>();
  /** The second in the last name: names ascend, so that their order is that of the UIDs. */
  #second = 0;

  /** Goes on behind the last message that is certain; files behind it are removed. */
  constructor({ path, uidValidity, uid }: WriterOptions) {
    this.#folder = path;
    this.#uidValidity = uidValidity;
    makeMaildir(path);
    if (basename(path).startsWith(".")) markFolder(path);
    this.#readKeywords();
    for (const { name } of Deno.readDirSync(join(path, "cur"))) {
      const match = NAME.exec(name);
      if (match === null) continue;
      if (Number(match[2]) > uid) Deno.removeSync(join(path, "cur", name));
      else this.#second = Math.max(this.#second, Number(match[1]));
    }
  }

  /** See {@linkcode MailboxWriter.leftOut}. */
  get leftOut(): ReadonlySet<string> {
    return this.#leftOut;
  }

  /** See {@linkcode MailboxWriter.write}. */
  write(message: OutgoingMessage): void {
    const { uid, source, flags, internalDate, saveDate } = message;
    const unix = unixLines(source);
    const bytes = unix ?? source;
    this.#second = Math.max(this.#second, Math.floor(saveDate / 1000), 0);
    const number = String(uid).padStart(10, "0");
    const unique = `${this.#second}.U${number}V${this.#uidValidity}`;
    // S is the size of the file, W that with CRLF (Maildir++), D our own.
    const facts = unix === undefined
      ? `.raw.imapd,S=${bytes.length}`
      : `.imapd,S=${bytes.length},W=${source.length}`;
    const date = `,D=${internalDate}`;
    const name = unique + facts + date + INFO + this.#letters(flags);
    writeWhole(
      join(this.#folder, "cur", name),
      join(this.#folder, "tmp", unique),
      bytes,
      internalDate,
    );
  }

  /** See {@linkcode MailboxWriter.flush}: each message is a file of its own. */
  flush(): number {
    return 0;
  }

  /** Nothing is open. */
  [Symbol.dispose](): void {}

  /** The letters of flags, in the order of ASCII as the Maildir's rules want it. */
  #letters(flags: readonly string[]): string {
    const letters: string[] = [];
    for (const flag of flags) {
      const letter = LETTERS.get(flag) ?? this.#keywordLetter(flag);
      if (letter !== undefined) letters.push(letter);
    }
    return letters.sort().join("");
  }

  #keywordLetter(keyword: string): string | undefined {
    let index = this.#keywords.indexOf(keyword);
    if (index < 0) {
      if (this.#keywords.length >= MAX_KEYWORDS) {
        this.#leftOut.add(keyword);
        return undefined;
      }
      index = this.#keywords.push(keyword) - 1;
      // Before the first message that has the letter.
      this.#writeKeywords();
    }
    return String.fromCharCode(97 + index);
  }

  #readKeywords(): void {
    try {
      const text = Deno.readTextFileSync(this.#keywordsPath);
      for (const [, keyword] of text.matchAll(/^\d+ (\S+)$/gm)) {
        this.#keywords.push(keyword!);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #writeKeywords(): void {
    const lines = this.#keywords.map((word, index) => `${index} ${word}\n`);
    const path = this.#keywordsPath;
    Deno.writeTextFileSync(`${path}.tmp`, lines.join(""), { mode: 0o600 });
    Deno.renameSync(`${path}.tmp`, path);
  }

  get #keywordsPath(): string {
    return join(this.#folder, "dovecot-keywords");
  }
}

/** A mailbox below another one has this file (Maildir++). */
function markFolder(path: string): void {
  Deno.writeFileSync(join(path, "maildirfolder"), new Uint8Array(), {
    mode: 0o600,
  });
}
