/**
 * Sources of messages as callbacks give them, made into bytes.
 *
 * @module
 */

import { normalizeLineEnds } from "../../protocol/mime/line_ends.ts";
import type { MessageSource } from "./events.ts";

const encoder = new TextEncoder();

/** A string as it goes over the wire: UTF-8, with CRLF for every line end (RFC 5322 § 2.3). */
export function bytesOf(source: Uint8Array | string): Uint8Array {
  return typeof source === "string"
    ? normalizeLineEnds(encoder.encode(source))
    : source;
}

/**
 * Reads a source.
 * @param limit how many bytes it may have at the most
 * @param signal ends the reading of a stream
 * @throws {TypeError} when it is no source
 * @throws {RangeError} when it is longer than the limit
 */
export async function readSource(
  source: MessageSource,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  if (source instanceof ReadableStream) {
    bytes = await readStream(source, limit, signal);
  } else if (typeof source === "string" || source instanceof Uint8Array) {
    bytes = bytesOf(source);
  } else {throw new TypeError(
      "A source is bytes, a string or a stream of bytes",
    );}
  if (bytes.length > limit) throw tooLong(limit);
  return bytes;
}

async function readStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const reader = stream.getReader();
  const cancel = (reason?: unknown) => {
    reader.cancel(reason).catch(() => {});
  };
  const stop = () => cancel(signal.reason);
  signal.addEventListener("abort", stop);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("A stream of a source has chunks of bytes");
      }
      size += value.length;
      if (size > limit) throw tooLong(limit);
      chunks.push(value);
    }
  } catch (error) {
    cancel(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLong(limit: number): RangeError {
  return new RangeError(`The source has more than ${limit} bytes`);
}
