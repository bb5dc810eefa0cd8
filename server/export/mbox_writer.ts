/**
 * A mailbox as an mbox file; see `mbox_record.ts` for what stands in it.
 *
 * @module
 */

import { dirname } from "@std/path";
import { writeMboxRecord } from "./mbox_record.ts";
import {
  FileEnd,
  type MailboxWriter,
  type OutgoingMessage,
  type WriterOptions,
} from "./writer.ts";

/** See the module's text. */
export class MboxWriter implements MailboxWriter {
  readonly #file: FileEnd;
  /** See {@linkcode MailboxWriter.leftOut}. */
  readonly leftOut: ReadonlySet<string> = new Set();

  /** Goes on behind the messages that are whole. */
  constructor({ path, offset }: WriterOptions) {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = new FileEnd(path, offset);
  }

  /** See {@linkcode MailboxWriter.write}. */
  write(message: OutgoingMessage): void {
    this.#file.write(writeMboxRecord(message));
  }

  /** See {@linkcode MailboxWriter.flush}. */
  flush(): number {
    return this.#file.flush();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
