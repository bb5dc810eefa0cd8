import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  MailboxState,
  type MessageColumns,
  type MessageRecord,
} from "./mailbox_state.ts";
import type { MailboxId, Modseq, Uid } from "./model.ts";
import { verifyState } from "./verify_state.ts";

function empty(
  options: { maxRecentChanges?: number; maxExpunged?: number } = {},
): MailboxState {
  return new MailboxState({
    id: 1 as MailboxId,
    uidValidity: 7,
    uidNext: 1,
    highestModseq: 1,
    firstRecent: 1,
    ...options,
  });
}

function record(
  uid: number,
  modseq: number,
  flags: readonly string[] = [],
): MessageRecord {
  return {
    uid: uid as Uid,
    flags,
    modseq: modseq as Modseq,
    size: uid * 10,
    internalDate: uid * 1000,
    saveDate: uid * 2000,
    thread: uid % 3,
    content: { home: uid % 3, number: uid + 100 },
  };
}

const seq = (n: number) => n as Modseq;

interface Model {
  records: MessageRecord[];
  expunged: { modseq: number; uids: number[] }[];
  changes: { type: string; modseq: number; uids: number[] }[];
}

const op = fc.oneof(
  fc.record({
    type: fc.constant("append" as const),
    count: fc.integer({ min: 1, max: 40 }),
    flags: fc.subarray(["\\Seen", "\\Deleted", "k", "l"]),
  }),
  fc.record({
    type: fc.constantFrom("flags" as const, "expunge" as const),
    picks: fc.array(fc.nat(), { maxLength: 20 }),
    flags: fc.subarray(["\\Seen", "\\Deleted", "k", "m"]),
  }),
);

Deno.test("a state does as a list of records does", () => {
  fc.assert(fc.property(fc.array(op, { maxLength: 25 }), (ops) => {
    const state = empty();
    const model: Model = { records: [], expunged: [], changes: [] };
    let next = 1;
    for (const [index, step] of ops.entries()) {
      const modseq = index + 2;
      const told = state.uids;
      const before = told.slice(0, state.length);
      let uids: number[];
      if (step.type === "append") {
        const added = Array.from(
          { length: step.count },
          () => record(next++, modseq, step.flags),
        );
        state.applyAppend(seq(modseq), added);
        model.records.push(...added);
        uids = added.map((r) => r.uid);
      } else {
        const picked = new Set(
          step.picks.map((p) => model.records[p % model.records.length]?.uid),
        );
        const there = model.records.filter((r) => picked.has(r.uid));
        uids = there.map((r) => r.uid);
        if (step.type === "flags") {
          const set = () => state.flagTable.intern(step.flags);
          state.applyFlags(seq(modseq), Uint32Array.from(uids), set);
          model.records = model.records.map((r) =>
            picked.has(r.uid)
              ? { ...r, flags: step.flags, modseq: seq(modseq) }
              : r
          );
        } else {
          state.applyExpunge(seq(modseq), Uint32Array.from(uids));
          model.records = model.records.filter((r) => !picked.has(r.uid));
          model.expunged.push({ modseq, uids });
        }
      }
      model.changes.push({ type: step.type, modseq, uids });
      assertEquals(told.slice(0, before.length), before);
    }
    assertEquals([...verifyState(state)], []);
    const sorted = (r: MessageRecord) => ({ ...r, flags: [...r.flags].sort() });
    assertEquals(
      Array.from({ length: state.length }, (_, i) => sorted(state.recordAt(i))),
      model.records.map(sorted),
    );
    assertEquals(state.uidNext, next);
    for (let since = 1; since <= ops.length + 1; since++) {
      assertEquals(
        state.changedSince(since)?.map((c) => ({ ...c, uids: [...c.uids] })),
        model.changes.filter((c) => c.modseq > since) as unknown as undefined,
      );
      assertEquals(
        [...state.expungedSince(since)!],
        model.expunged.filter((e) => e.modseq > since).flatMap((e) => e.uids)
          .sort((a, b) => a - b),
      );
    }
  }));
});

Deno.test("a refused change leaves the state alone", () => {
  const state = empty();
  state.applyAppend(seq(2), [record(1, 2), record(2, 2), record(3, 2)]);
  assertThrows(
    () => state.applyExpunge(seq(3), Uint32Array.of(1, 9)),
    RangeError,
  );
  assertThrows(() => state.applyExpunge(seq(2), Uint32Array.of(1)), RangeError);
  assertThrows(() => state.applyAppend(seq(2), [record(4, 2)]), RangeError);
  assertEquals([...state.allUids()], [1, 2, 3]);
  assertEquals(state.epoch, 0);
  assertEquals([...verifyState(state)], []);
});

Deno.test("history is bounded, and says where it begins", () => {
  const state = empty({ maxRecentChanges: 10, maxExpunged: 5 });
  for (let i = 1; i <= 20; i++) {
    state.applyAppend(seq(i + 1), [record(i, i + 1)]);
  }
  assertEquals(state.changedSince(10), undefined);
  assertEquals(state.changedSince(16)?.length, 5);
  for (let i = 1; i <= 10; i++) {
    state.applyExpunge(seq(21 + i), Uint32Array.of(i));
  }
  assertEquals(state.expungedSince(25), undefined);
  assertEquals([...state.expungedSince(26)!], [6, 7, 8, 9, 10]);
  assertEquals(state.expungedHistory.floor, 26);
  const other = empty();
  other.restoreExpunged(26, state.expungedHistory.entries);
  assertEquals(other.expungedSince(25), undefined);
  assertEquals([...other.expungedSince(30)!], [10]);
  const [last] = state.expungedHistory.entries.slice(-1);
  const older = { modseq: seq(9), uids: Uint32Array.of(1, 2, 3, 4) };
  const third = empty({ maxExpunged: 4 });
  third.restoreExpunged(26, [older, last!]);
  assertEquals(third.expungedSince(25), undefined);
  assertEquals([...third.expungedSince(26)!], [10]);
});

Deno.test("of what was before a state began nothing is known", () => {
  const state = new MailboxState({
    id: 1 as MailboxId,
    uidValidity: 1,
    uidNext: 5,
    highestModseq: 9,
    firstRecent: 1,
  });
  assertEquals(state.expungedSince(8), undefined);
  assertEquals(state.changedSince(8), undefined);
  assertEquals([...state.expungedSince(9)!], []);
});

Deno.test("columns load as records do, those known already passed over", () => {
  const sets = [["\\Seen"], [], ["k", "\\Deleted"]];
  const page = (from: number, count: number): MessageColumns => {
    const records = Array.from(
      { length: count },
      (_, i) => record(from + i, 5),
    );
    return {
      uids: Uint32Array.from(records, (r) => r.uid),
      flagSets: Uint16Array.from(records, (r) => r.uid % 3),
      sets,
      modseqs: Float64Array.from(records, (r) => r.modseq),
      sizes: Uint32Array.from(records, (r) => r.size),
      internalDates: Float64Array.from(records, (r) => r.internalDate),
      saveDates: Float64Array.from(records, (r) => r.saveDate),
      threads: Float64Array.from(records, (r) => r.thread ?? 0),
      contentHomes: Uint32Array.from(records, (r) => r.content.home),
      contentNumbers: Float64Array.from(records, (r) => r.content.number),
    };
  };
  const columns = empty();
  const records = empty();
  columns.loadColumns(page(1, 50));
  columns.loadColumns(page(20, 40));
  columns.loadColumns(page(20, 10));
  for (let uid = 1; uid < 60; uid++) {
    records.load(record(uid, 5, sets[uid % 3]));
  }
  const all = (state: MailboxState) =>
    Array.from({ length: state.length }, (_, i) => state.recordAt(i));
  assertEquals(all(columns), all(records));
  assertEquals(columns.uidNext, 60);
  assertEquals([columns.unseen, columns.deletedCount], [
    records.unseen,
    records.deletedCount,
  ]);
  assertEquals(columns.totalSize, records.totalSize);
});

Deno.test("sets of flags stay in proportion to the messages", () => {
  const state = empty();
  state.applyAppend(seq(2), [record(1, 2), record(2, 2, ["\\Seen", "kept"])]);
  for (let i = 0; i < 5000; i++) {
    const set = () => state.flagTable.intern([`k${i}`]);
    state.applyFlags(seq(3 + i), Uint32Array.of(1), set);
  }
  assertEquals(state.flagTable.length < 1100, true);
  assertEquals(state.flagsAt(0).flags, ["k4999"]);
  assertEquals(state.flagsAt(1).flags, ["\\Seen", "kept"]);
  assertStrictEquals(
    state.flagTable.intern(["KEPT", "\\Seen"]),
    state.flagsAt(1),
  );
  assertEquals([...verifyState(state)], []);
});
