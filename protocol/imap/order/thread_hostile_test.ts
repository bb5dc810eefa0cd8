/**
 * What nobody writes: depths, widths and loops as large as a mailbox, within a time and a stack that are bounded.
 */

import { assertEquals } from "@std/assert";
import { byReferences, byRefs, type TestMessage } from "./thread_testing.ts";

const MANY = 100_000;

function messages(of: (at: number) => TestMessage): TestMessage[] {
  return Array.from({ length: MANY }, (_, at) => of(at));
}

const counted = (threads: string) => threads.match(/\d+/g)?.length ?? 0;

Deno.test("a chain of messages, forwards and backwards", async () => {
  const chain = messages((at) => ({ id: `${at}`, refs: [`${at - 1}`] }));
  const forwards = `(${chain.map((_, at) => at + 1).join(" ")})`;
  assertEquals(await byReferences(chain), forwards);
  assertEquals(await byRefs(chain), forwards);
  const backwards = chain.toReversed();
  assertEquals(
    await byReferences(backwards),
    `(${chain.map((_, at) => MANY - at).join(" ")})`,
  );
});

Deno.test("a chain in which every second message is missing", async () => {
  const chain = messages((at) => ({
    id: `${2 * at}`,
    refs: [`${2 * at - 2}`, `${2 * at - 1}`],
  }));
  assertEquals(
    await byReferences(chain),
    `(${chain.map((_, at) => at + 1).join(" ")})`,
  );
});

Deno.test("a chain that forks at every message", async () => {
  const chain = messages((at) => ({
    id: `${at}`,
    refs: [`${at - 2 + at % 2}`],
  }));
  const threads = await byReferences(chain);
  assertEquals(counted(threads), MANY);
  assertEquals(threads.endsWith(")".repeat(1_000)), true);
});

Deno.test("messages that move to the end of a long chain", async () => {
  const half = MANY / 4;
  const wild = messages((at) =>
    at < half
      ? { id: `${at}`, refs: [`${at - 1}`] }
      // Each is first put below the top of the chain, with a child, then to its end.
      : at < 2 * half
      ? { refs: ["0", `top ${at - half}`, `below ${at - half}`] }
      : at < 3 * half
      ? { id: `top ${at - 2 * half}`, refs: [`${half - 1}`] }
      : { id: `below ${at - 3 * half}`, refs: [`${half - 1}`] }
  );
  assertEquals(counted(await byReferences(wild)), MANY);
});

Deno.test("loops", async () => {
  for (const length of [1, 2, 3, MANY]) {
    const loop = messages((at) => ({
      id: `${at}`,
      refs: [`${at % length === 0 ? at + length - 1 : at - 1}`],
    }));
    assertEquals(counted(await byReferences(loop)), MANY);
  }
});

Deno.test("one ID, one subject, one parent", async () => {
  const same = messages(() => ({ id: "a", refs: ["a"], subject: "x" }));
  assertEquals(counted(await byReferences(same)), MANY);
  assertEquals(counted(await byRefs(same)), MANY);
  const wide = messages((at) => ({ id: `${at}`, refs: ["gone"] }));
  assertEquals(counted(await byReferences(wide)), MANY);
});

Deno.test("dummies without end", async () => {
  // Each list goes on where the one before ends.
  const lists = Array.from(
    { length: 2_000 },
    (_, list) => Array.from({ length: 100 }, (_, at) => `${99 * list + at}`),
  );
  const wild = Array.from({ length: 10_000 }, (_, at) => ({
    refs: lists[at * 7 % lists.length]!,
  }));
  assertEquals(counted(await byReferences(wild)), wild.length);
});
