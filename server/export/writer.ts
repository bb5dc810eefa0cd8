/**
 * Where the messages of a mailbox go in an export.
 *
 * @module
 */

/** A message on its way out. */
export interface OutgoingMessage {
  /** Its UID. */
  readonly uid: number;
  /** The whole message. */
  readonly source: Uint8Array;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly internalDate: number;
  /** When it came into the mailbox, in milliseconds since 1970. */
  readonly saveDate: number;
}

/**
 * Writes the messages of one mailbox, in the order of their UIDs. Each is there whole or not at all, for
 * those who look by the rules of the format, as soon as {@linkcode flush} has returned.
 */
export interface MailboxWriter extends Disposable {
  /** What of the messages the format had no room for: keywords. */
  readonly leftOut: ReadonlySet<string>;
  /** Writes a message. */
  write(message: OutgoingMessage): void;
  /**
   * Hands all that was written to the system.
   * @returns how long the file is that grows with the messages; 0 where there is none
   */
  flush(): number;
}

/** Where a writer takes up its work. */
export interface WriterOptions {
  /** The mailbox's file or folder. */
  readonly path: string;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** The last message that is there already; what came behind it was cut short. */
  readonly uid: number;
  /** How long the growing file was behind that message. */
  readonly offset: number;
}

/** Writes to the end of a file, through a buffer. */
export class FileEnd implements Disposable {
  readonly #file: Deno.FsFile;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #offset: number;

  /** Opens a file, makes it where it is missing, and cuts off what is behind `offset`. */
  constructor(path: string, offset: number) {
    this.#file = Deno.openSync(path, {
      create: true,
      write: true,
      mode: 0o600,
    });
    this.#offset = offset;
    try {
      if (this.#file.statSync().size < offset) {
        throw new Error(
          `${path} is shorter than it was: export anew elsewhere`,
        );
      }
      this.#file.truncateSync(offset);
      this.#file.seekSync(offset, Deno.SeekMode.Start);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /** Puts bytes at the end. */
  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= BUFFER) this.flush();
  }

  /** Hands all bytes to the system; returns how long the file is. */
  flush(): number {
    const bytes = new Uint8Array(this.#size);
    let to = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, to);
      to += chunk.length;
    }
    this.#chunks = [];
    this.#size = 0;
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
    return this.#offset += bytes.length;
  }

  /** Closes the file; what was not flushed is lost. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Bytes that are gathered before they are written. */
const BUFFER = 1_048_576;

/** Writes a file under another name, and gives it its own when it is whole. */
export function writeWhole(
  path: string,
  temporary: string,
  bytes: Uint8Array,
  time: number,
): void {
  Deno.writeFileSync(temporary, bytes, { mode: 0o600 });
  const date = new Date(time);
  Deno.utimeSync(temporary, date, date);
  Deno.renameSync(temporary, path);
}
