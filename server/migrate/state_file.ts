/**
 * Which message of a source mailbox is which message here, in a small file for each mailbox.
 *
 * The file has a line of JSON, then 12 bytes for each message. It is written anew when a run begins and when
 * it has come to its end; between these, messages are put behind it when they are durable in the database.
 * While a run is under way, `base` is the UID from which on messages in the mailbox may be ours without
 * standing here: they are looked for before anything is put in again.
 *
 * @module
 */

import { dirname } from "@std/path";
import { LF } from "../../protocol/mime/bytes.ts";
import { replaceFile } from "../import/progress_file.ts";
import { lowerBound } from "../../storage/uid_list.ts";

/** What the line of JSON says. */
export interface MigrationHead {
  /** The mailbox at the source. */
  readonly path: string;
  /** Its UIDVALIDITY. */
  readonly sourceUidValidity: number;
  /** UIDVALIDITY of the mailbox here, by which it is known after a rename too. */
  readonly uidValidity: number;
  /** See the module's text; 0 when no run is under way. */
  readonly base: number;
}

/** A message on both sides. */
export interface KnownMessage {
  /** UID at the source. */
  readonly source: number;
  /** UID here. */
  readonly local: number;
  /** The hash of its flags at the source, when it was last looked at. */
  readonly flags: number;
}

const VERSION = 1;
const RECORD = 12;

/** See the module's text. */
export class MigrationState {
  readonly #path: string;
  #head: MigrationHead | undefined;
  /** Sorted by UID at the source, as far as they were read from the file. */
  #sources: Uint32Array = new Uint32Array(0);
  #locals: Uint32Array = new Uint32Array(0);
  #flags: Uint32Array = new Uint32Array(0);
  #added: KnownMessage[] = [];
  #file: Deno.FsFile | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Reads the file of a mailbox; one that is not there, or is none, is empty. */
  static async open(path: string): Promise<MigrationState> {
    const state = new MigrationState(path);
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return state;
      throw error;
    }
    const end = bytes.indexOf(LF);
    state.#head = readHead(new TextDecoder().decode(bytes.subarray(0, end)));
    if (state.#head !== undefined) state.#load(bytes.subarray(end + 1));
    return state;
  }

  /** What the file says of the two mailboxes; undefined where there is none. */
  get head(): MigrationHead | undefined {
    return this.#head;
  }

  /** How many messages are known that were read from the file. */
  get length(): number {
    return this.#sources.length;
  }

  /** The place of a message that was read from the file, by its UID at the source; -1 where there is none. */
  indexOf(source: number): number {
    const index = lowerBound(this.#sources, this.length, source);
    return this.#sources[index] === source ? index : -1;
  }

  /** A message that was read from the file. */
  at(index: number): KnownMessage {
    return {
      source: this.#sources[index]!,
      local: this.#locals[index]!,
      flags: this.#flags[index]!,
    };
  }

  /** The UIDs here of all that were read from the file. */
  locals(): ReadonlySet<number> {
    return new Set(this.#locals);
  }

  /** Forgets all messages: they are of other mailboxes. */
  clear(): void {
    this.#sources = this.#locals = this.#flags = new Uint32Array(0);
    this.#added = [];
  }

  /** Notes what the flags of a message are now. {@linkcode finish} writes it. */
  setFlags(index: number, flags: number): void {
    this.#flags[index] = flags;
  }

  /** Begins a run: writes the file anew, and opens it for {@linkcode add}. */
  async begin(head: MigrationHead): Promise<void> {
    await Deno.mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await this.#write(head);
    this.#file = await Deno.open(this.#path, { append: true });
  }

  /** Puts messages behind the others. They are durable in the database. */
  add(messages: readonly KnownMessage[]): void {
    const bytes = new Uint8Array(messages.length * RECORD);
    writeRecords(bytes, messages);
    for (let at = 0; at < bytes.length;) {
      at += this.#file!.writeSync(bytes.subarray(at));
    }
    for (const message of messages) this.#added.push(message);
  }

  /**
   * Ends a run: writes the file anew.
   * @param gone places of messages that are to be forgotten
   */
  async finish(gone: ReadonlySet<number>): Promise<void> {
    this[Symbol.dispose]();
    await this.#write({ ...this.#head!, base: 0 }, gone);
  }

  /** Closes the file where a run has not come to its end. */
  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  async #write(
    head: MigrationHead,
    gone: ReadonlySet<number> = new Set(),
  ): Promise<void> {
    this.#head = head;
    const line = new TextEncoder().encode(
      JSON.stringify({ version: VERSION, ...head }) + "\n",
    );
    const messages: KnownMessage[] = [];
    for (let index = 0; index < this.length; index++) {
      if (!gone.has(index)) messages.push(this.at(index));
    }
    for (const message of this.#added) messages.push(message);
    const bytes = new Uint8Array(line.length + messages.length * RECORD);
    bytes.set(line);
    writeRecords(bytes.subarray(line.length), messages);
    await replaceFile(this.#path, bytes);
  }

  #load(bytes: Uint8Array): void {
    // What a kill cut short at the end is not there.
    const count = Math.floor(bytes.length / RECORD);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const at = (index: number, word: number) =>
      view.getUint32(index * RECORD + word * 4, true);
    const order = Uint32Array.from({ length: count }, (_, index) => index)
      .sort((a, b) => at(a, 0) - at(b, 0));
    // After a power failure there may be zeros at the end, which are no UIDs.
    const known = order.filter((index, place) =>
      at(index, 0) > 0 && at(index, 1) > 0 &&
      (place === 0 || at(order[place - 1]!, 0) !== at(index, 0))
    );
    this.#sources = known.map((index) => at(index, 0));
    this.#locals = known.map((index) => at(index, 1));
    this.#flags = known.map((index) => at(index, 2));
  }
}

function writeRecords(
  bytes: Uint8Array,
  messages: readonly KnownMessage[],
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 0;
  for (const { source, local, flags } of messages) {
    view.setUint32(at, source, true);
    view.setUint32(at + 4, local, true);
    view.setUint32(at + 8, flags, true);
    at += RECORD;
  }
}

function readHead(line: string): MigrationHead | undefined {
  let value: Partial<MigrationHead & { version: number }> | null;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { version, path, sourceUidValidity, uidValidity, base } = value ?? {};
  const fine = version === VERSION && typeof path === "string" &&
    [sourceUidValidity, uidValidity, base].every(Number.isSafeInteger);
  if (!fine) return undefined;
  return {
    path,
    sourceUidValidity: sourceUidValidity!,
    uidValidity: uidValidity!,
    base: base!,
  };
}
