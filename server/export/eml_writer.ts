/**
 * A mailbox as a folder with a file for each message, byte for byte, and `index.jsonl`, which has a line for
 * each: its UID, flags and date. A file that is not in the index does not count.
 *
 * @module
 */

import { join } from "@std/path";
import {
  FileEnd,
  type MailboxWriter,
  type OutgoingMessage,
  type WriterOptions,
  writeWhole,
} from "./writer.ts";

/** The name of the index. */
export const INDEX_FILE = "index.jsonl";

/** A line of the index. */
export interface IndexLine {
  /** The file's name. */
  readonly file: string;
  /** UID. */
  readonly uid: number;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE, as ISO 8601 has it. */
  readonly date: string;
  /** Bytes of the message. */
  readonly size: number;
}

const encoder = new TextEncoder();

/** See the module's text. */
export class EmlWriter implements MailboxWriter {
  readonly #folder: string;
  readonly #index: FileEnd;
  /** See {@linkcode MailboxWriter.leftOut}. */
  readonly leftOut: ReadonlySet<string> = new Set();

  /** Goes on behind the messages that are in the index. */
  constructor({ path, offset }: WriterOptions) {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#folder = path;
    this.#index = new FileEnd(join(path, INDEX_FILE), offset);
  }

  /** See {@linkcode MailboxWriter.write}. */
  write({ uid, source, flags, internalDate }: OutgoingMessage): void {
    const file = `${String(uid).padStart(10, "0")}.eml`;
    const path = join(this.#folder, file);
    writeWhole(path, `${path}.tmp`, source, internalDate);
    const line: IndexLine = {
      file,
      uid,
      flags,
      date: new Date(internalDate).toISOString(),
      size: source.length,
    };
    this.#index.write(encoder.encode(JSON.stringify(line) + "\n"));
  }

  /** See {@linkcode MailboxWriter.flush}. */
  flush(): number {
    return this.#index.flush();
  }

  /** Closes the index. */
  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]();
  }
}
