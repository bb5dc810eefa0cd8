/**
 * Files with one message each as a source: a mailbox of a Maildir, a folder of `.eml` files, one of them.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { normalizeLineEnds } from "../../protocol/mime/line_ends.ts";
import { dateInName, isRaw } from "../export/maildir_writer.ts";
import {
  maildirFlags,
  messageFacts,
  parseDovecotKeywords,
} from "./message_facts.ts";
import {
  EMPTY,
  type ImportItem,
  type ImportSource,
  NoSource,
  type SourceOptions,
  TOO_LARGE,
} from "./source.ts";

/** A message file. */
interface MessageFile {
  /** Its path below the source's. */
  readonly name: string;
  /** What stays of the name when flags change: its place in the order. */
  readonly key: string;
}

/** How the messages of a source are dated and flagged. */
interface Reading {
  readonly flags: (file: MessageFile, source: Uint8Array) => readonly string[];
  /** Whether line ends are those of the message. */
  readonly isRaw: (file: MessageFile) => boolean;
  /** The date of arrival; that of the file where there is none. */
  readonly date: (file: MessageFile, source: Uint8Array) => number | undefined;
}

/**
 * A mailbox of a Maildir: `cur` and `new`, flags in the file names, keywords by `dovecot-keywords`, the
 * files' times as INTERNALDATE.
 * @param below the levels of the mailbox's name
 */
export async function maildirSource(
  path: string,
  below: readonly string[],
  options: SourceOptions,
): Promise<ImportSource> {
  const keywords = await readKeywords(join(path, "dovecot-keywords"));
  const files: MessageFile[] = [];
  for (const folder of ["cur", "new"]) {
    for await (const { name, isFile } of entriesOf(join(path, folder))) {
      if (!isFile || name.startsWith(".")) continue;
      files.push({
        name: `${folder}/${name}`,
        key: name.replace(/[:;!]2,.*$/s, ""),
      });
    }
  }
  return sourceOf(path, below, files, options, {
    flags: ({ name }) => maildirFlags(name, keywords),
    isRaw: ({ name }) => isRaw(name),
    date: ({ name }) => dateInName(name),
  });
}

/** All `.eml` files of a folder and of those in it, or one message file of whatever name. */
export async function emlSource(
  path: string,
  options: SourceOptions,
): Promise<ImportSource> {
  const { isDirectory } = await Deno.stat(path);
  const files: MessageFile[] = [];
  if (isDirectory) {
    for await (const name of emlFiles(path, "", 0)) {
      files.push({ name, key: name });
    }
    if (files.length === 0) throw new NoSource("has no .eml file in it");
  } else files.push({ name: "", key: basename(path) });
  return sourceOf(path, [], files, options, {
    flags: (_, source) => messageFacts(source).flags,
    isRaw: () => false,
    date: (_, source) => messageFacts(source).date,
  });
}

/** Folders inside folders are looked into so deep. */
const MAX_DEPTH = 32;

async function* emlFiles(
  root: string,
  below: string,
  depth: number,
): AsyncGenerator<string> {
  for await (const entry of entriesOf(join(root, below))) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory && depth < MAX_DEPTH) {
      yield* emlFiles(root, name, depth + 1);
    } else if (entry.isFile && /\.eml$/i.test(entry.name)) yield name;
  }
}

function sourceOf(
  path: string,
  below: readonly string[],
  files: MessageFile[],
  options: SourceOptions,
  reading: Reading,
): ImportSource {
  files.sort((a, b) => compareKeys(a.key, b.key));
  return {
    path,
    below,
    total: files.length,
    unit: "messages",
    async *read(after?: string): AsyncGenerator<ImportItem> {
      for (const [index, file] of files.entries()) {
        if (after !== undefined && compareKeys(file.key, after) <= 0) continue;
        const item = await readItem(path, file, options, reading);
        // A mail program has moved it away, or deleted it, in the meantime.
        if (item === undefined) continue;
        yield {
          ...item,
          name: file.name === "" ? file.key : file.name,
          position: file.key,
          done: index + 1,
        };
      }
    },
  };
}

async function readItem(
  root: string,
  file: MessageFile,
  options: SourceOptions,
  reading: Reading,
): Promise<Omit<ImportItem, "position" | "name" | "done"> | undefined> {
  const path = file.name === "" ? root : join(root, file.name);
  let size: number;
  let mtime: Date | null;
  let source: Uint8Array = new Uint8Array(0);
  try {
    ({ size, mtime } = await Deno.stat(path));
    if (size <= options.maxMessageSize) source = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const time = mtime?.getTime() ?? Date.now();
  const refusal = size > options.maxMessageSize
    ? TOO_LARGE
    : source.length === 0
    ? EMPTY
    : undefined;
  return {
    source: reading.isRaw(file) ? source : normalizeLineEnds(source),
    flags: reading.flags(file, source),
    internalDate: reading.date(file, source) ?? time,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/** Maildir names begin with the second of arrival: numbers come in their order, then all by code unit. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [a, b].map((key) =>
    Number(/^\d{1,15}/.exec(key)?.[0] ?? Infinity)
  );
  if (left !== right) return left! < right! ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

async function* entriesOf(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function readKeywords(path: string): Promise<(string | undefined)[]> {
  try {
    return parseDovecotKeywords(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
