import { assertEquals } from "@std/assert";
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
  return [first, new SharedSlots(first.memory)] as const;
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
