/**
 * The data of a literal while it comes.
 *
 * Its size is known, and is what a client says: room is set aside as data comes. A large one is read in its place, so
 * that nothing is copied but when there has to be more room.
 *
 * @module
 */

/** The most that is set aside for a literal before its data is there. */
const FIRST_SIZE = 65_536;
/** How many times what has come of a literal is set aside for more: the less, the more often it is copied. */
const GROWTH = 16;
/** What is set aside behind a literal that is read in its place, for what the client sends right behind it. */
const BEHIND = 1_024;
/** Memory of so many bytes or more is used again. */
const REUSED = 262_144;
const EMPTY = new Uint8Array(0);

/** How many times as large as what it is used for spare memory may be: room for literals is counted by their sizes. */
const MOST_SPARE = 1.25;
/** The memory of large literals, which nothing else is in. */
const own = new WeakSet<ArrayBufferLike>();
/** That of one that is done with, for as long as nobody else wants it. */
let spare: WeakRef<ArrayBuffer> | undefined;

/**
 * Gives back the data of a literal that nobody looks at any more: to set memory aside for a large one, and to collect
 * it, costs as much as to read it. Whoever looks at it all the same finds it empty.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (!own.delete(buffer)) return;
  spare = new WeakRef((buffer as ArrayBuffer).transfer());
}

/** What is spare, if so many bytes fit it and use most of it. What is in it is anything. */
function takeSpare(size: number): ArrayBuffer | undefined {
  const buffer = size < REUSED ? undefined : spare?.deref();
  if (buffer === undefined) return undefined;
  if (buffer.byteLength < size || buffer.byteLength > size * MOST_SPARE) {
    return undefined;
  }
  spare = undefined;
  return buffer;
}

/** See the module's text. */
export class LiteralData {
  readonly #size: number;
  readonly #behind: number;
  readonly #kept: boolean;
  #bytes: Uint8Array = EMPTY;
  #filled = 0;

  /**
   * Nothing has come yet.
   * @param size how many bytes will come
   * @param kept whether they are wanted
   */
  constructor(size: number, kept: boolean) {
    this.#size = size;
    this.#kept = kept;
    this.#behind = size > FIRST_SIZE ? BEHIND : 0;
  }

  /** How many bytes have not come yet. */
  get missing(): number {
    return this.#size - this.#filled;
  }

  /** The data, once all of it has come. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /**
   * Where the next bytes are best put, those behind the literal too; it stands until {@linkcode feed}.
   * @returns undefined where that gains nothing
   */
  room(): Uint8Array | undefined {
    if (!this.#kept || this.#behind === 0) return undefined;
    this.#reserve(Math.min(this.#filled + BEHIND, this.#size));
    return this.#bytes.subarray(this.#filled);
  }

  /**
   * Takes in as much of the input as is the literal's. It is copied, unless it is in {@linkcode room}.
   * @returns how much that is
   */
  feed(input: Uint8Array): number {
    const count = Math.min(this.missing, input.length);
    if (this.#kept && !this.#isInPlace(input)) {
      this.#reserve(this.#filled + count);
      this.#bytes.set(input.subarray(0, count), this.#filled);
    }
    this.#filled += count;
    return count;
  }

  #isInPlace({ buffer, byteOffset }: Uint8Array): boolean {
    return buffer === this.#bytes.buffer &&
      byteOffset === this.#bytes.byteOffset + this.#filled;
  }

  /** Makes room for so many bytes of the literal, and for more. */
  #reserve(count: number): void {
    if (count + this.#behind <= this.#bytes.length) return;
    const room = Math.max(count, this.#filled * GROWTH, FIRST_SIZE);
    const all = this.#size + this.#behind;
    const memory = (this.#filled > 0 ? takeSpare(all) : undefined) ??
      new ArrayBuffer(Math.min(this.#size, room) + this.#behind);
    if (memory.byteLength >= REUSED) own.add(memory);
    const bytes = new Uint8Array(memory, 0, Math.min(memory.byteLength, all));
    bytes.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = bytes;
  }
}
