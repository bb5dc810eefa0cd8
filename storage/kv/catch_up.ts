/**
 * Catching up with what other processes have done to a mailbox that is loaded.
 *
 * @module
 */

import type { MailboxState, MessageRecord } from "../mailbox_state.ts";
import type { Modseq, Uid, UidList } from "../model.ts";
import type { Head } from "./head.ts";
import { loadMailbox, type ReadLog, readLog } from "./load.ts";
import type { LogRecord } from "./log_record.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";

/**
 * Applies what happened up to a head that has been read, from the log, or by comparing where the log has
 * been folded away.
 * @returns `again` when that is no longer the head, `gone` when there is no mailbox any more
 */
export async function followLog(
  kv: Deno.Kv,
  entry: MailboxEntry,
  state: MailboxState,
  head: Head,
): Promise<"done" | "again" | "gone"> {
  if (head.foldCount !== entry.head.foldCount) entry.pages = undefined;
  if (head.highestModseq > state.highestModseq) {
    const known = state.highestModseq;
    if (head.folded <= known) {
      const log = await readLog(kv, entry.id, known + 1);
      if (!applyLog(entry, state, head, log)) return "again";
    } else {
      const loaded = await loadMailbox(kv, entry.id);
      if (loaded === undefined) return "gone";
      if (loaded.head.highestModseq !== head.highestModseq) return "again";
      adopt(state, loaded.state, (change) => entry.tell(change));
      entry.log = loaded.log;
      entry.pages = loaded.pages;
    }
  }
  entry.log = entry.log.filter(({ modseq }) => modseq > head.logStart);
  return "done";
}

/**
 * Applies what a log has from the state up to a head.
 * @returns false when it lacks something, and nothing has been applied
 */
export function applyLog(
  entry: MailboxEntry,
  state: MailboxState,
  head: Head,
  log: ReadLog,
): boolean {
  const known = state.highestModseq;
  const wanted = log.records.filter((r) => r.modseq <= head.highestModseq);
  if (log.torn || wanted.length !== head.highestModseq - known) return false;
  if (wanted.length > 0 && wanted[0]!.modseq !== known + 1) return false;
  for (const [index, record] of wanted.entries()) {
    entry.applied(apply(state, record), log.entries[index]!);
  }
  return true;
}

function apply(state: MailboxState, record: LogRecord) {
  switch (record.type) {
    case "append":
      return state.applyAppend(record.modseq, record.records);
    case "expunge":
      return state.applyExpunge(record.modseq, record.uids);
    case "flags": {
      const { modseq, uids, change } = record;
      return state.applyFlags(modseq, uids, state.flagTable.changer(change));
    }
  }
}

/**
 * Makes a state into a later one that was loaded anew, by at most three changes, which are told. Each of
 * them stands for one or more that really happened, so there are modseqs enough.
 */
export function adopt(
  state: MailboxState,
  fresh: MailboxState,
  tell: (change: ReturnType<typeof apply>) => void,
): void {
  const gone: number[] = [];
  const changed: number[] = [];
  let there = 0;
  for (let index = 0; index < state.length; index++) {
    const uid = state.uids[index]!;
    while (there < fresh.length && fresh.uids[there]! < uid) there++;
    if (there === fresh.length || fresh.uids[there] !== uid) gone.push(uid);
    else if (fresh.modseqs[there]! > state.modseqs[index]!) changed.push(uid);
  }
  const added: MessageRecord[] = [];
  const last = state.uidNext;
  for (let index = 0; index < fresh.length; index++) {
    if (fresh.uids[index]! >= last) added.push(fresh.recordAt(index));
  }
  const steps = Number(gone.length > 0) + Number(changed.length > 0) +
    Number(added.length > 0);
  let modseq = fresh.highestModseq - steps;
  const next = () => ++modseq as Modseq;
  if (gone.length > 0) tell(state.applyExpunge(next(), Uint32Array.from(gone)));
  if (changed.length > 0) {
    const uids: UidList = Uint32Array.from(changed);
    const set = (_: number, uid: Uid) =>
      state.flagTable.intern(fresh.flagsAt(fresh.indexOf(uid)).flags);
    const change = state.applyFlags(next(), uids, set);
    takeModseqs(state, fresh, uids);
    tell(change);
  }
  if (added.length > 0) tell(state.applyAppend(next(), added));
  state.highestModseq = fresh.highestModseq;
  state.uidNext = fresh.uidNext;
  const { floor, entries } = fresh.expungedHistory;
  state.restoreExpunged(floor, entries);
}

function takeModseqs(
  state: MailboxState,
  fresh: MailboxState,
  uids: UidList,
): void {
  for (const uid of uids) {
    state.modseqs[state.indexOf(uid)] = fresh.modseqs[fresh.indexOf(uid)]!;
  }
}
