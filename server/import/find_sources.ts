/**
 * Finds out what a path has to import.
 *
 * @module
 */

import { extname, join } from "@std/path";
import { ParseError } from "../../protocol/wire/parse_error.ts";
import { decodeModifiedUtf7 } from "../../protocol/wire/mailbox_name.ts";
import { type ExportContents, readExportFile } from "../export/export_file.ts";
import { unescapeMaildirLevel } from "../export/file_names.ts";
import { emlSource, maildirSource } from "./files_source.ts";
import { hasIndex, indexSource } from "./index_source.ts";
import { mboxSource } from "./mbox_source.ts";
import { type ImportSource, NoSource, type SourceOptions } from "./source.ts";

/** Maildirs inside Maildirs are looked for so deep. */
const MAX_DEPTH = 32;

/**
 * The sources at a path: the mailboxes of an export of ours or of a Maildir with those below it, the
 * messages of a folder, an mbox file, or a message.
 * @throws {NoSource} when there is none of them
 */
export async function findSources(
  path: string,
  options: SourceOptions,
): Promise<ImportSource[]> {
  const { isDirectory, isFile } = await Deno.stat(path);
  if (isDirectory) {
    const contents = await readExportFile(path);
    if (contents !== undefined) {
      return await exportSources(path, contents, options);
    }
    if (await isMaildir(path)) return await maildirs(path, [], options, 0);
    if (await hasIndex(path)) return [await indexSource(path, [], options)];
    return [await emlSource(path, options)];
  }
  if (!isFile) throw new NoSource("is neither a file nor a folder");
  return [
    await isMbox(path)
      ? await mboxSource(path, options)
      : await emlSource(path, options),
  ];
}

/** The mailboxes of an export, as far as it has come. */
async function exportSources(
  folder: string,
  { format, mailboxes }: ExportContents,
  options: SourceOptions,
): Promise<ImportSource[]> {
  const sources: ImportSource[] = [];
  for (const mailbox of mailboxes) {
    const { levels, offset, subscribed, specialUse } = mailbox;
    // The export was killed before it came to this one.
    if (mailbox.uid === 0 && mailbox.messages === 0 && offset === 0) {
      if (!await exists(join(folder, mailbox.path))) continue;
    }
    const path = join(folder, mailbox.path);
    const isInbox = levels.length === 1 && levels[0] === "INBOX";
    const below = isInbox ? [] : levels;
    const source = format === "mbox"
      ? await mboxSource(path, options, offset)
      : format === "eml"
      ? await indexSource(path, below, options, offset)
      : await maildirSource(path, below, options);
    sources.push({ ...source, below, subscribed, specialUse });
  }
  return sources;
}

/** A field's name and its colon, or a byte order mark or an empty line before them. */
const HEADER = /^(?:\xef\xbb\xbf)?\s*[!-9;-~]+[ \t]*:/;

/** By its name a message, else by how it begins. */
async function isMbox(path: string): Promise<boolean> {
  if (extname(path).toLowerCase() === ".eml") return false;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(512);
  const count = await file.read(bytes) ?? 0;
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, count));
  if (count === 0 || /^\s*From /.test(text)) return true;
  if (!HEADER.test(text)) {
    throw new NoSource("is neither an mbox nor a message");
  }
  return false;
}

async function isMaildir(path: string): Promise<boolean> {
  for (const folder of ["cur", "new"]) {
    if (await exists(join(path, folder), "folder")) return true;
  }
  return false;
}

async function exists(path: string, kind?: "folder"): Promise<boolean> {
  try {
    const { isDirectory } = await Deno.stat(path);
    return isDirectory || kind === undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return false;
  }
}

/** A Maildir and those in it: `.Name.Below` as Maildir++ has them, or folders inside folders. */
async function maildirs(
  path: string,
  below: readonly string[],
  options: SourceOptions,
  depth: number,
): Promise<ImportSource[]> {
  const sources = [await maildirSource(path, below, options)];
  if (depth >= MAX_DEPTH) return sources;
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory && !["cur", "new", "tmp"].includes(name)) names.push(name);
  }
  for (const name of names.sort()) {
    const folder = join(path, name);
    if (!await isMaildir(folder)) continue;
    const levels = name.startsWith(".") ? name.slice(1).split(".") : [name];
    const named = levels.filter((level) => level !== "").map(decodeLevel);
    const found = await maildirs(
      folder,
      [...below, ...named],
      options,
      depth + 1,
    );
    sources.push(...found);
  }
  return sources;
}

/** Names of Maildir++ are in modified UTF-7, what cannot stand there as `\2e`; others are what they are. */
function decodeLevel(level: string): string {
  const plain = unescapeMaildirLevel(level);
  try {
    return decodeModifiedUtf7(plain);
  } catch (error) {
    if (error instanceof ParseError) return plain;
    throw error;
  }
}
