/**
 * Writes FETCH responses, one message after the other.
 *
 * @module
 */

import { fetchResponse } from "../announce.ts";
import type { No } from "../errors.ts";
import { Pace } from "../../../storage/pace.ts";
import type { Session } from "../session.ts";
import type { Summary } from "../summary.ts";
import type { ByteRange, FetchAttribute, FetchMessage } from "./attribute.ts";
import { FLAGS, MODSEQ } from "./attributes.ts";
import { withoutNul } from "./section.ts";

/** What is larger than this is written in pieces of this size: in the processor's cache from the file to the socket. */
const PIECE = 262_144;

/** What is read of a message. */
export interface Content {
  /** Its summary, where it is needed. */
  readonly summary: Summary | undefined;
  /** See {@linkcode FetchMessage.slice}. */
  readonly slice: FetchMessage["slice"];
  /** See {@linkcode FetchMessage.read}. */
  readonly read?: NonNullable<FetchMessage["read"]>;
  /** The size of the surrogate, where it is that of one. */
  readonly surrogateSize?: number | undefined;
}

/** The one message that is being written; thousands may follow, and an object for each would cost more than the rest. */
type Current = { -readonly [Key in keyof FetchMessage]: FetchMessage[Key] };

/** Writes responses and counts them. */
export class ResponseWriter {
  readonly #session: Session;
  readonly #attributes: readonly FetchAttribute[];
  readonly #flags: boolean;
  readonly #tells: boolean;
  readonly #refusable: boolean;
  readonly #downgraded: number[];
  readonly #pace = new Pace();
  #current: Current | undefined;
  /** Where the last message was in the state, and its number. */
  #place = -1;
  #number = 0;
  /** How many responses have been written. */
  written = 0;
  /** Why a response could not be written. */
  refusal: No | undefined;

  /** Nothing written yet. */
  constructor(
    session: Session,
    attributes: readonly FetchAttribute[],
    downgraded: number[],
  ) {
    this.#session = session;
    this.#downgraded = downgraded;
    this.#attributes = attributes;
    this.#flags = attributes.includes(FLAGS);
    // Of a change the client has to be told with the modseq (RFC 7162 § 3.1).
    this.#tells = this.#flags &&
      (!session.condstore || attributes.includes(MODSEQ));
    this.#refusable = attributes.some((one) => one.refusal !== undefined);
  }

  /**
   * message-data = nz-number SP "FETCH" SP msg-att (RFC 9051 § 7.5.2); nothing when the message has gone.
   * @returns a promise when there was so much that it has to go out
   */
  write(uid: number, content: Content): Promise<void> | undefined {
    const session = this.#session;
    const { view } = session;
    const { state } = view;
    // Messages ascend, so that the next place is most often the next one.
    let place = this.#place + 1;
    if (state.uids[place] !== uid || place >= state.length) {
      place = state.indexOf(uid);
      if (place < 0) return undefined;
    }
    let number = this.#number + 1;
    if (view.uids[number - 1] !== uid) number = view.numberOf(uid);
    this.#place = place;
    this.#number = number;
    this.written++;
    const message = this.#message(uid, place, content);
    if (this.#refusable) {
      const refusal = refusalOf(message.summary, this.#attributes);
      if (refusal !== undefined) {
        this.refusal = refusal;
        return undefined;
      }
    }
    if (this.#flags) session.announceKeywords();
    if (this.#tells) view.told(uid);
    if (content.surrogateSize !== undefined) this.#downgraded.push(uid);
    fetchResponse(session, number, uid);
    return this.#writeFrom(0, message);
  }

  /** What there is to be known of the message at a place of the state. */
  #message(uid: number, place: number, content: Content): FetchMessage {
    const session = this.#session;
    const { state } = session.view;
    const { summary, slice, read, surrogateSize } = content;
    const storedSize = state.sizes[place]!;
    const now = this.#current;
    if (now === undefined) {
      return this.#current = {
        session,
        uid,
        flags: state.flagsAt(place),
        modseq: state.modseqs[place]!,
        internalDate: state.internalDates[place]!,
        saveDate: state.saveDates[place]!,
        thread: state.threads[place]!,
        contentHome: state.contentHomes[place]!,
        contentNumber: state.contentNumbers[place]!,
        size: surrogateSize ?? storedSize,
        storedSize,
        summary: summary!,
        slice,
        read,
      };
    }
    now.uid = uid;
    now.flags = state.flagsAt(place);
    now.modseq = state.modseqs[place]!;
    now.internalDate = state.internalDates[place]!;
    now.saveDate = state.saveDates[place]!;
    now.thread = state.threads[place]!;
    now.contentHome = state.contentHomes[place]!;
    now.contentNumber = state.contentNumbers[place]!;
    now.size = surrogateSize ?? storedSize;
    now.storedSize = storedSize;
    now.summary = summary!;
    now.slice = slice;
    now.read = read;
    return now;
  }

  /** Writes the attributes from one on; what has gathered goes out between two of them, once it is a batch. */
  #writeFrom(first: number, message: FetchMessage): Promise<void> | undefined {
    const { out } = this.#session;
    for (let at = first; at < this.#attributes.length; at++) {
      if (at > 0) out.sp();
      const attribute = this.#attributes[at]!;
      const streamed = streamedRange(attribute, message);
      if (streamed !== undefined) {
        return writeInPieces(message, attribute.label!, streamed)
          .then(() => this.#writeFrom(at + 1, message));
      }
      attribute.write(message);
      const full = out.length > this.#session.host.batchSize &&
        this.#session.flushBatch();
      // Each may have gone through all of a large header.
      const wait = full ||
        (attribute.needs === "source" && this.#pace.due && this.#pace.rest());
      if (wait) return wait.then(() => this.#writeFrom(at + 1, message));
    }
    out.close().crlf();
    return undefined;
  }
}

/** Why one of the attributes is refused; undefined where none is. */
export function refusalOf(
  summary: Summary,
  attributes: readonly FetchAttribute[],
): No | undefined {
  for (const attribute of attributes) {
    const refusal = attribute.refusal?.(summary);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The range of an attribute of which there is too much to have in memory. */
export function streamedRange(
  attribute: FetchAttribute,
  { read, summary, size }: Pick<FetchMessage, "read" | "summary" | "size">,
): ByteRange | undefined {
  if (read === undefined || attribute.label === undefined) return undefined;
  const range = attribute.range?.(summary, size);
  return range !== undefined && range[1] - range[0] > PIECE ? range : undefined;
}

/** Writes a literal piece by piece, the next one being read while the last one goes out. */
async function writeInPieces(
  { session, read }: FetchMessage,
  label: Uint8Array,
  [start, end]: ByteRange,
): Promise<void> {
  const { out } = session;
  out.bytes(label).text(`{${end - start}}`).crlf();
  let room = new Uint8Array(PIECE);
  let otherRoom = new Uint8Array(PIECE);
  const pieceAt = (at: number) => read!(at, Math.min(at + PIECE, end), room);
  let next: Promise<Uint8Array> | undefined = pieceAt(start);
  for (let at = start; next !== undefined; at += PIECE) {
    const piece: Uint8Array = await next;
    // What was written before this piece has been taken.
    [room, otherRoom] = [otherRoom, room];
    next = at + PIECE < end ? pieceAt(at + PIECE) : undefined;
    // Looked at in its turn; the connection may end before.
    next?.catch(() => {});
    await session.wire.write(withoutNul(piece));
  }
}
