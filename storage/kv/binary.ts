/**
 * Bytes, written and read one after the other. Little-endian.
 *
 * @module
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Writes values one after the other into bytes that grow. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  /** Nothing written yet; `capacity` is a guess. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How much has been written. */
  get length(): number {
    return this.#length;
  }

  /** An unsigned byte. */
  u8(value: number): this {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
    return this;
  }

  /** Two bytes. */
  u16(value: number): this {
    const at = this.#take(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  /** Four bytes. */
  u32(value: number): this {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** Eight bytes: any number. */
  f64(value: number): this {
    const at = this.#take(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** A text of at most 65,535 bytes, its length before it. */
  text(text: string): this {
    const bytes = encoder.encode(text);
    return this.u16(bytes.length).raw(bytes);
  }

  /** Bytes of zero until the length is a multiple of 8. */
  align(): this {
    this.#take((8 - this.#length % 8) % 8);
    return this;
  }

  /** All that has been written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, at * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** Reads values one after the other. Reading beyond the end throws a RangeError. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** At the start of the bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether there is nothing left. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Reads the version byte of a value and refuses one that is not known. */
  version(known: number): this {
    const version = this.u8();
    if (version !== known) {
      throw new Error(`A value of version ${version}, not ${known}`);
    }
    return this;
  }

  /** Reads the version byte where a value may be of this version or an older one, from 1 on. */
  versionUpTo(known: number): number {
    const version = this.u8();
    if (version >= 1 && version <= known) return version;
    throw new Error(`A value of version ${version}, not up to ${known}`);
  }

  /** An unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  /** Two bytes. */
  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  /** Four bytes. */
  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Eight bytes. */
  f64(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  /** Bytes as they are; not copied. */
  raw(count: number): Uint8Array {
    const at = this.#skip(count);
    if (at + count > this.#bytes.length) throw new RangeError("A cut value");
    return this.#bytes.subarray(at, at + count);
  }

  /** A text with its length before it. */
  text(): string {
    return decoder.decode(this.raw(this.u16()));
  }

  /** Goes on at the next multiple of 8. */
  align(): this {
    this.#skip((8 - this.#at % 8) % 8);
    return this;
  }

  /** Numbers of four bytes each, copied. */
  u32s(count: number): Uint32Array {
    return new Uint32Array(this.raw(count * 4).slice().buffer);
  }

  /** Numbers of eight bytes each, copied. */
  f64s(count: number): Float64Array {
    return new Float64Array(this.raw(count * 8).slice().buffer);
  }

  /** Numbers of two bytes each, copied. */
  u16s(count: number): Uint16Array {
    return new Uint16Array(this.raw(count * 2).slice().buffer);
  }

  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

/** The bytes of an array of numbers, in the machine's order, which is little-endian wherever Deno runs. */
export function bytesOf(
  numbers: Uint16Array | Uint32Array | Float64Array,
): Uint8Array {
  return new Uint8Array(
    numbers.buffer,
    numbers.byteOffset,
    numbers.byteLength,
  );
}
