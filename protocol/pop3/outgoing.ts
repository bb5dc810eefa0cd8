/**
 * A message on its way to the client: read piece by piece, its headers in ASCII where they have to be.
 *
 * @module
 */

import { isAscii } from "node:buffer";
import type { Uid } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { No } from "../imap/errors.ts";
import { readSummary } from "../imap/summary.ts";
import { parseMessage } from "../mime/parse.ts";
import { Disconnected } from "../imap/transport.ts";
import { gone } from "./maildrop.ts";
import {
  type HeaderRange,
  headerRanges,
  Surrogate,
} from "../mime/surrogate.ts";

/** How much of a message is read at first: all of most, and enough for the top of the others. */
const FIRST = 65_536;
/** How much is read at a time after that. */
const PIECE = 262_144;
/** A header above this size is not rewritten. */
const MAX_HEADER = 1_048_576;

/** What is to be read. */
export interface OutgoingSource {
  /** Where. */
  readonly mailbox: Mailbox;
  /** Which. */
  readonly uid: Uid;
  /** Its size as it is stored. */
  readonly size: number;
}

/**
 * Begins to read a message. Reading on fails with {@linkcode Disconnected} when it goes meanwhile.
 * @param ascii whether headers have to be in ASCII (RFC 6856 § 2.1)
 * @throws {No} when it has gone; UTF8 when it has a header that would have to be rewritten and is too large
 */
export async function openMessage(
  source: OutgoingSource,
  ascii: boolean,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const { mailbox, uid, size } = source;
  const first = await mailbox.readSource(uid, 0, Math.min(size, FIRST));
  if (first === undefined) throw gone();
  const ranges = ascii ? await rangesToRewrite(source, first) : [];
  const pieces = readPieces(source, first);
  return ranges.length === 0
    ? pieces
    : rewritten(pieces, new Surrogate(ranges));
}

async function* readPieces(
  { mailbox, uid, size }: OutgoingSource,
  first: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieceAt = (at: number) => {
    if (at >= size) return undefined;
    const read = mailbox.readSource(uid, at, Math.min(at + PIECE, size));
    // Looked at in its turn; the connection may end before.
    read.catch(() => {});
    return read;
  };
  let at = first.length;
  let next = pieceAt(at);
  yield first;
  while (next !== undefined) {
    const piece: Uint8Array | undefined = await next;
    // What has been promised cannot be taken back.
    if (piece === undefined || piece.length === 0) {
      throw new Disconnected("The message has gone while it was sent");
    }
    at += piece.length;
    next = pieceAt(at);
    yield piece;
  }
}

async function* rewritten(
  pieces: AsyncIterable<Uint8Array>,
  surrogate: Surrogate,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) yield surrogate.take(piece);
}

/** The headers of a message that may have to be rewritten; none for most messages. */
async function rangesToRewrite(
  source: OutgoingSource,
  first: Uint8Array,
): Promise<readonly HeaderRange[]> {
  if (first.length === source.size) {
    return isAscii(first) ? [] : rangesIn(first);
  }
  const ranges: HeaderRange[] = [];
  for (const range of await rangesOf(source)) {
    if (range[1] - range[0] <= MAX_HEADER) ranges.push(range);
    else if (!await isRangeAscii(source, range)) {
      throw new No("UTF8", "The message has a header in UTF-8");
    }
  }
  return ranges;
}

function rangesIn(bytes: Uint8Array): readonly HeaderRange[] {
  const ranges = headerRanges(parseMessage(bytes));
  return ranges.every(([start, end]) => isAscii(bytes.subarray(start, end)))
    ? []
    : ranges;
}

/** The headers of a large message, by its summary where there is one. */
async function rangesOf(
  { mailbox, uid }: OutgoingSource,
): Promise<HeaderRange[]> {
  for await (const batch of mailbox.readSummaries(Uint32Array.of(uid))) {
    const summary = readSummary(batch[0]!.bytes);
    if (summary !== undefined) return headerRanges(summary.parts());
  }
  const whole = await mailbox.readSource(uid);
  if (whole === undefined) throw gone();
  return headerRanges(parseMessage(whole));
}

async function isRangeAscii(
  { mailbox, uid }: OutgoingSource,
  [start, end]: HeaderRange,
): Promise<boolean> {
  for (let at = start; at < end; at += PIECE) {
    const piece = await mailbox.readSource(uid, at, Math.min(at + PIECE, end));
    if (piece === undefined) throw gone();
    if (!isAscii(piece)) return false;
  }
  return true;
}
