/**
 * The messages of KV Connect, version 3: what they say, and where.
 *
 * The numbers are those of `datapath.proto`, which is part of the protocol's public description.
 *
 * @module
 */

import { Message, MessageWriter } from "./protobuf.ts";

/** How a value is written; kept, and understood only where numbers are added. */
export const Encoding = { v8: 1, le64: 2, bytes: 3 } as const;

/** What a mutation does. */
export const MutationType = {
  set: 1,
  delete: 2,
  sum: 3,
  max: 4,
  min: 5,
} as const;

const READ_SUCCESS = 1;
const WRITE_SUCCESS = 1;
const WRITE_CHECK_FAILURE = 2;

/** A value. */
export interface Value {
  /** Its bytes. */
  readonly data: Uint8Array;
  /** See {@linkcode Encoding}. */
  readonly encoding: number;
}

/** A value under a key. */
export interface Entry extends Value {
  /** The key, so encoded that bytes sort as keys do. */
  readonly key: Uint8Array;
  /** The commit that wrote it, 10 bytes. */
  readonly versionstamp: Uint8Array;
}

/** Keys to be read. */
export interface ReadRange {
  /** The first. */
  readonly start: Uint8Array;
  /** The one behind the last. */
  readonly end: Uint8Array;
  /** How many at the most. */
  readonly limit: number;
  /** Whether from the last on. */
  readonly reverse: boolean;
}

/** What has to hold for a commit. */
export interface Check {
  /** The key. */
  readonly key: Uint8Array;
  /** Its value's versionstamp; empty when there is to be no value. */
  readonly versionstamp: Uint8Array;
}

/** A step of a commit. */
export interface Mutation {
  /** The key. */
  readonly key: Uint8Array;
  /** The value; empty for a deletion. */
  readonly value: Value;
  /** See {@linkcode MutationType}. */
  readonly type: number;
  /** When the value goes by itself, in milliseconds since 1970; 0 for never. */
  readonly expiresAt: number;
}

/** A commit. */
export interface AtomicWrite {
  /** All of them have to hold. */
  readonly checks: readonly Check[];
  /** Done in order. */
  readonly mutations: readonly Mutation[];
}

/** Decodes `SnapshotRead`. */
export function decodeSnapshotRead(bytes: Uint8Array): ReadRange[] {
  return new Message(bytes).messages(1).map((range) => ({
    start: range.bytes(1),
    end: range.bytes(2),
    limit: range.number(3),
    reverse: range.number(4) !== 0,
  }));
}

/** Encodes `SnapshotReadOutput`, of as many ranges as were asked for. */
export function encodeSnapshotRead(
  ranges: readonly (readonly Entry[])[],
): Uint8Array<ArrayBuffer> {
  const output = new MessageWriter();
  for (const entries of ranges) {
    const range = new MessageWriter();
    for (const entry of entries) range.message(1, entryMessage(entry));
    output.message(1, range);
  }
  const strongly = true;
  return output.number(4, strongly).number(8, READ_SUCCESS).finish();
}

/** Decodes `AtomicWrite`. */
export function decodeAtomicWrite(bytes: Uint8Array): AtomicWrite {
  const write = new Message(bytes);
  return {
    checks: write.messages(1).map((check) => ({
      key: check.bytes(1),
      versionstamp: check.bytes(2),
    })),
    mutations: write.messages(2).map((mutation) => ({
      key: mutation.bytes(1),
      value: {
        data: mutation.message(2)?.bytes(1) ?? new Uint8Array(),
        encoding: mutation.message(2)?.number(2) ?? 0,
      },
      type: mutation.number(3),
      expiresAt: mutation.number(4),
    })),
  };
}

/** Encodes `AtomicWriteOutput`: the commit's versionstamp, or undefined when a check has failed. */
export function encodeAtomicWrite(
  versionstamp: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const output = new MessageWriter();
  return versionstamp === undefined
    ? output.number(1, WRITE_CHECK_FAILURE).finish()
    : output.number(1, WRITE_SUCCESS).bytes(2, versionstamp).finish();
}

/** Decodes `Watch`: the keys. */
export function decodeWatch(bytes: Uint8Array): Uint8Array[] {
  return new Message(bytes).messages(1).map((key) => key.bytes(1));
}

/**
 * Encodes `WatchOutput` with its length before it, since many of them follow one another.
 * @param keys what each key has, undefined for nothing; Deno takes one that is said to be unchanged for empty
 */
export function encodeWatch(
  keys: readonly (Entry | undefined)[],
): Uint8Array<ArrayBuffer> {
  const output = new MessageWriter().number(1, READ_SUCCESS);
  for (const entry of keys) {
    const changed = true;
    const watched = new MessageWriter().number(1, changed);
    if (entry !== undefined) watched.message(2, entryMessage(entry));
    output.message(2, watched);
  }
  const message = output.finish();
  const frame = new Uint8Array(4 + message.length);
  new DataView(frame.buffer).setUint32(0, message.length, true);
  frame.set(message, 4);
  return frame;
}

function entryMessage(entry: Entry): MessageWriter {
  return new MessageWriter().bytes(1, entry.key).bytes(2, entry.data)
    .number(3, entry.encoding).bytes(4, entry.versionstamp);
}
