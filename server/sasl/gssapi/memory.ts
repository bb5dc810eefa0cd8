/**
 * What crosses to the library and back: handles, bytes, and the status of a call.
 *
 * All arrays here have a buffer of their own, which V8 never moves, as it does with small arrays.
 *
 * @module
 */

import type { Gss } from "./library.ts";

/** A variable for a handle of the library's: zero while there is none. */
export type HandleCell = BigUint64Array<ArrayBuffer>;

/** A {@linkcode HandleCell} with nothing in it. */
export function handleCell(): HandleCell {
  return new BigUint64Array(new ArrayBuffer(8));
}

/** The handle in a cell, as functions take it. */
export function handleIn(cell: HandleCell): Deno.PointerValue {
  return Deno.UnsafePointer.create(cell[0]!);
}

/** A variable for a number of 32 bits. */
export function numberCell(): Uint32Array<ArrayBuffer> {
  return new Uint32Array(new ArrayBuffer(4));
}

/** A word of a {@linkcode structure}: a number, or the address of what stands so many bytes behind its start. */
export type Word = number | { readonly offset: number };

/**
 * A structure of C with all that it points to, in one piece, so that all of it is there for as long as the array is.
 * @param words of 64 bits each
 * @param bytes what comes behind them
 */
export function structure(
  words: readonly Word[],
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const memory = new Uint8Array(
    new ArrayBuffer(8 * words.length + bytes.length),
  );
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
  const view = new DataView(memory.buffer);
  for (const [index, word] of words.entries()) {
    const value = typeof word === "number"
      ? BigInt(word)
      : start + BigInt(word.offset);
    view.setBigUint64(8 * index, value, true);
  }
  memory.set(bytes, 8 * words.length);
  return memory;
}

/** Bytes for the library: `gss_buffer_desc`, a length and an address (RFC 2744 § 3.2). */
export function inputBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return structure([bytes.length, { offset: 16 }], bytes);
}

/** Bytes from the library, in memory of its own. */
export class OutputBuffer {
  /** What to pass. */
  readonly descriptor: BigUint64Array<ArrayBuffer> = new BigUint64Array(
    new ArrayBuffer(16),
  );

  /** Copies what is in it, and gives the memory back. */
  take(gss: Gss): Uint8Array {
    const [length, address] = this.descriptor as unknown as [bigint, bigint];
    const bytes = new Uint8Array(Number(length));
    const pointer = Deno.UnsafePointer.create(address);
    if (pointer !== null) {
      new Deno.UnsafePointerView(pointer).copyInto(bytes);
    }
    gss.gss_release_buffer(numberCell(), this.descriptor);
    return bytes;
  }
}

/** A call has failed; the message is the library's. */
export class GssError extends Error {
  /** Asks the library what the status means. */
  constructor(gss: Gss, major: number, minor: number) {
    const texts = [textOf(gss, major, GSS_C_GSS_CODE)];
    if (minor !== 0) texts.push(textOf(gss, minor, GSS_C_MECH_CODE));
    super(texts.join(": "));
    this.name = "GssError";
  }
}

// RFC 2744 § 3.9.1, Appendix A
const GSS_C_GSS_CODE = 1;
const GSS_C_MECH_CODE = 2;
const ROUTINE_ERRORS_AND_CALLING_ERRORS = 0xffff_0000;

/** A status may have several texts; no more than these are asked for. */
const MAX_TEXTS = 4;

/** Checks the status of a call. @throws {GssError} */
export function check(gss: Gss, major: number, minor: Uint32Array): void {
  if ((major & ROUTINE_ERRORS_AND_CALLING_ERRORS) !== 0) {
    throw new GssError(gss, major, minor[0]!);
  }
}

function textOf(gss: Gss, status: number, kind: number): string {
  const texts: string[] = [];
  const more = numberCell();
  do {
    const text = new OutputBuffer();
    const major = gss.gss_display_status(
      numberCell(),
      status,
      kind,
      null,
      more,
      text.descriptor,
    );
    if (major !== 0) break;
    texts.push(new TextDecoder().decode(text.take(gss)));
  } while (more[0] !== 0 && texts.length < MAX_TEXTS);
  return texts.join(", ");
}
