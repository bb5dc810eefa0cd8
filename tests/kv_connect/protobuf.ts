/**
 * Protocol Buffers, as much of them as KV Connect takes: numbers, bytes, and messages in messages.
 *
 * A field is a tag, which is its number and how it is written, and a value: a varint, seven bits a byte, or
 * bytes behind their length.
 *
 * @module
 */

const VARINT = 0;
const BYTES = 2;

/** Bytes that are no message. */
export class MalformedMessage extends Error {}

/** A message that has been received. A field that is not there has the value nought, or no bytes. */
export class Message {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>();

  /** @throws {MalformedMessage} */
  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.atEnd) {
      const tag = Number(reader.varint());
      const field = Math.floor(tag / 8);
      const values = this.#fields.get(field);
      const value = reader.value(tag % 8);
      if (values === undefined) this.#fields.set(field, [value]);
      else values.push(value);
    }
  }

  /** A number; one beyond 2^53 is none that the protocol has. */
  number(field: number): number {
    const value = this.#fields.get(field)?.at(-1) ?? 0n;
    if (typeof value !== "bigint" || value > Number.MAX_SAFE_INTEGER) {
      throw new MalformedMessage(`Field ${field} is no number`);
    }
    return Number(value);
  }

  /** Bytes. */
  bytes(field: number): Uint8Array {
    return this.#allBytes(field).at(-1) ?? new Uint8Array();
  }

  /** A message; undefined when it is not there. */
  message(field: number): Message | undefined {
    return this.messages(field).at(-1);
  }

  /** All messages of a field. */
  messages(field: number): Message[] {
    return this.#allBytes(field).map((bytes) => new Message(bytes));
  }

  #allBytes(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (typeof value !== "bigint") return value;
      throw new MalformedMessage(`Field ${field} is a number`);
    });
  }
}

class Reader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.#at >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage("A number has no end");
  }

  value(wireType: number): bigint | Uint8Array {
    if (wireType === VARINT) return this.varint();
    if (wireType !== BYTES) {
      throw new MalformedMessage(`Wire type ${wireType} is none that is used`);
    }
    const length = Number(this.varint());
    const start = this.#at;
    this.#at += length;
    if (this.#at <= this.bytes.length) {
      return this.bytes.subarray(start, this.#at);
    }
    throw new MalformedMessage("A field ends behind its message");
  }
}

/** A message to be sent. Nought is not written: that is what a field has that is not there. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = [];

  /** Adds a number. */
  number(field: number, value: number | boolean): this {
    if (Number(value) === 0) return this;
    this.#varint(field * 8 + VARINT);
    this.#varint(Number(value));
    return this;
  }

  /** Adds bytes. */
  bytes(field: number, bytes: Uint8Array): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(bytes.length);
    this.#parts.push(bytes);
    return this;
  }

  /** Adds a message. */
  message(field: number, message: MessageWriter): this {
    return this.bytes(field, message.finish());
  }

  /** All that has been added. */
  finish(): Uint8Array<ArrayBuffer> {
    const length = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    for (; value >= 0x80; value = Math.floor(value / 0x80)) {
      bytes.push(value % 0x80 + 0x80);
    }
    this.#parts.push(Uint8Array.of(...bytes, value));
  }
}
