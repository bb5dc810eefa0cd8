import { assert, assertEquals } from "@std/assert";
import type { Mailbox } from "../../../storage/storage.ts";
import { search } from "./evaluate.ts";
import { contextOf, mailboxOf } from "./testing.ts";
import { TextIndexes } from "./text_index.ts";

/** A word that shares few triples with those of other numbers. */
const word = (n: number) => ((n + 1) * 62_710_561).toString(36);

const letters = Array.from({ length: 20 }, (_, n) => ({
  source: `Subject: letter ${word(n)}\nX-Other: thing\n\nThe body of ${
    word(n)
  }\n`,
}));

/** The mailbox, and how many sources and summaries have been read of it. */
function counted(mailbox: Mailbox): { mailbox: Mailbox; reads: number[] } {
  const reads = [0, 0];
  const count = (which: number, uids: Uint32Array) => {
    reads[which]! += uids.length;
    return uids;
  };
  return {
    reads,
    mailbox: new Proxy(mailbox, {
      get(target, name) {
        if (name === "readSources") {
          return (uids: Uint32Array) => target.readSources(count(0, uids));
        }
        if (name === "readSummaries") {
          return (uids: Uint32Array) => target.readSummaries(count(1, uids));
        }
        return Reflect.get(target, name);
      },
    }),
  };
}

Deno.test("a second search reads only what may match", async () => {
  const { mailbox, reads } = counted(await mailboxOf(letters));
  const indexes = new TextIndexes(1_000_000);
  const context = contextOf(mailbox, { indexes });
  const body = { kind: "body", text: `of ${word(17)}` } as const;
  assertEquals([...await search(context, body)], [18]);
  assertEquals(reads, [20, 0]);
  assertEquals([...await search(context, body)], [18]);
  assertEquals(reads, [21, 0]);
  const text = `R ${word(17)}`;
  const subject = { kind: "header", field: "subject", text } as const;
  assertEquals([...await search(context, subject)], [18]);
  assertEquals(reads, [21, 20]);
  assertEquals([...await search(context, subject)], [18]);
  assertEquals(reads, [21, 21]);
  const not = { kind: "not", key: subject } as const;
  assertEquals((await search(context, not)).length, 19);
  assertEquals(reads, [21, 22]);
  assertEquals(
    [...await search(context, { kind: "text", text: "nowhere at all" })],
    [],
  );
  assertEquals(reads, [21, 22]);
});

Deno.test("indexes stay in their room; which was searched last stays", async () => {
  const boxes = await Promise.all([1, 2, 3].map(() => mailboxOf(letters)));
  const indexes = new TextIndexes(7_000);
  const key = { kind: "body", text: "body of" } as const;
  for (const box of boxes) {
    await search(contextOf(box, { indexes }), key);
    assert(indexes.size <= 7_000);
    assert(indexes.of(box.state).size > 3_000);
  }
  assertEquals(indexes.of(boxes[0]!.state).size, 0);
  const none = new TextIndexes(0);
  await search(contextOf(boxes[0]!, { indexes: none }), key);
  assertEquals(none.size, 0);
});

Deno.test("messages that are gone are forgotten", async () => {
  const many = await mailboxOf(Array.from({ length: 300 }, () => letters[0]!));
  const indexes = new TextIndexes(1_000_000);
  const key = { kind: "body", text: "body" } as const;
  await search(contextOf(many, { indexes }), key);
  const before = indexes.size;
  await many.expunge(many.state.allUids().subarray(10));
  assertEquals(indexes.of(many.state).text(5)!.byteLength, 32);
  assertEquals(indexes.of(many.state).text(11), undefined);
  assertEquals(indexes.size, before / 30);
});
