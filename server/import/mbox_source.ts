/**
 * An mbox file as a source of messages.
 *
 * @module
 */

import { normalizeLineEnds } from "../../protocol/mime/line_ends.ts";
import { fromLineDate, readMbox } from "../../protocol/mime/mbox.ts";
import { messageFacts } from "./message_facts.ts";
import {
  EMPTY,
  type ImportItem,
  type ImportSource,
  type SourceOptions,
  TOO_LARGE,
} from "./source.ts";

/** Makes a source of an mbox file. A position is the offset of the next From line. */
export async function mboxSource(
  path: string,
  options: SourceOptions,
): Promise<ImportSource> {
  const { size, mtime } = await Deno.stat(path);
  return {
    path,
    below: [],
    total: size,
    unit: "bytes",
    async *read(after = "0"): AsyncGenerator<ImportItem> {
      const offset = Number(after);
      using file = await Deno.open(path);
      await file.seek(offset, Deno.SeekMode.Start);
      const { maxMessageSize } = options;
      for await (
        const message of readMbox(chunksOf(file), { offset, maxMessageSize })
      ) {
        const refusal = message.oversized
          ? TOO_LARGE
          : message.source.length === 0
          ? EMPTY
          : undefined;
        const { date, flags } = messageFacts(message.source);
        yield {
          position: `${message.end}`,
          source: normalizeLineEnds(message.source),
          flags,
          internalDate: fromLineDate(message.fromLine) ?? date ??
            mtime?.getTime() ?? Date.now(),
          done: message.end,
          ...(refusal === undefined ? {} : { refusal }),
        };
      }
    },
  };
}

async function* chunksOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(262_144);
    const count = await file.read(chunk);
    if (count === null) return;
    yield chunk.subarray(0, count);
  }
}
