import { assertEquals } from "@std/assert";
import {
  byOrderedSubject,
  byReferences,
  byRefs,
  drawn,
  type TestMessage,
} from "./thread_testing.ts";

Deno.test("threads are written as in the examples of RFC 5256 § 4", () => {
  assertEquals(
    drawn(`
      2
      3
        6
          4
            23
          44
            7
              96
    `),
    "(2)(3 6 (4 23)(44 7 96))",
  );
  assertEquals(
    drawn(`
      -
        3
        5
    `),
    "((3)(5))",
  );
});

Deno.test("nothing is no thread", async () => {
  for (const algorithm of [byReferences, byRefs, byOrderedSubject]) {
    assertEquals(await algorithm([]), "");
  }
});

/** What REFERENCES makes of messages, with a drawing. */
const REFERENCES: Record<string, [readonly TestMessage[], string]> = {
  "answers stand below what they answer": [
    [
      { id: "a" },
      { id: "b", refs: ["a"] },
      { id: "c", refs: ["a", "b"] },
      { id: "d", refs: ["a"] },
    ],
    `
      1
        2
          3
        4
    `,
  ],
  "answers may come first": [
    [
      { id: "c", refs: ["a", "b"] },
      { id: "b", refs: ["a"] },
      { id: "a" },
    ],
    `
      3
        2
          1
    `,
  ],
  "siblings are sorted by date, then by number": [
    [
      { id: "a" },
      { refs: ["a"], sent: 9 },
      { refs: ["a"], sent: 8 },
      { refs: ["a"], sent: 8 },
    ],
    `
      1
        3
        4
        2
    `,
  ],
  "a dummy with one child is pruned at the top": [
    [{ refs: ["gone"] }, { refs: ["elsewhere", "gone too"] }],
    `
      1
      2
    `,
  ],
  "a dummy with two children stays at the top": [
    [{ refs: ["gone"] }, { refs: ["gone"] }],
    `
      -
        1
        2
    `,
  ],
  "a dummy within a thread goes, its children go up": [
    [{ id: "a" }, { refs: ["a", "gone"] }, { refs: ["a", "gone"] }],
    `
      1
        2
        3
    `,
  ],
  "several dummies in a row are one": [
    [
      { refs: ["x", "y", "z"] },
      { refs: ["x", "y"] },
      { id: "a", refs: ["x", "y", "z", "gone"] },
      { refs: ["a", "b"] },
    ],
    `
      -
        1
        2
        3
          4
    `,
  ],
  "a dummy sorts by its first child": [
    [
      { sent: 4 },
      { refs: ["gone"], sent: 9 },
      { refs: ["gone"], sent: 3 },
      { sent: 2 },
    ],
    `
      4
      -
        3
        2
      1
    `,
  ],
  "references that were cut off give way to the message's own": [
    [
      { id: "d", refs: ["a", "c"] },
      { id: "a" },
      { id: "c", refs: ["b"] },
      { id: "b", refs: ["a"] },
    ],
    `
      2
        4
          3
            1
    `,
  ],
  "a message without references has no parent, whatever others say": [
    [{ id: "c", refs: ["a", "b"] }, { id: "a" }, { id: "b" }],
    `
      2
      3
        1
    `,
  ],
  "a loop is not closed": [
    [{ id: "a", refs: ["b"] }, { id: "b", refs: ["a"] }],
    `
      2
        1
    `,
  ],
  "a message is not below itself": [
    [{ id: "a", refs: ["a"] }, { id: "b", refs: ["a", "b", "a"] }],
    `
      1
        2
    `,
  ],
  "who closes a loop loses its parent": [
    [
      { id: "x", refs: ["p", "b"] },
      { id: "c", refs: ["b"] },
      { id: "b", refs: ["c"] },
      { id: "p" },
    ],
    `
      3
        1
        2
      4
    `,
  ],
  "of several with an ID the first has it": [
    [{ id: "a" }, { id: "a", refs: ["b"] }, { refs: ["a"] }, { id: "b" }],
    `
      1
        3
      4
        2
    `,
  ],
  "an answer by its subject": [
    [{ subject: "x" }, { subject: "x", reply: true }, { subject: "y" }],
    `
      1
        2
      3
    `,
  ],
  "an answer that was sent first": [
    [
      { subject: "x", reply: true },
      { subject: "x", reply: true },
      { subject: "x" },
    ],
    `
      3
        1
        2
    `,
  ],
  "answers to what is not there": [
    [{ subject: "x", reply: true }, { subject: "x", reply: true }],
    `
      -
        1
        2
    `,
  ],
  "the same subject twice": [
    [
      { subject: "x" },
      { subject: "x", reply: true },
      { subject: "x" },
      { subject: "x", reply: true },
    ],
    `
      -
        1
          2
        3
        4
    `,
  ],
  "a message joins a dummy": [
    [
      { subject: "x" },
      { refs: ["gone"], subject: "x" },
      { refs: ["gone"], subject: "other" },
      { subject: "x", reply: true },
    ],
    `
      -
        1
        2
        3
        4
    `,
  ],
  "dummies are joined": [
    [
      { refs: ["b"], subject: "x" },
      { refs: ["a"], subject: "x", sent: 5 },
      { refs: ["a"], subject: "x", sent: 4 },
      { refs: ["b"], subject: "z", sent: 4 },
    ],
    `
      -
        1
        3
        4
        2
    `,
  ],
  "a dummy's subject is that of its first child": [
    [
      { refs: ["gone"], subject: "y", sent: 2 },
      { refs: ["gone"], subject: "x", sent: 1 },
      { subject: "x", reply: true },
      { subject: "y", reply: true },
    ],
    `
      -
        2
        1
        3
      4
    `,
  ],
  "no subject joins nothing": [
    [{}, { reply: true }, {}],
    `
      1
      2
      3
    `,
  ],
  "subjects count at the top alone": [
    [
      { id: "a", subject: "x" },
      { refs: ["a"], subject: "y" },
      { subject: "y" },
    ],
    `
      1
        2
      3
    `,
  ],
};

for (const [name, [messages, drawing]] of Object.entries(REFERENCES)) {
  Deno.test(`REFERENCES: ${name}`, async () => {
    assertEquals(await byReferences(messages), drawn(drawing));
  });
}

Deno.test("REFS looks at no subject, and sorts threads by what came last", async () => {
  const messages = [
    { id: "a", subject: "x" },
    { id: "b", subject: "x" },
    { refs: ["gone"], subject: "x" },
    { refs: ["gone"], subject: "x", sent: 1 },
    { refs: ["b"], subject: "x", sent: 9 },
    { refs: ["b"], subject: "x", sent: 8, arrived: 5 },
    { id: "c", arrived: 5 },
    { arrived: 0 },
  ];
  assertEquals(
    await byRefs(messages),
    drawn(`
      8
      1
      -
        4
        3
      2
        6
        5
      7
    `),
  );
});

Deno.test("ORDEREDSUBJECT has children, and no grandchildren", async () => {
  const messages = [
    { subject: "x", sent: 5 },
    { subject: "y", sent: 4 },
    { subject: "x", sent: 3 },
    { subject: "x", sent: 6 },
    { subject: "y", sent: 4 },
    { subject: "z", id: "a", sent: 2 },
    { refs: ["a"], sent: 9 },
    { refs: ["a"], sent: 9 },
  ];
  assertEquals(
    await byOrderedSubject(messages),
    drawn(`
      6
      3
        1
        4
      2
        5
      7
        8
    `),
  );
});
