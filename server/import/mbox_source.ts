/**
 * An mbox file as a source of messages.
 *
 * @module
 */

import { normalizeLineEnds } from "../../protocol/mime/line_ends.ts";
import {
  fromLineDate,
  type MboxMessage,
  readMbox,
} from "../../protocol/mime/mbox.ts";
import { readMboxRecord, RECORD_FIELD } from "../export/mbox_record.ts";
import { messageFacts } from "./message_facts.ts";
import {
  EMPTY,
  type ImportItem,
  type ImportSource,
  type SourceOptions,
  TOO_LARGE,
} from "./source.ts";

/**
 * Makes a source of an mbox file. A position is the offset of the next From line.
 * @param end where it ends, when what is behind that does not count
 */
export async function mboxSource(
  path: string,
  options: SourceOptions,
  end: number = Infinity,
): Promise<ImportSource> {
  const { size, mtime } = await Deno.stat(path);
  const time = mtime?.getTime() ?? Date.now();
  // A file that we wrote is quoted in the one way that can be undone; of others nobody knows.
  const unquote = await isOurs(path) ? "mboxrd" : options.mboxQuoting ?? "none";
  const { maxMessageSize } = options;
  const total = Math.min(size, end);
  return {
    path,
    below: [],
    total,
    unit: "bytes",
    async *read(after = "0"): AsyncGenerator<ImportItem> {
      const offset = Number(after);
      using file = await Deno.open(path);
      await file.seek(offset, Deno.SeekMode.Start);
      const messages = readMbox(chunksOf(file, total - offset), {
        offset,
        maxMessageSize,
        unquote,
      });
      for await (const message of messages) yield itemOf(message, time);
    },
  };
}

function itemOf(message: MboxMessage, fileTime: number): ImportItem {
  const place = {
    position: `${message.end}`,
    name: `the message at byte ${message.offset}`,
    done: message.end,
  };
  const ours = readMboxRecord(message.source);
  if (ours !== undefined) return { ...place, ...ours };
  const refusal = message.oversized
    ? TOO_LARGE
    : message.source.length === 0
    ? EMPTY
    : undefined;
  const { date, flags } = messageFacts(message.source);
  return {
    ...place,
    source: normalizeLineEnds(message.source),
    flags,
    internalDate: fromLineDate(message.fromLine) ?? date ?? fileTime,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/** Whether the first message is one that our export has written. */
async function isOurs(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(1_024);
  const count = await file.read(bytes) ?? 0;
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, count));
  return text.slice(text.indexOf("\n") + 1).startsWith(`${RECORD_FIELD}: `);
}

async function* chunksOf(
  file: Deno.FsFile,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0;) {
    const chunk = new Uint8Array(Math.min(262_144, left));
    const count = await file.read(chunk);
    if (count === null) return;
    left -= count;
    yield chunk.subarray(0, count);
  }
}
