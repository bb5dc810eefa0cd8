/**
 * A folder of messages with an `index.jsonl`, as `imapd export --format eml` writes it.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { INDEX_FILE, type IndexLine } from "../export/eml_writer.ts";
import {
  type ImportItem,
  type ImportSource,
  NoSource,
  type SourceOptions,
  TOO_LARGE,
} from "./source.ts";

/** Whether a folder has an index. */
export async function hasIndex(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(path, INDEX_FILE))).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Makes a source of a folder with an index. A position is the number of the line behind a message's own.
 * @param end where the index ends, in bytes, when what is behind that does not count
 * @throws {NoSource} when a line is none of an index
 */
export async function indexSource(
  path: string,
  below: readonly string[],
  options: SourceOptions,
  end: number = Infinity,
): Promise<ImportSource> {
  const bytes = await Deno.readFile(join(path, INDEX_FILE));
  const text = new TextDecoder().decode(bytes.subarray(0, end));
  // A line without its end was cut short by a kill.
  const total = text.split("\n").length - 1;
  return {
    path,
    below,
    total,
    unit: "messages",
    async *read(after = "0"): AsyncGenerator<ImportItem> {
      let number = 0;
      for (const line of linesOf(text)) {
        number++;
        if (number <= Number(after)) continue;
        const entry = readLine(line);
        if (entry === undefined) {
          throw new NoSource(`has no line of an index in line ${number}`);
        }
        yield {
          ...await readItem(path, entry, options),
          position: `${number}`,
          name: entry.file,
          done: number,
        };
      }
    },
  };
}

function* linesOf(text: string): Generator<string> {
  let from = 0;
  for (let at; (at = text.indexOf("\n", from)) >= 0; from = at + 1) {
    yield text.slice(from, at);
  }
}

async function readItem(
  folder: string,
  { file, flags, date }: IndexLine,
  options: SourceOptions,
): Promise<Omit<ImportItem, "position" | "name" | "done">> {
  const path = join(folder, file);
  const facts = { flags, internalDate: Date.parse(date) };
  try {
    const { size } = await Deno.stat(path);
    if (size <= options.maxMessageSize) {
      return { ...facts, source: await Deno.readFile(path) };
    }
    return { ...facts, source: new Uint8Array(0), refusal: TOO_LARGE };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { ...facts, source: new Uint8Array(0), refusal: GONE };
  }
}

const GONE = "in the index, but not there";

function readLine(line: string): IndexLine | undefined {
  let value: Partial<IndexLine> | null;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { file, flags, date } = value ?? {};
  const fine = typeof file === "string" && file === basename(file) &&
    Array.isArray(flags) && flags.every((flag) => typeof flag === "string") &&
    typeof date === "string" && !Number.isNaN(Date.parse(date));
  return fine ? value as IndexLine : undefined;
}
