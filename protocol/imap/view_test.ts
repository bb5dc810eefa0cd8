import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { Box, told } from "../../tests/sessions/box.ts";
import { parse } from "../wire/sequence_set.ts";
import { Bad } from "./errors.ts";
import type { Pending, View } from "./view.ts";

/** What {@linkcode View.take} has said, as plain as can be. */
function said(pending: Pending) {
  return {
    expunged: [...pending.expunged],
    exists: pending.exists,
    changed: [...pending.changed],
  };
}

const NOTHING = { expunged: [], exists: undefined, changed: [] };

const none = () => new Uint32Array(0);

Deno.test("a fresh view has nothing to say", () => {
  const view = new Box(3).view();
  assertFalse(view.stale);
  assertEquals(said(view.take(true)), NOTHING);
  assertEquals([view.length, view.lastUid], [3, 3]);
  assertEquals(new Box(0).view().lastUid, 0);
});

Deno.test("each expunge is counted after those before it", () => {
  const box = new Box(6);
  const view = box.view();
  box.expunge(2, 3);
  box.expunge(5);
  const pending = view.take(true);
  assertEquals(said(pending), { ...NOTHING, expunged: [2, 2, 3] });
  assertEquals([...pending.expungedUids], [2, 3, 5]);
  assertEquals(told(view), [1, 4, 6]);
  assertFalse(view.stale);
});

Deno.test("messages that have gone keep their numbers until EXPUNGE may be sent", () => {
  const box = new Box(3);
  const view = box.view();
  box.expunge(2);
  assertEquals(said(view.take(false)), NOTHING);
  assertEquals(view.numberOf(3), 3);
  box.append(1);
  assertEquals(said(view.take(false)), { ...NOTHING, exists: 4 });
  assertEquals([view.numberOf(3), view.numberOf(4)], [3, 4]);
  box.expunge(4);
  box.append(2);
  assertEquals(said(view.take(false)), { ...NOTHING, exists: 6 });
  assertEquals(told(view), [1, 2, 3, 4, 5, 6]);
  assert(view.stale);
  assertEquals(said(view.take(true)), { ...NOTHING, expunged: [2, 3] });
  assertEquals(told(view), [1, 3, 5, 6]);
});

Deno.test("EXISTS comes with the EXPUNGEs when the number stays the same", () => {
  const box = new Box(3);
  const view = box.view();
  box.expunge(1);
  box.append(1);
  const pending = said(view.take(true));
  assertEquals(pending, { ...NOTHING, expunged: [1], exists: 3 });
});

Deno.test("a message that came and went is not told of", () => {
  const box = new Box(1);
  const view = box.view();
  box.append(2);
  box.expunge(2, 3);
  assertEquals(said(view.take(false)), NOTHING);
  assertEquals(said(view.take(true)), NOTHING);
  assertFalse(view.stale);
});

Deno.test("the picture holds when the state's arrays grow", () => {
  const box = new Box(2);
  const view = box.view();
  box.append(1_000);
  assertEquals(told(view), [1, 2]);
  assertEquals([view.numberOf(2), view.numberOf(3)], [2, 0]);
  assertEquals(said(view.take(false)), { ...NOTHING, exists: 1_002 });
  box.expunge(1);
  box.append(5_000);
  assertEquals(view.numberOf(1_002), 1_002);
  assertEquals(view.take(true).exists, 6_001);
  assertEquals([view.numberOf(1), view.numberOf(6_002)], [0, 6_001]);
});

Deno.test("messages that have come are told of though their changes were looked at", () => {
  const box = new Box(1);
  const view = box.view();
  box.append(1);
  view.gather();
  assert(view.stale);
  assertEquals(said(view.take(false)), { ...NOTHING, exists: 2 });
});

Deno.test("changes by others are told of, own ones are not", () => {
  const box = new Box(4);
  const view = box.view();
  view.own([box.toggle([1, 2])]);
  assertEquals(said(view.take(false)), NOTHING);
  box.toggle([3]);
  view.own([box.toggle([1, 3])]);
  box.toggle([4, 1]);
  assertEquals(said(view.take(false)), { ...NOTHING, changed: [1, 3, 4] });
  assertEquals(said(view.take(true)), NOTHING);
});

Deno.test("what a FETCH tells need not be told again, unless it changes again", () => {
  const box = new Box(3);
  const view = box.view();
  box.toggle([1, 2, 3]);
  view.gather();
  view.told(1);
  view.told(2);
  box.toggle([2]);
  assertEquals(said(view.take(false)), { ...NOTHING, changed: [2, 3] });
});

Deno.test("changes of messages that have gone are not told of", () => {
  const box = new Box(3);
  const view = box.view();
  box.toggle([1, 2]);
  box.expunge(2);
  assertEquals(said(view.take(false)), { ...NOTHING, changed: [1] });
  assertEquals(said(view.take(true)), { ...NOTHING, expunged: [2] });
});

Deno.test("where changes are too old to be known, modseqs tell", () => {
  const box = new Box(5, 3);
  const view = box.view();
  box.toggle([2]);
  box.expunge(1);
  for (let i = 0; i < 5; i++) box.toggle([4]);
  assertEquals(box.state.changedSince(2), undefined);
  const pending = said(view.take(true));
  assertEquals(pending, { ...NOTHING, expunged: [1], changed: [2, 4] });
});

Deno.test("numbers are those that the client knows", () => {
  const box = new Box(5);
  const view = box.view();
  box.expunge(1, 3);
  box.append(1);
  const uids = (set: string) => [...view.uidsOfNumbers(parse(set), none)];
  assertEquals(uids("3"), [3]);
  assertEquals(uids("*"), [5]);
  assertEquals(uids("5:4,1"), [1, 4, 5]);
  assertThrows(() => uids("6"), Bad);
  assertThrows(() => uids("4:6"), Bad);
  assertEquals([...view.present(view.uidsOfNumbers(parse("1:*"), none))], [
    2,
    4,
    5,
  ]);
  view.take(true);
  assertEquals(uids("1:*"), [2, 4, 5, 6]);
  assertThrows(() => uids("5"), Bad);
  const empty = new Box(0).view();
  assertThrows(() => empty.uidsOfNumbers(parse("*"), none), Bad);
  assertThrows(() => empty.uidsOfNumbers(parse("1"), none), Bad);
});

Deno.test("UIDs that the client does not know are passed over", () => {
  const box = new Box(5);
  const view = box.view();
  box.append(2);
  const uids = (set: string) => [...view.uidsOfSet(parse(set), none)];
  assertEquals(uids("4:9"), [4, 5]);
  assertEquals(uids("7:*"), [5]);
  assertEquals(uids("99"), []);
  const saved = () => Uint32Array.of(2, 5, 6);
  assertEquals([...view.uidsOfSet(parse("$"), saved)], [2, 5]);
  assertEquals([...view.uidsOfNumbers(parse("$"), saved)], [2, 5]);
  box.expunge(2);
  view.take(true);
  assertEquals([...view.uidsOfSet(parse("$"), saved)], [5, 6]);
});

Deno.test("a message is recent in one session", () => {
  const box = new Box(2);
  const first = box.view();
  const second = box.view();
  assertEquals([first.recentCount, second.recentCount], [2, 0]);
  box.append(1);
  second.take(false);
  box.append(1);
  first.take(false);
  second.take(false);
  const recent = (view: View) => told(view).filter((uid) => view.isRecent(uid));
  assertEquals([recent(first), recent(second)], [[1, 2, 4], [3]]);
  assertEquals([first.recentCount, second.recentCount], [3, 1]);
  box.expunge(2, 3);
  first.take(true);
  second.take(true);
  assertEquals([recent(first), recent(second)], [[1, 4], []]);
  assertEquals([first.recentCount, second.recentCount], [2, 0]);
});

Deno.test("who only looks takes no recent messages", () => {
  const box = new Box(2);
  const examining = box.view({ readOnly: true });
  const modern = box.view({ claimsRecent: false });
  assertEquals(examining.recentCount, 2);
  const view = box.view();
  assertEquals(view.recentCount, 2);
  box.append(1);
  examining.take(true);
  modern.take(true);
  assertEquals(examining.recentCount, 3);
  view.take(true);
  assertEquals(view.recentCount, 3);
});

Deno.test("a message is not recent before it is told of", () => {
  const box = new Box(0);
  const view = box.view();
  box.append(1);
  assertEquals([view.recentCount, view.isRecent(1)], [0, false]);
  view.take(false);
  assertEquals([view.recentCount, view.isRecent(1)], [1, true]);
});

Deno.test("a modseq that is told before changes below it is ahead, once", () => {
  const box = new Box(3);
  const view = box.view();
  box.toggle([1]);
  assertEquals(said(view.take(true)).changed, [1]);
  // While that is written all change again.
  const modseq = box.toggle([1, 2, 3]);
  view.toldModseq(modseq);
  assertEquals(view.takeAhead(), true);
  assertEquals(view.takeAhead(), false);
  assertEquals(said(view.take(true)).changed, [1, 2, 3]);
  view.toldModseq(modseq);
  assertEquals(view.takeAhead(), false);
});

Deno.test("a change that the client does not want to hear of is not settled, though it was looked at", () => {
  const box = new Box(3);
  const view = box.view();
  const settled = view.settled;
  const wanted = { messages: true, flags: false };
  box.toggle([2]);
  view.own([box.toggle([1])]);
  view.gather();
  assertEquals(said(view.take(true, wanted)), NOTHING);
  assertEquals(view.settled, settled);
  assertEquals(said(view.take(true)).changed, [2]);
  assertEquals(view.settled, box.state.highestModseq);
});
