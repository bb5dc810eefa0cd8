/**
 * Writes the FETCH responses of a list of messages.
 *
 * What the attributes need decides what is read: nothing for flags, one range of summaries for envelopes, one
 * range of sources for bodies, and of large messages only the bytes asked for.
 *
 * @module
 */

import type { Uid, UidList } from "../../../storage/model.ts";
import { Bye } from "../errors.ts";
import { Pace } from "../../../storage/pace.ts";
import { readSummary, type Summary, summaryOf } from "../summary.ts";
import type { Session } from "../session.ts";
import { FLAGS, MODSEQ, UID } from "./attributes.ts";
import {
  type Content,
  refusalOf,
  ResponseWriter,
  streamedRange,
} from "./response_writer.ts";
import {
  hasConventionalHeaders,
  isConventionalSummary,
  surrogateOf,
} from "./surrogates.ts";
import type { ByteRange, FetchAttribute, FetchMessage } from "./attribute.ts";

/** Messages above this size are read in part, where the attributes need only parts. */
const LARGE = 65_536;

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
    const seen = await setSeen(session, present, attributes);
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
    await fetchState(uids, writer);
  } else if (attributes.every(({ needs }) => needs !== "source")) {
    await fetchSummaries(session, uids, attributes, writer);
  } else {
    await fetchSources(session, uids, attributes, writer);
  }
}

/** Sets `\Seen` where it is not, of messages that can be answered for; whether that changed anything. */
async function setSeen(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
): Promise<boolean> {
  const { state, mailbox } = session.view;
  const unseen = await answerable(
    session,
    uids.filter((uid) => !state.flagsAt(state.indexOf(uid)).seen),
    attributes,
  );
  if (unseen.length === 0) return false;
  const result = await mailbox.storeFlags(unseen, {
    mode: "add",
    flags: ["\\Seen"],
  });
  session.view.own(result.modseqs);
  return true;
}

/** The messages of which no attribute is refused. */
async function answerable(
  session: Session,
  uids: UidList,
  attributes: readonly FetchAttribute[],
): Promise<UidList> {
  if (!attributes.some((one) => one.refusal !== undefined)) return uids;
  const refused = new Set<number>();
  for await (const batch of session.view.mailbox.readSummaries(uids)) {
    for (const { uid, bytes } of batch) {
      const summary = keptSummary(bytes, attributes) ??
        await fromSource(session, uid);
      if (summary !== undefined && refusalOf(summary, attributes)) {
        refused.add(uid);
      }
    }
  }
  return uids.filter((uid) => !refused.has(uid));
}

/** For attributes that are read from the state or the summary alone. */
const NO_BYTES: FetchMessage["slice"] = () => {
  throw new Error("The attribute did not ask for bytes");
};
const STATE_ALONE: Content = { summary: undefined, slice: NO_BYTES };

async function fetchState(
  uids: UidList,
  writer: ResponseWriter,
): Promise<void> {
  for (let at = 0; at < uids.length; at++) {
    const full = writer.write(uids[at]!, STATE_ALONE);
    if (full !== undefined) await full;
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
  const judging = attributes.filter(({ suffices }) => suffices !== undefined);
  for await (const batch of session.view.mailbox.readSummaries(uids)) {
    for (const { uid, bytes } of batch) {
      const summary = keptSummary(bytes, judging) ??
        await fromSource(session, uid);
      if (summary === undefined) continue;
      const content = session.surrogates
        ? await shown(session, uid, summary)
        : { summary, slice: NO_BYTES };
      const full = writer.write(uid, content);
      if (full !== undefined) await full;
    }
  }
}

/** A message of which the summary is all that is needed, as a client is shown it who is shown surrogates. */
async function shown(
  session: Session,
  uid: Uid,
  summary: Summary,
): Promise<Content> {
  const original = { summary, slice: NO_BYTES };
  if (isConventionalSummary(summary)) return original;
  const source = await session.view.mailbox.readSource(uid);
  const surrogate = source && surrogateOf(source);
  return surrogate === undefined || surrogate === source ? original : {
    summary: summaryOf(surrogate),
    slice: NO_BYTES,
    surrogateSize: surrogate.length,
  };
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
  const read: NonNullable<Content["read"]> = async (start, end, room) => {
    const bytes = await mailbox.readSource(uid, start, end, room);
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
