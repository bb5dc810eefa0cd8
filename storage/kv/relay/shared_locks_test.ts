import { assertEquals, assertThrows } from "@std/assert";
import type { Subject } from "../batch.ts";
import { Marks } from "./marks.ts";
import { SharedLocks } from "./shared_locks.ts";
import { SharedSlots } from "./slots.ts";

function subject(mailbox: number): Subject<unknown> {
  return { key: ["head", mailbox], stale: false } as unknown as Subject<
    unknown
  >;
}

function twoThreads() {
  const first = new SharedSlots();
  return [
    first,
    new SharedSlots(first.memory, first.addThread()),
  ] as const;
}

Deno.test("a lock has one holder, and all of them are taken or none", async () => {
  const [first, second] = twoThreads().map((slots) => new SharedLocks(slots));
  const [a, b] = [subject(1), subject(2)];
  assertEquals(first!.take([a]), true);
  assertEquals(first!.take([a]), true);
  assertEquals(second!.take([b, a]), false);
  assertEquals(first!.take([b]), true);
  first!.release();
  await second!.wait();
  assertEquals(second!.take([b, a]), true);
  second!.release();
});

Deno.test("who gives a lock back lets those go first who wait", async () => {
  const [first, second] = twoThreads().map((slots) => new SharedLocks(slots));
  const a = subject(1);
  assertEquals(first!.take([a]), true);
  assertEquals(second!.take([a]), false);
  first!.release();
  assertEquals(first!.take([a]), false);
  assertEquals(second!.take([a]), true);
  second!.release();
  // Nobody waits any more, sooner or later.
  while (!first!.take([a])) await first!.wait();
  first!.release();
});

Deno.test("what a thread had that is gone is free", async () => {
  const [first, second] = twoThreads();
  const [a, b] = [subject(1), subject(2)];
  const [left, gone] = [new SharedLocks(first), new SharedLocks(second)];
  assertEquals(gone.take([a]), true);
  assertEquals(left.take([b]), true);
  assertEquals(left.take([a]), false);
  const waiting = left.wait();
  left.free(second.thread);
  await waiting;
  assertEquals(left.take([a]), true);
  // It was not gone after all, and takes nothing from others.
  gone.release();
  assertEquals(gone.take([a]), false);
  assertEquals(gone.take([b]), false);
  left.release();
});

Deno.test("there are only so many threads as a lock can tell apart", () => {
  const slots = new SharedSlots();
  let last = 0;
  while (last < 0x7fff) last = slots.addThread();
  assertThrows(() => slots.addThread(), Error, "32767");
  const [lock, other] = [
    new SharedLocks(new SharedSlots(slots.memory, last)),
    new SharedLocks(slots),
  ];
  assertEquals([lock.take([subject(1)]), other.take([subject(1)])], [
    true,
    false,
  ]);
  lock.release();
  // Whoever had it last lets others go first.
  assertEquals([lock.take([subject(1)]), other.take([subject(1)])], [
    false,
    true,
  ]);
  other.release();
});

Deno.test("a mark tells of a commit in another thread, and not of one's own", () => {
  const [first, second] = twoThreads().map((slots) => new Marks(slots));
  const a = subject(1);
  assertEquals(first!.holds(a), false);
  first!.reading(a)();
  second!.reading(a)();
  assertEquals([first!.holds(a), second!.holds(a)], [true, true]);
  const mark = second!.raise(a.key);
  assertEquals([first!.holds(a), second!.holds(a)], [false, false]);
  second!.committed(
    [a],
    { ok: true, versionstamp: "1", marks: [mark] } as Deno.KvCommitResult,
  );
  assertEquals([first!.holds(a), second!.holds(a)], [false, true]);
  first!.followed(a, mark);
  assertEquals(first!.holds(a), true);
  // News that come late take nothing back.
  first!.followed(a, mark - 1);
  assertEquals(first!.holds(a), true);
});

Deno.test("what is being read is not known before it has been", () => {
  const [first, second] = twoThreads().map((slots) => new Marks(slots));
  const a = subject(1);
  const read = first!.reading(a);
  assertEquals(first!.holds(a), false);
  second!.raise(a.key);
  read();
  assertEquals(first!.holds(a), false);
});
