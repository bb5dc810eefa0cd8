/** What is written is what is read: lists of UIDs, log records, pages, heads, lists of contents. */

import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { MailboxState, type MessageRecord } from "../mailbox_state.ts";
import type { MailboxId, Modseq, Uid } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import {
  CONTENTS_A_LIST,
  decodeContents,
  encodeContents,
  splitContents,
} from "./content_list.ts";
import { decodeHead, encodeHead, newHead } from "./head.ts";
import { MAX_VALUE } from "./keys.ts";
import {
  decodeLog,
  encodeAppend,
  encodeExpunge,
  encodeFlags,
} from "./log_record.ts";
import {
  decodeExpunged,
  decodePage,
  encodeExpunged,
  encodePage,
} from "./page.ts";
import {
  decodeIndex,
  decodeValue,
  encodeIndex,
  encodeValue,
} from "./metadata.ts";
import { readUids, splitUids, writeUids } from "./packed_uids.ts";
import { rounds } from "../../tests/shards/part.ts";

const MODSEQ = 77 as Modseq;

const uidList = fc.uniqueArray(
  fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 0xffff_fffe }),
  ),
)
  .map((list) => Uint32Array.from(list).sort());

function records(
  count: number,
  flags: (index: number) => readonly string[],
): MessageRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    uid: (index + 11) as Uid,
    flags: flags(index),
    modseq: MODSEQ,
    size: index * 3,
    internalDate: -index * 1e6,
    saveDate: 1.5e12,
    thread: 2 ** 53 - 1 - index,
    content: { home: 0xffff_fffe - index, number: 2 ** 40 + index },
  }));
}

Deno.test("lists of UIDs", () => {
  fc.assert(fc.property(uidList, (uids) => {
    const to = new ByteWriter();
    writeUids(to, uids);
    assertLessOrEqual(to.length, 5 + 4 * uids.length);
    assertEquals(readUids(new ByteReader(to.bytes())), uids);
  }));
});

Deno.test("runs of UIDs are small however long", () => {
  const to = new ByteWriter();
  writeUids(to, Uint32Array.from({ length: 1_000_000 }, (_, i) => i + 1));
  assertEquals(to.length, 13);
});

Deno.test("lists are split where they do not fit", () => {
  fc.assert(
    fc.property(uidList, fc.integer({ min: 13, max: 200 }), (uids, room) => {
      const parts = splitUids(uids, room);
      assertEquals(parts.flatMap((part) => [...part]), [...uids]);
      for (const part of parts) {
        const to = new ByteWriter();
        writeUids(to, part);
        assertLessOrEqual(to.length, room);
      }
    }),
  );
});

Deno.test("appends of any size", () => {
  const cases: [number, (index: number) => readonly string[]][] = [
    [1, () => []],
    [3, (i) => ["\\Seen", `k${i}`]],
    [10_000, (i) => i % 2 ? ["\\Seen"] : []],
    [3_000, (i) => [`${i}`.padStart(60, "x")]],
    [
      3,
      (i) =>
        Array.from({ length: 200 }, (_, k) => `${i}-${k}`.padEnd(180, "~")),
    ],
  ];
  for (const [count, flags] of cases) {
    const all = records(count, flags);
    const parts = encodeAppend(all);
    for (const part of parts) assertLessOrEqual(part.length, MAX_VALUE);
    assertEquals(decodeLog(MODSEQ, parts), {
      type: "append",
      modseq: MODSEQ,
      records: all,
    });
    if (parts.length > 1) {
      assertEquals(decodeLog(MODSEQ, parts.slice(1)), undefined);
    }
    if (parts.length > 1) {
      assertEquals(decodeLog(MODSEQ, parts.slice(0, -1)), undefined);
    }
  }
});

Deno.test("changes of flags and expunges of any size", () => {
  const scattered = Uint32Array.from({ length: 40_000 }, (_, i) => i * 3 + 1);
  for (const uids of [Uint32Array.of(1), Uint32Array.of(1, 2, 9), scattered]) {
    const change = { mode: "remove" as const, flags: ["\\Seen", "Wörk"] };
    const flags = encodeFlags(uids, change);
    assertEquals(decodeLog(MODSEQ, flags), {
      type: "flags",
      modseq: MODSEQ,
      uids,
      change,
    });
    const expunge = encodeExpunge(uids);
    assertEquals(decodeLog(MODSEQ, expunge), {
      type: "expunge",
      modseq: MODSEQ,
      uids,
    });
    for (const part of [...flags, ...expunge]) {
      assertLessOrEqual(part.length, MAX_VALUE);
    }
  }
  const none = encodeFlags(Uint32Array.of(5), { mode: "replace", flags: [] });
  assertEquals(decodeLog(MODSEQ, none), {
    type: "flags",
    modseq: MODSEQ,
    uids: Uint32Array.of(5),
    change: { mode: "replace", flags: [] },
  });
});

function stateOf(all: readonly MessageRecord[]): MailboxState {
  const state = new MailboxState({
    id: 1 as MailboxId,
    uidValidity: 1,
    uidNext: 1,
    highestModseq: 100,
    firstRecent: 1,
  });
  for (const record of all) state.load(record);
  return state;
}

Deno.test("pages hold all messages, none too large", () => {
  for (
    const flags of [
      () => ["\\Seen"],
      (i: number) => [`k${i}`.padEnd(100, "-")],
      (i: number) =>
        Array.from(
          { length: 190 },
          (_, k) => `${(i + k) % 200}`.padEnd(150, "~"),
        ),
    ]
  ) {
    const all = records(400, flags);
    const state = stateOf(all);
    const loaded = stateOf([]);
    for (let at = 0; at < state.length;) {
      const page = encodePage(state, at, state.length);
      assertLessOrEqual(page.bytes.length, MAX_VALUE);
      assert(page.end > at);
      assertEquals(page.firstUid, state.uids[at]);
      loaded.loadColumns(decodePage(page.bytes));
      at = page.end;
    }
    assertEquals(loaded.length, 400);
    for (const index of [0, 1, 200, 399]) {
      assertEquals(
        {
          ...loaded.recordAt(index),
          flags: [...loaded.flagsAt(index).flags].sort(),
        },
        {
          ...all[index],
          flags: [...all[index]!.flags].sort(),
        } as MessageRecord,
      );
    }
  }
});

Deno.test("a hundred thousand messages take few pages", () => {
  const state = stateOf(records(10_000, () => ["\\Seen"]));
  let pages = 0;
  for (let at = 0; at < state.length; pages++) {
    at = encodePage(state, at, state.length).end;
  }
  assertEquals(pages, 9);
});

Deno.test("expunged messages", () => {
  fc.assert(
    fc.property(fc.array(uidList.filter((l) => l.length > 0)), (lists) => {
      const entries = lists.map((uids, i) => ({
        modseq: (i + 5) as Modseq,
        uids,
      }));
      const values = encodeExpunged(entries);
      assertEquals(
        values.flatMap(({ bytes }) => decodeExpunged(bytes)),
        entries,
      );
    }),
  );
  const large = Uint32Array.from({ length: 50_000 }, (_, i) => i * 2 + 1);
  const values = encodeExpunged([{ modseq: MODSEQ, uids: large }]);
  assertEquals(values.map(({ part }) => part), values.map((_, index) => index));
  assertEquals(
    values.flatMap(({ bytes }) =>
      decodeExpunged(bytes).flatMap((e) => [...e.uids])
    ),
    [...large],
  );
  for (const { bytes } of values) assertLessOrEqual(bytes.length, MAX_VALUE);
});

Deno.test("heads and lists of contents", () => {
  const head = {
    ...newHead(7),
    uidNext: 0xffff_ffff,
    highestModseq: 2 ** 52,
    size: 2 ** 50,
    folded: 3,
  };
  assertEquals(decodeHead(encodeHead(head)), head);
  assertThrows(() => decodeHead(new Uint8Array(80)), Error, "version");
  const entries = Array.from(
    { length: 9000 },
    (_, i) => ({ home: i, number: 2 ** 45 + i, size: i * 7 }),
  );
  const lists = splitContents(entries);
  assertEquals(lists.length, Math.ceil(9000 / CONTENTS_A_LIST));
  const read = lists.map((list) => encodeContents(5, list)).map((bytes) => {
    assertLessOrEqual(bytes.length, MAX_VALUE);
    return decodeContents(bytes);
  });
  assertEquals(read.flatMap((list) => list.entries), entries);
});

Deno.test("indexes and values of metadata are as they were, the largest in one record", () => {
  const number = fc.integer({ min: 0, max: 0xffff_ffff });
  const entry = fc.tuple(
    fc.string({ minLength: 1 }).map((name) => `/é${name}`),
    fc.record({ slot: number, version: fc.maxSafeNat(), size: number }),
  );
  fc.assert(
    fc.property(
      number,
      number,
      fc.array(entry, { maxLength: 6 }),
      (home, nextSlot, entries) => {
        const index = { home, nextSlot, entries: new Map(entries) };
        assertEquals(decodeIndex(encodeIndex(index)), index);
      },
    ),
    { numRuns: rounds(30) },
  );
  const one = { slot: 1, version: 1, size: 60_000 };
  const largest = encodeIndex({
    home: 1,
    nextSlot: 200,
    entries: new Map(
      Array.from({ length: 200 }, (_, i) => [`${i}`.padStart(255, "/"), one]),
    ),
  });
  assertLessOrEqual(largest.length, MAX_VALUE);
  const value = Uint8Array.of(0, 13, 10, 255);
  assertEquals(decodeValue(encodeValue(value)), value);
  assertEquals(decodeValue(encodeValue(new Uint8Array(0))), new Uint8Array(0));
});
