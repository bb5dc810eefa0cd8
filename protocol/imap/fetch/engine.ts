/**
 * Writes the FETCH responses of a list of messages.
 *
 * What the attributes need decides what is read: nothing for flags, one range of summaries for envelopes, one
 * range of sources for bodies, and of large messages only the bytes asked for.
 *
 * @module
 */

import type { Uid, UidList } from "../../../storage/model.ts";
import { Bye, type No } from "../errors.ts";
import { Pace } from "../search/pace.ts";
import { readSummary, type Summary, summaryOf } from "../summary.ts";
import type { Session } from "../session.ts";
import { fetchResponse } from "../announce.ts";
import { FLAGS, MODSEQ, UID } from "./attributes.ts";
import { withoutNul } from "./section.ts";
import {
  hasConventionalHeaders,
  isConventionalSummary,
  surrogateOf,
} from "./surrogates.ts";
import type { ByteRange, FetchAttribute, FetchMessage } from "./attribute.ts";

/** Messages above this size are read in part, where the attributes need only parts. */
const LARGE = 65_536;

/** What is larger than this is written in pieces of this size. */
const PIECE = 1_048_576;

/** How many summaries are looked up at once beside sources. */
const BATCH = 512;

/**
 * Writes a FETCH response for each message, in order.
 * @param uids messages that the client has been told of; those that have gone are left out
 * @param options whether the last message comes first, and what takes the UIDs of messages in whose place a surrogate
 * was shown
 * @returns whether all of them were there
 * @throws {No} UNKNOWN-CTE and its like, after the responses of the other messages
 */
export async function fetchMessages(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
  { backwards = false, downgraded = [] }: {
    readonly backwards?: boolean;
    readonly downgraded?: number[];
  } = {},
): Promise<boolean> {
  const { view } = session;
  let present = view.present(uids);
  let wanted = attributes;
  if (attributes.some((attribute) => attribute.setsSeen) && !view.readOnly) {
    const seen = await setSeen(session, present);
    if (seen) wanted = withFlags(session, attributes);
    present = view.present(uids);
  }
  if (wanted.includes(FLAGS)) view.gather();
  const writer = new ResponseWriter(session, wanted, downgraded);
  if (backwards) {
    for (let at = present.length; at > 0; at--) {
      await fetchInOrder(session, present.subarray(at - 1, at), wanted, writer);
    }
  } else await fetchInOrder(session, present, wanted, writer);
  if (writer.refusal !== undefined) throw writer.refusal;
  return writer.written === uids.length;
}

async function fetchInOrder(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
  writer: ResponseWriter,
): Promise<void> {
  if (attributes.every(({ needs }) => needs === "state")) {
    await fetchState(session, uids, writer);
  } else if (attributes.every(({ needs }) => needs !== "source")) {
    await fetchSummaries(session, uids, attributes, writer);
  } else {
    await fetchSources(session, uids, attributes, writer);
  }
}

/** Sets `\Seen` where it is not; whether that changed anything. */
async function setSeen(session: Session, uids: UidList): Promise<boolean> {
  const { state, mailbox } = session.view;
  const unseen = uids.filter((uid) => !state.flagsAt(state.indexOf(uid)).seen);
  if (unseen.length === 0) return false;
  const result = await mailbox.storeFlags(unseen, {
    mode: "add",
    flags: ["\\Seen"],
  });
  session.view.own(result.modseqs);
  return true;
}

/** What is read of a message. */
interface Content {
  /** Its summary, where it is needed. */
  readonly summary: Summary | undefined;
  /** See {@linkcode FetchMessage.slice}. */
  readonly slice: FetchMessage["slice"];
  /** See {@linkcode FetchMessage.read}. */
  readonly read?: NonNullable<FetchMessage["read"]>;
  /** The size of the surrogate, where it is that of one. */
  readonly surrogateSize?: number | undefined;
}

/** Writes responses and counts them. */
class ResponseWriter {
  readonly #session: Session;
  readonly #attributes: readonly FetchAttribute[];
  readonly #flags: boolean;
  readonly #tells: boolean;
  readonly #refusable: boolean;
  readonly #downgraded: number[];
  readonly #pace = new Pace();
  /** How many responses have been written. */
  written = 0;
  /** Why a response could not be written. */
  refusal: No | undefined;

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
    const { view } = this.#session;
    const index = view.state.indexOf(uid);
    if (index < 0) return undefined;
    return this.writeAt(uid, index, view.numberOf(uid), content);
  }

  /** The same for a message whose place and number are known. */
  writeAt(
    uid: number,
    index: number,
    number: number,
    { summary, slice, read, surrogateSize }: Content,
  ): Promise<void> | undefined {
    const session = this.#session;
    const { state } = session.view;
    const storedSize = state.sizes[index]!;
    const message: FetchMessage = {
      session,
      uid,
      flags: state.flagsAt(index),
      modseq: state.modseqs[index]!,
      internalDate: state.internalDates[index]!,
      saveDate: state.saveDates[index]!,
      thread: state.threads[index]!,
      contentHome: state.contentHomes[index]!,
      contentNumber: state.contentNumbers[index]!,
      size: surrogateSize ?? storedSize,
      storedSize,
      summary: summary!,
      slice,
      read,
    };
    this.written++;
    if (this.#refusable && this.#refuses(message)) {
      // What the command has done to it has to be told all the same.
      if (this.#flags) session.view.tell(Uint32Array.of(uid));
      return undefined;
    }
    if (this.#flags) session.announceKeywords();
    if (this.#tells) session.view.told(uid);
    if (surrogateSize !== undefined) this.#downgraded.push(uid);
    fetchResponse(session, number, uid);
    return this.#writeFrom(0, message);
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

  #refuses(message: FetchMessage): boolean {
    for (const attribute of this.#attributes) {
      const refusal = attribute.refusal?.(message);
      if (refusal !== undefined) {
        this.refusal = refusal;
        return true;
      }
    }
    return false;
  }
}

/** The range of an attribute of which there is too much to have in memory. */
function streamedRange(
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
  const pieceAt = (at: number) => read!(at, Math.min(at + PIECE, end));
  let next: Promise<Uint8Array> | undefined = pieceAt(start);
  for (let at = start; next !== undefined; at += PIECE) {
    const piece: Uint8Array = await next;
    next = at + PIECE < end ? pieceAt(at + PIECE) : undefined;
    // Looked at in its turn; the connection may end before.
    next?.catch(() => {});
    await session.wire.write(withoutNul(piece));
  }
}

/** For attributes that are read from the state or the summary alone. */
const NO_BYTES: FetchMessage["slice"] = () => {
  throw new Error("The attribute did not ask for bytes");
};
const STATE_ALONE: Content = { summary: undefined, slice: NO_BYTES };

async function fetchState(
  session: Session,
  uids: UidList,
  writer: ResponseWriter,
): Promise<void> {
  const { view } = session;
  const { state } = view;
  let at = 0;
  let number = 1;
  for (const uid of uids) {
    // Both arrays ascend, so that the next place is most often the next one.
    if (state.uids[at] !== uid || at >= state.length) at = state.indexOf(uid);
    if (at < 0) {
      at = 0;
      continue;
    }
    if (view.uids[number - 1] !== uid) number = view.numberOf(uid);
    const full = writer.writeAt(uid, at, number, STATE_ALONE);
    if (full !== undefined) await full;
    at++;
    number++;
  }
}

/** A summary as it is kept, if it says enough. */
function keptSummary(
  bytes: Uint8Array | undefined,
  attributes: readonly FetchAttribute[],
): Summary | undefined {
  const summary = bytes && readSummary(bytes);
  return summary !== undefined &&
      attributes.every((attribute) => attribute.suffices?.(summary) ?? true)
    ? summary
    : undefined;
}

async function fetchSummaries(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
  writer: ResponseWriter,
): Promise<void> {
  for await (const batch of session.view.mailbox.readSummaries(uids)) {
    for (const { uid, bytes } of batch) {
      const summary = keptSummary(bytes, attributes) ??
        await fromSource(session, uid);
      const content = summary && await shown(session, uid, summary);
      const full = content && writer.write(uid, content);
      if (full !== undefined) await full;
    }
  }
}

/** A message of which the summary is all that is needed, as the client is shown it. */
function shown(
  session: Session,
  uid: Uid,
  summary: Summary,
): Content | Promise<Content> {
  const original = { summary, slice: NO_BYTES };
  return !session.surrogates || isConventionalSummary(summary)
    ? original
    : session.view.mailbox.readSource(uid).then((source) => {
      const surrogate = source && surrogateOf(source);
      return surrogate === undefined || surrogate === source ? original : {
        summary: summaryOf(surrogate),
        slice: NO_BYTES,
        surrogateSize: surrogate.length,
      };
    });
}

/** The summary of a message that has none that can be read. */
async function fromSource(
  session: Session,
  uid: Uid,
): Promise<Summary | undefined> {
  const source = await session.view.mailbox.readSource(uid);
  const pace = new Pace();
  const summary = source && summaryOf(source);
  if (pace.due) await pace.rest();
  return summary;
}

async function fetchSources(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
  writer: ResponseWriter,
): Promise<void> {
  const { state, mailbox } = session.view;
  const inParts = attributes.every((attribute) =>
    attribute.needs !== "source" || attribute.range !== undefined
  );
  const summaries = needSummaries(attributes);
  const large = (uid: number): boolean => {
    const index = state.indexOf(uid);
    return inParts && index >= 0 && state.sizes[index]! > LARGE;
  };
  for (let at = 0; at < uids.length;) {
    const uid = uids[at]! as Uid;
    if (large(uid)) {
      await fetchLarge(session, uid, attributes, writer);
      at++;
      continue;
    }
    let end = at + 1;
    const most = summaries ? at + BATCH : uids.length;
    while (end < uids.length && end < most && !large(uids[end]!)) end++;
    const run = uids.subarray(at, end);
    const known = new Map<number, Uint8Array>();
    if (summaries) {
      for await (const batch of mailbox.readSummaries(run)) {
        for (const { uid, bytes } of batch) known.set(uid, bytes);
      }
    }
    for await (const batch of mailbox.readSources(run)) {
      for (const { uid, bytes: stored } of batch) {
        const bytes = session.surrogates ? surrogateOf(stored) : stored;
        const isSurrogate = bytes !== stored;
        const kept = isSurrogate ? undefined : known.get(uid);
        const summary = summaries
          ? (kept && keptSummary(kept, attributes)) ?? summaryOf(bytes)
          : undefined;
        const slice = (start: number, end: number) =>
          bytes.subarray(start, end);
        const surrogateSize = isSurrogate ? bytes.length : undefined;
        const full = writer.write(uid, { summary, slice, surrogateSize });
        if (full !== undefined) await full;
      }
    }
    at = end;
  }
}

function needSummaries(attributes: readonly FetchAttribute[]): boolean {
  return attributes.some(({ needs, range, sizeTells }) =>
    needs === "summary" || (range !== undefined && !sizeTells)
  );
}

/**
 * Reads of a large message what the attributes need, from the first byte to the last; what is too much to have
 * in memory is read while it is written.
 */
async function fetchLarge(
  session: Session,
  uid: Uid,
  attributes: readonly FetchAttribute[],
  writer: ResponseWriter,
): Promise<void> {
  const { mailbox, state } = session.view;
  let summary: Summary | undefined;
  if (needSummaries(attributes) || session.surrogates) {
    for await (const batch of mailbox.readSummaries(Uint32Array.of(uid))) {
      summary = keptSummary(batch[0]!.bytes, attributes);
    }
    summary ??= await fromSource(session, uid);
    if (summary === undefined) return;
  }
  const isConventional = !session.surrogates ||
    await hasConventionalHeaders(
      summary!.parts(),
      (start, end) => mailbox.readSource(uid, start, end),
    );
  if (!isConventional) return await fetchSurrogate(session, uid, writer);
  const index = state.indexOf(uid);
  if (index < 0) return;
  const size = state.sizes[index]!;
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const bytes = await mailbox.readSource(uid, start, end);
    // What has been promised cannot be taken back.
    if (bytes?.length !== end - start) throw new Bye("The message has gone");
    return bytes;
  };
  let range: ByteRange | undefined;
  for (const attribute of attributes) {
    const part = attribute.range?.(summary!, size);
    if (part === undefined) continue;
    if (streamedRange(attribute, { read, summary: summary!, size })) continue;
    range = range === undefined
      ? part
      : [Math.min(range[0], part[0]), Math.max(range[1], part[1])];
  }
  const [from, to] = range ?? [0, 0];
  const bytes = to > from
    ? await mailbox.readSource(uid, from, to)
    : new Uint8Array(0);
  if (bytes === undefined) return;
  const slice = (start: number, end: number) =>
    bytes.subarray(start - from, end - from);
  await writer.write(uid, { summary, slice, read });
}

/** A large message in whose place there is a surrogate, all of which has to be made. */
async function fetchSurrogate(
  session: Session,
  uid: Uid,
  writer: ResponseWriter,
): Promise<void> {
  const stored = await session.view.mailbox.readSource(uid);
  if (stored === undefined) return;
  const bytes = surrogateOf(stored);
  await writer.write(uid, {
    summary: summaryOf(bytes),
    slice: (start, end) => bytes.subarray(start, end),
    surrogateSize: bytes === stored ? undefined : bytes.length,
  });
}

/** What tells of changed flags too. */
function withFlags(
  session: Session,
  attributes: readonly FetchAttribute[],
): readonly FetchAttribute[] {
  const wanted = attributes.includes(FLAGS)
    ? attributes
    : [...attributes, FLAGS];
  return session.condstore ? unsolicited(session, wanted) : wanted;
}

/**
 * What tells of something that the client has not asked for: with the UID (RFC 9051 § 7.5.2), and the modseq for those
 * who want that (RFC 7162 § 3.2.4).
 */
export function unsolicited(
  session: Session,
  attributes: readonly FetchAttribute[],
): readonly FetchAttribute[] {
  const { rev2, condstore } = session;
  const named = rev2 || condstore ? withUid(session, attributes) : attributes;
  return condstore && !named.includes(MODSEQ) ? [...named, MODSEQ] : named;
}

/** Adds UID in front where a UID command's answers lack it (RFC 9051 § 6.4.9), and do not begin with it anyway. */
export function withUid(
  { uidOnly }: Session,
  attributes: readonly FetchAttribute[],
): readonly FetchAttribute[] {
  return uidOnly || attributes.includes(UID)
    ? attributes
    : [UID, ...attributes];
}
