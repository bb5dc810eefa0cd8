/**
 * `imapd-export.json`: what an export has in it, and how far it has come.
 *
 * It says which file or folder is which mailbox, so that import finds the names again, and for each the last
 * message that is whole there: one that was killed goes on behind it, and one that came to its end brings
 * what is new.
 *
 * @module
 */

import { join } from "@std/path";

/** The kinds of export. */
export const FORMATS = ["mbox", "maildir", "eml"] as const;
/** How an export is written. */
export type ExportFormat = typeof FORMATS[number];

/** The name of the file in the folder of an export. */
export const EXPORT_FILE = "imapd-export.json";

/** A mailbox in an export, and how far it has come. */
export interface ExportedMailbox {
  /** The levels of its name. */
  readonly levels: readonly string[];
  /** Its file or folder, below that of the export; levels joined by `/`. */
  readonly path: string;
  /** Its UIDVALIDITY. */
  readonly uidValidity: number;
  /** Whether it was subscribed. */
  readonly subscribed: boolean;
  /** Its special uses. */
  readonly specialUse: readonly string[];
  /** The last message that is there; 0 before the first. */
  uid: number;
  /** How many messages are there. */
  messages: number;
  /** How long the file is that grows with the messages: the mbox, or the index of an `eml` folder. */
  offset: number;
}

/** What stands in the file. */
export interface ExportContents {
  /** How it is written. */
  readonly format: ExportFormat;
  /** Whose mailboxes. */
  readonly user: string;
  /** The mailboxes. */
  readonly mailboxes: ExportedMailbox[];
}

/** How long writing the file may take of all the time, one part in so many. */
const SHARE = 20;
/** It is not written more often, in milliseconds. */
const MIN_INTERVAL = 250;

/**
 * Reads what an export has in it.
 * @returns undefined where there is no such file, or none that can be read
 */
export async function readExportFile(
  folder: string,
): Promise<ExportContents | undefined> {
  try {
    const text = await Deno.readTextFile(join(folder, EXPORT_FILE));
    const contents: unknown = JSON.parse(text);
    return isContents(contents) ? contents : undefined;
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory ||
      error instanceof SyntaxError;
    if (!none) throw error;
    return undefined;
  }
}

/** Keeps the file of an export up to date. It is whole at every moment. */
export class ExportFile {
  readonly #folder: string;
  readonly #contents: ExportContents;
  #dueAt = 0;

  /** Nothing is written yet. */
  constructor(folder: string, contents: ExportContents) {
    this.#folder = folder;
    this.#contents = contents;
  }

  /** Whether it is time to write again; what is written after a kill is written twice at the worst. */
  get isDue(): boolean {
    return performance.now() >= this.#dueAt;
  }

  /** Writes it. */
  async write(): Promise<void> {
    const begun = performance.now();
    const path = join(this.#folder, EXPORT_FILE);
    const text = JSON.stringify({ version: 1, ...this.#contents }, null, 1);
    await Deno.writeTextFile(`${path}.new`, text + "\n", { mode: 0o600 });
    await Deno.rename(`${path}.new`, path);
    const now = performance.now();
    this.#dueAt = now + Math.max(MIN_INTERVAL, SHARE * (now - begun));
  }
}

function isContents(value: unknown): value is ExportContents {
  if (typeof value !== "object" || value === null) return false;
  const { version, format, user, mailboxes } = value as Record<string, unknown>;
  return version === 1 && FORMATS.some((known) => known === format) &&
    typeof user === "string" && Array.isArray(mailboxes) &&
    mailboxes.every(isMailbox);
}

function isMailbox(value: unknown): value is ExportedMailbox {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as ExportedMailbox;
  const counts = [entry.uidValidity, entry.uid, entry.messages, entry.offset];
  return isTexts(entry.levels) && entry.levels.length > 0 &&
    isTexts(entry.specialUse) && typeof entry.subscribed === "boolean" &&
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    typeof entry.path === "string" && isBelow(entry.path);
}

/** Whether a path stays in the folder of the export. A Maildir's names may have a backslash in them. */
function isBelow(path: string): boolean {
  const separators = Deno.build.os === "windows" ? /[/\\]/ : /\//;
  const levels = path.split(separators);
  return !/^[A-Za-z]:/.test(path) && !levels.includes("..") &&
    (levels.length === 1 || levels[0] !== "");
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "string");
}
