/**
 * Random messages that refer to one another, against the RFC taken literally.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { rounds } from "../../../tests/shards/part.ts";
import { PathTrees } from "./path_trees.ts";
import { literalReferences, literalRefs } from "./thread_literal_testing.ts";
import { byReferences, byRefs, type TestMessage } from "./thread_testing.ts";

const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");

const messages: fc.Arbitrary<TestMessage[]> = fc.array(
  fc.record({
    id,
    refs: fc.array(id, { maxLength: 4 }),
    sent: fc.nat({ max: 5 }),
    arrived: fc.nat({ max: 5 }),
    subject: fc.constantFrom("", "x", "y"),
    reply: fc.boolean(),
  }, { requiredKeys: ["refs", "sent", "arrived", "subject", "reply"] }),
  { maxLength: 9 },
);

Deno.test("REFERENCES is what RFC 5256 § 3 says", async () => {
  await fc.assert(
    fc.asyncProperty(messages, async (messages) => {
      assertEquals(await byReferences(messages), literalReferences(messages));
    }),
    { numRuns: rounds(20_000) },
  );
});

Deno.test("REFS is what its draft says", async () => {
  await fc.assert(
    fc.asyncProperty(messages, async (messages) => {
      assertEquals(await byRefs(messages), literalRefs(messages));
    }),
    { numRuns: rounds(5_000) },
  );
});

Deno.test("threads of messages in long chains", async () => {
  const place = fc.nat({ max: 399 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(place, place, place), {
        minLength: 300,
        maxLength: 600,
      }),
      async (wild) => {
        const chain = Array.from({ length: 400 }, (_, at) => ({
          id: `${at}`,
          refs: at === 0 ? [] : [`${at - 1}`],
        }));
        const links = wild.map(([one, two, three]) => ({
          id: `${400 + one}`,
          refs: [`${two}`, `${400 + three}`],
        }));
        const messages = [...chain, ...links];
        assertEquals(await byReferences(messages), literalReferences(messages));
      },
    ),
    { numRuns: rounds(100) },
  );
});

Deno.test("roots are found through links that come and go", () => {
  const node = fc.nat({ max: 29 });
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 30, maxLength: 30 }),
      fc.array(fc.tuple(node, fc.option(node)), { maxLength: 200 }),
      (first, changes) => {
        // Each below one with a lower number, or a root.
        const parents = Int32Array.from(
          first,
          (parent, at) => parent < at ? parent : -1,
        );
        const trees = new PathTrees(parents);
        const rootOf = (at: number) => {
          while (parents[at]! >= 0) at = parents[at]!;
          return at;
        };
        for (const [child, parent] of changes) {
          if (parents[child]! >= 0) {
            trees.cut(child);
            parents[child] = -1;
          }
          if (parent !== null && rootOf(parent) !== child) {
            trees.link(parent, child);
            parents[child] = parent;
          }
          assertEquals(trees.rootOf(child), rootOf(child));
          assertEquals(trees.rootOf(0), rootOf(0));
          assertEquals(trees.rootOf(29), rootOf(29));
        }
      },
    ),
    { numRuns: rounds(1_000) },
  );
});
