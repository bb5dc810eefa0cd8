/**
 * Reading a mailbox of which something is broken, and writing it anew.
 *
 * @module
 */

import { FlagTable } from "../../flag_set.ts";
import {
  MailboxState,
  type MailboxState as State,
  type MessageColumns,
  type MessageRecord,
} from "../../mailbox_state.ts";
import type { MailboxId, Modseq, Uid } from "../../model.ts";
import { encodeHead, type Head } from "../head.ts";
import {
  expungedOf,
  headKey,
  logOf,
  pageKey,
  pagesOf,
  threadsKey,
} from "../keys.ts";
import { decodeLog, type LogRecord } from "../log_record.ts";
import { decodeExpunged, decodePage, encodePage } from "../page.ts";
import { type CheckContext, tryDecode } from "./context.ts";

/** What could be read of a mailbox. */
export interface Salvaged {
  /** The messages. */
  readonly state: State;
  /** What could not be read, phrases. */
  readonly broken: readonly string[];
}

/** Reads all of a mailbox that can be read. */
export async function salvage(
  { kv }: CheckContext,
  id: number,
  head: Head | undefined,
): Promise<Salvaged> {
  const broken: string[] = [];
  const messages = new Map<number, MessageRecord>();
  const options = { batchSize: 100 };
  for await (
    const { key, value } of kv.list({ prefix: pagesOf(id) }, options)
  ) {
    const page = tryDecode(value, soundPage);
    if (page === undefined) {
      broken.push(`the page from UID ${String(key[2])} on`);
    } else addPage(messages, page);
  }
  let last = 1;
  for await (const record of readLog(kv, id, broken)) {
    last = Math.max(last, record.modseq);
    applyRecord(messages, record);
  }
  for await (
    const { key, value } of kv.list({ prefix: expungedOf(id) }, options)
  ) {
    if (tryDecode(value, decodeExpunged) !== undefined) continue;
    broken.push(`the expunged messages from modseq ${String(key[2])} on`);
  }
  for (const { modseq } of messages.values()) last = Math.max(last, modseq);
  const state = new MailboxState({
    id: id as MailboxId,
    uidValidity: head?.uidValidity ?? 0,
    uidNext: head?.uidNext ?? 1,
    highestModseq: Math.max(last, head?.highestModseq ?? 1),
    firstRecent: head?.firstRecent ?? 1,
  });
  const sorted = [...messages.values()].sort((a, b) => a.uid - b.uid);
  for (const message of sorted) state.load(message);
  return { state, broken };
}

/** A page whose columns go together. @throws {Error} when they do not */
function soundPage(bytes: Uint8Array): MessageColumns {
  const page = decodePage(bytes);
  const sound = page.uids.every((uid, at) => uid > (page.uids[at - 1] ?? 0)) &&
    page.flagSets.every((set) => set < page.sets.length) &&
    page.contentNumbers.every(Number.isSafeInteger) &&
    (page.threads?.every(Number.isSafeInteger) ?? true) &&
    page.modseqs.every(Number.isSafeInteger);
  if (!sound) throw new Error("A page that contradicts itself");
  return page;
}

function addPage(
  messages: Map<number, MessageRecord>,
  page: MessageColumns,
): void {
  for (const [at, uid] of page.uids.entries()) {
    const modseq = page.modseqs[at]! as Modseq;
    if ((messages.get(uid)?.modseq ?? 0) >= modseq) continue;
    messages.set(uid, {
      uid: uid as Uid,
      modseq,
      flags: page.sets[page.flagSets[at]!]!,
      size: page.sizes[at]!,
      internalDate: page.internalDates[at]!,
      saveDate: page.saveDates[at]!,
      thread: page.threads?.[at] ?? 0,
      content: {
        home: page.contentHomes[at]!,
        number: page.contentNumbers[at]!,
      },
    });
  }
}

/** The changes in the log that can be read, in order. */
async function* readLog(
  kv: Deno.Kv,
  id: number,
  broken: string[],
): AsyncGenerator<LogRecord, void> {
  let modseq = 0;
  let parts: unknown[] = [];
  const record = () => {
    if (parts.length === 0) return undefined;
    const decoded = parts.every((part) => part instanceof Uint8Array)
      ? tryDecode(
        parts[0],
        () => decodeLog(modseq as Modseq, parts as Uint8Array[]),
      )
      : undefined;
    if (decoded === undefined) broken.push(`the change of modseq ${modseq}`);
    return decoded;
  };
  for await (
    const { key, value } of kv.list({ prefix: logOf(id) }, {
      batchSize: 200,
    })
  ) {
    if (key[2] !== modseq) {
      const before = record();
      if (before !== undefined) yield before;
      parts = [];
      modseq = key[2] as number;
    }
    parts.push(value);
  }
  const before = record();
  if (before !== undefined) yield before;
}

function applyRecord(
  messages: Map<number, MessageRecord>,
  record: LogRecord,
): void {
  if (record.type === "append") {
    for (const message of record.records) {
      if (!messages.has(message.uid)) messages.set(message.uid, message);
    }
  } else if (record.type === "expunge") {
    for (const uid of record.uids) messages.delete(uid);
  } else {
    const table = new FlagTable();
    const change = table.changer(record.change);
    for (const uid of record.uids) {
      const message = messages.get(uid);
      if (message === undefined || message.modseq >= record.modseq) continue;
      const { flags } = change(table.intern(message.flags).index);
      messages.set(uid, { ...message, flags, modseq: record.modseq });
    }
  }
}

/** What the head of a mailbox says when its messages are these, and the pages hold all of them. */
export function headOf(
  state: State,
  uidValidity: number,
  before: Head | undefined,
): Head {
  const firstRecent = Math.min(before?.firstRecent ?? Infinity, state.uidNext);
  return {
    uidValidity,
    uidNext: state.uidNext,
    highestModseq: state.highestModseq,
    messages: state.length,
    unseen: state.unseen,
    deleted: state.deletedCount,
    recent: state.allUids().filter((uid) => uid >= firstRecent).length,
    size: state.totalSize,
    firstRecent,
    folded: state.highestModseq,
    logStart: state.highestModseq,
    foldCount: (before?.foldCount ?? 0) + 1,
    expungedFloor: state.highestModseq,
  };
}

/**
 * Writes what has been read of a mailbox in place of all that there is.
 *
 * Nobody knows what the changes were that cannot be read. So all that is there counts as changed now, and of
 * what was expunged before nothing is known: whoever synchronises looks at all of it again (RFC 7162 § 3.2.5).
 */
export async function rewriteMailbox(
  { kv, writer }: CheckContext,
  state: State,
  uidValidity: number,
  before: Head | undefined,
): Promise<void> {
  const { id } = state;
  state.highestModseq = state.highestModseq + 1 as Modseq;
  state.modseqs.fill(state.highestModseq, 0, state.length);
  const firstUids = new Set<number>();
  for (let at = 0; at < state.length;) {
    const page = encodePage(state, at, state.length);
    await writer.write(pageKey(id, page.firstUid), page.bytes);
    firstUids.add(page.firstUid);
    at = page.end;
  }
  // In this order, whatever is cut short can be read or salvaged: pages, what they replace, head, log.
  await writer.flush();
  for await (const { key } of kv.list({ prefix: pagesOf(id) })) {
    if (!firstUids.has(key[2] as number)) await writer.write(key, null);
  }
  await removeAll(kv, writer, expungedOf(id));
  const head = encodeHead(headOf(state, uidValidity, before));
  await writer.write(headKey(id), head);
  await writer.flush();
  await removeAll(kv, writer, logOf(id));
  await writer.flush();
}

/** Removes everything of a mailbox but its contents. */
export async function removeMailbox(
  { kv, writer }: CheckContext,
  id: number,
): Promise<void> {
  await writer.write(headKey(id), null);
  await writer.write(threadsKey(id), null);
  for (const prefix of [pagesOf(id), logOf(id), expungedOf(id)]) {
    await removeAll(kv, writer, prefix);
  }
  await writer.flush();
}

async function removeAll(
  kv: Deno.Kv,
  writer: CheckContext["writer"],
  prefix: Deno.KvKey,
): Promise<void> {
  for await (const { key } of kv.list({ prefix })) {
    await writer.write(key, null);
  }
}
