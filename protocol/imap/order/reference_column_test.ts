import { assert, assertEquals } from "@std/assert";
import { contextOf, mailboxOf } from "../search/testing.ts";
import { summaryOf } from "../summary.ts";
import { MessageFacts } from "./message_facts.ts";
import { ReferenceColumn } from "./reference_column.ts";
import { ReferenceLists } from "./reference_lists.ts";

const mailbox = await mailboxOf([{ source: "\n" }]);
const { state } = contextOf(mailbox).mailbox;

function factsOf(header: string): MessageFacts {
  const source = new TextEncoder().encode(`${header}\r\n\r\n`);
  return new MessageFacts(state, 1, summaryOf(source));
}

/** References of messages `from` up to before `to`, each in a line. */
function references(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `${from + at}@x`);
}

const field = (ids: readonly string[]) =>
  "References:" + ids.map((id) => `\r\n <${id}>`).join("");

Deno.test("what a header refers to", () => {
  const headers: [string, string | undefined, ...string[]][] = [
    ["Subject: none", undefined],
    ["Message-ID: <a@b>", "a@b"],
    ["Message-ID: none\r\nReferences: <a@b> <c@d>", undefined, "a@b", "c@d"],
    ["References: <a@b>\r\nIn-Reply-To: <c@d>", undefined, "a@b"],
    ["References: none\r\nIn-Reply-To: <c@d> <e@f>", undefined, "c@d"],
    ["In-Reply-To: your message <of today>", undefined],
  ];
  for (const [header, own, ...ids] of headers) {
    const facts = factsOf(header);
    assertEquals([facts.messageId, ...facts.references], [own, ...ids], header);
  }
});

Deno.test("of very many references those at either end count", () => {
  const few = references(0, 100);
  assertEquals(factsOf(field(few)).references, few);
  for (const count of [101, 1_000, 100_000]) {
    assertEquals(factsOf(field(references(0, count))).references, [
      ...references(0, 50),
      ...references(count - 50, count),
    ]);
  }
});

Deno.test("the same ID has the same number", () => {
  const column = new ReferenceColumn();
  const note = (uid: number, header: string) =>
    column.note(uid, factsOf(header));
  const first = note(7, "Message-ID: <a@b>\r\nReferences: <c@d> <e@f>");
  const second = note(9, 'Message-ID: <"c"@d>\r\nReferences: <"e"@f> <a@b>');
  note(8, "Subject: none");
  assert(second < first, "What is known takes no room again");
  assertEquals([column.length, column.ids], [3, 3]);
  assertEquals([column.has(7), column.has(6)], [true, false]);
  const { lists } = column;
  const listOf = (uid: number) => {
    const place = column.placeOf(uid);
    const ids = Array.from(
      { length: lists.count(place) },
      (_, at) => lists.at(place, at),
    );
    return [lists.own(place), ...ids];
  };
  assertEquals(listOf(7), [0, 1, 2]);
  assertEquals(listOf(9), [1, 2, 0]);
  assertEquals(listOf(8), [-1]);
});

Deno.test("lists stay as they are while others come", () => {
  const lists = new ReferenceLists();
  const of = (at: number) =>
    Array.from({ length: at % 101 }, (_, index) => at * index);
  const places = Array.from(
    { length: 5_000 },
    (_, at) => lists.add(at, of(at)),
  );
  places.forEach((place, at) => {
    assertEquals(lists.own(place), at);
    assertEquals(lists.count(place), at % 101);
    of(at).forEach((number, index) =>
      assertEquals(lists.at(place, index), number)
    );
  });
});
