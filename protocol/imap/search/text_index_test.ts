import { assert, assertEquals } from "@std/assert";
import type { Mailbox } from "../../../storage/storage.ts";
import type { SearchContext } from "./context.ts";
import { search } from "./evaluate.ts";
import { FieldSigner, TextSigner } from "./sign_message.ts";
import { contextOf, mailboxOf, watch } from "./testing.ts";
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

/** The messages that are signed while a function runs. */
async function signed(run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  using _texts = watch(TextSigner.prototype, "sign", () => count++);
  using _fields = watch(FieldSigner.prototype, "sign", () => count++);
  await run();
  return count;
}

Deno.test("no message is signed whose signature is not kept", async () => {
  const mailbox = await mailboxOf(letters);
  const keys = [
    { kind: "body", text: "nowhere" },
    { kind: "header", field: "subject", text: "nowhere" },
  ] as const;
  for (const key of keys) {
    const run = (context: SearchContext) => () => search(context, key);
    assertEquals(await signed(run(contextOf(mailbox))), 0);
    const indexes = new TextIndexes(1_000);
    const context = contextOf(mailbox, { indexes });
    assertEquals(await signed(run(context)), 7);
    assertEquals(await signed(run(context)), 0);
    assert(indexes.of(mailbox.state).isFull);
    indexes.of(mailbox.state).clear();
    assertEquals(await signed(run(context)), 7);
  }
});

Deno.test("a message that can have no right signature is signed once", async () => {
  const source = "\n" + "日本".repeat(40_000);
  const mailbox = await mailboxOf([{ source }]);
  const context = contextOf(mailbox, { indexes: new TextIndexes(10_000) });
  const body = (text: string) => () => search(context, { kind: "body", text });
  assertEquals(await signed(body("nowhere")), 1);
  assertEquals(await signed(body("elsewhere")), 0);
  assertEquals([...await body("本日本")()], [1]);
});

Deno.test("an index that was forgotten in the middle of its search can be forgotten again", async () => {
  const [a, b] = await Promise.all([1, 2].map(() => mailboxOf(letters)));
  const indexes = new TextIndexes(2_000);
  const signature = new Int32Array(200);
  const first = indexes.of(a!.state);
  first.noteText(1, signature);
  const second = indexes.of(b!.state);
  for (const uid of [1, 2]) second.noteText(uid, signature);
  assertEquals(first.size, 0);
  second.clear();
  first.noteText(2, signature);
  for (const uid of [1, 2]) second.noteText(uid, signature);
  assertEquals(first.size, 0);
  assert(indexes.size <= 2_000);
});
