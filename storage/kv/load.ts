/**
 * Loading a mailbox: its pages, then the log since they were written.
 *
 * Pages are written in the order of UIDs, in several commits if need be, and the log is dropped only after
 * the last. So pages may be older or newer than one another, and may overlap: whatever is read, the log
 * leads to the same end. A message that a page has already is not appended again, a change of flags that it
 * has seen already is not made again, and a message that was expunged at any time goes in the end.
 *
 * @module
 */

import type { ExpungedEntry } from "../change_history.ts";
import { MailboxState, type MessageColumns } from "../mailbox_state.ts";
import { StorageError } from "../model.ts";
import type { MailboxId, Modseq } from "../model.ts";
import { concatUids } from "../uid_list.ts";
import { decodeHead, type Head } from "./head.ts";
import { expungedOf, headKey, logKey, logOf, pagesOf } from "./keys.ts";
import { decodeLog, type LogRecord } from "./log_record.ts";
import { decodeExpunged, decodePage } from "./page.ts";

const MAX_ATTEMPTS = 20;

/** Where a change is in the log. */
export interface LogEntry {
  /** The change. */
  readonly modseq: number;
  /** In how many parts. */
  readonly parts: number;
  /** How large all parts are. */
  readonly bytes: number;
}

/** What is known of the pages in the database. */
export interface PageMap {
  /** The UIDs under which there are pages, ascending. */
  readonly firstUids: readonly number[];
  /** From the page that holds this UID on, pages overlap: a fold was cut short. */
  readonly soundUpTo: number;
  /** The keys of the pages of expunged messages, in order. */
  readonly expunged: readonly Deno.KvKey[];
}

/** A mailbox as it was loaded. */
export interface LoadedMailbox {
  /** The head. */
  readonly head: Head;
  /** Its versionstamp. */
  readonly versionstamp: string;
  /** The messages. */
  readonly state: MailboxState;
  /** The log from its start, what the pages hold already included. */
  readonly log: readonly LogEntry[];
  /** The pages. */
  readonly pages: PageMap;
}

/** Pages, decoded. */
export interface ReadPages {
  /** What is known of them. */
  readonly map: PageMap;
  /** The messages. */
  readonly columns: readonly MessageColumns[];
  /** The expunged messages. */
  readonly expunged: readonly ExpungedEntry[];
}

/**
 * Loads a mailbox as it was at some moment since the call.
 * @param key where the head is
 * @param maxExpunged how many expunged messages it remembers; the default where nobody asks
 * @returns undefined when it is not there
 */
export async function loadMailbox(
  kv: Deno.Kv,
  id: MailboxId,
  key: Deno.KvKey = headKey(id),
  maxExpunged?: number,
): Promise<LoadedMailbox | undefined> {
  let entry = await kv.get<Uint8Array>(key);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (entry.value === null) return undefined;
    const first = decodeHead(entry.value);
    const { versionstamp } = entry;
    const [pages, log] = await Promise.all([
      readPages(kv, id),
      readLog(kv, id, first.logStart + 1),
    ]);
    // Reads of many values are not one snapshot. Pages, and the log up to a head, change by folds only.
    entry = await kv.get<Uint8Array>(key);
    if (entry.value === null) return undefined;
    if (decodeHead(entry.value).foldCount !== first.foldCount) continue;
    // What has come meanwhile is left out: who writes all the time keeps nobody from reading.
    const upTo = <T extends { readonly modseq: number }>(list: readonly T[]) =>
      list.filter(({ modseq }) => modseq <= first.highestModseq);
    const entries = upTo(log.entries);
    const last = entries.at(-1)?.modseq ?? first.logStart;
    if (log.torn || Math.max(last, first.folded) !== first.highestModseq) {
      continue;
    }
    return {
      head: first,
      versionstamp,
      state: assemble(
        new MailboxState({
          ...first,
          id,
          ...(maxExpunged === undefined ? {} : { maxExpunged }),
        }),
        first,
        pages,
        upTo(log.records),
      ),
      log: entries,
      pages: pages.map,
    };
  }
  throw new StorageError("UNAVAILABLE", "The mailbox changes too fast to load");
}

function assemble(
  state: MailboxState,
  head: Head,
  pages: ReadPages,
  records: readonly LogRecord[],
): MailboxState {
  for (const columns of pages.columns) state.loadColumns(columns);
  const expunged: ExpungedEntry[] = [...pages.expunged];
  const known = expunged.at(-1)?.modseq ?? 0;
  for (const record of records) {
    if (record.modseq <= head.folded) continue;
    if (record.type === "append") {
      const last = state.length === 0 ? 0 : state.uids[state.length - 1]!;
      for (const message of record.records) {
        if (message.uid > last) state.load(message);
      }
    } else if (record.type === "flags") {
      const { modseq, uids, change } = record;
      state.loadFlags(modseq, uids, state.flagTable.changer(change));
    } else if (record.modseq > known) expunged.push(record);
  }
  const gone = records.filter((r) =>
    r.type === "expunge" && r.modseq > head.folded
  );
  const uids = gone.map((r) =>
    r.type === "expunge" ? r.uids : new Uint32Array()
  );
  state.loadExpunge(concatUids(uids).sort());
  state.restoreExpunged(head.expungedFloor, expunged);
  return state;
}

/** Reads the pages of a mailbox. */
export async function readPages(kv: Deno.Kv, id: number): Promise<ReadPages> {
  const read = (prefix: Deno.KvKey) =>
    Array.fromAsync(kv.list<Uint8Array>({ prefix }, { batchSize: 100 }));
  const [entries, gone] = await Promise.all([
    read(pagesOf(id)),
    read(expungedOf(id)),
  ]);
  const firstUids: number[] = [];
  const columns: MessageColumns[] = [];
  const lastUids: number[] = [];
  let soundUpTo = Infinity;
  for (const { key, value } of entries) {
    const firstUid = key[2] as number;
    const page = decodePage(value);
    const overlapping = lastUids.findIndex((last) => last >= firstUid);
    if (overlapping >= 0) {
      soundUpTo = Math.min(soundUpTo, firstUids[overlapping]!);
    }
    firstUids.push(firstUid);
    lastUids.push(page.uids.at(-1) ?? 0);
    columns.push(page);
  }
  const expunged = gone.flatMap(({ value }) => decodeExpunged(value));
  const keys = gone.map(({ key }) => key);
  const map = { firstUids, soundUpTo, expunged: keys };
  return { map, columns, expunged };
}

/** A stretch of a log. */
export interface ReadLog {
  /** The changes. */
  readonly records: readonly LogRecord[];
  /** Where they are. */
  readonly entries: readonly LogEntry[];
  /** Whether parts are missing: the log was folded meanwhile. */
  readonly torn: boolean;
}

/** Reads the log of a mailbox from a modseq on. */
export async function readLog(
  kv: Deno.Kv,
  id: number,
  from: number,
): Promise<ReadLog> {
  const range = kv.list<Uint8Array>({
    start: logKey(id, from, 0),
    end: [...logOf(id), Number.MAX_SAFE_INTEGER],
  }, { batchSize: 200 });
  const found: [Deno.KvKey, Uint8Array][] = [];
  for await (const { key, value } of range) found.push([key, value]);
  return decodeLogEntries(found);
}

/** What keys of a log and their values say, in order. */
export function decodeLogEntries(
  found: Iterable<readonly [key: Deno.KvKey, value: Uint8Array]>,
): ReadLog {
  const records: LogRecord[] = [];
  const entries: LogEntry[] = [];
  let torn = false;
  let modseq = 0;
  let parts: Uint8Array[] = [];
  const flush = () => {
    if (parts.length === 0) return;
    const record = decodeLog(modseq as Modseq, parts);
    if (record === undefined) torn = true;
    else records.push(record);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    entries.push({ modseq, parts: parts.length, bytes });
    parts = [];
  };
  for (const [key, value] of found) {
    if (key[2] !== modseq) flush();
    modseq = key[2] as number;
    parts.push(value);
  }
  flush();
  return { records, entries, torn };
}
