import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { ThreadClues } from "./model.ts";
import { MAX_NOTES, ThreadNotes } from "./threads.ts";

const DAY = 86_400_000;

function clues(
  id: string | undefined,
  references: readonly string[] = [],
  subject = "",
): ThreadClues {
  const isReply = subject.startsWith("re ");
  return {
    ...(id === undefined ? {} : { id }),
    references,
    subject: subject.replace("re ", ""),
    isReply,
  };
}

Deno.test("answers that list all before them are of one thread, in whatever order and by whomever", () => {
  // Who answers whom: message n answers one before it.
  const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 20 })
    .map((choices) => choices.map((choice, index) => choice % (index + 1)));
  fc.assert(fc.property(tree, fc.infiniteStream(fc.nat()), (parents, order) => {
    const messages = [clues("0")];
    for (const [index, parent] of parents.entries()) {
      const { id, references } = messages[parent]!;
      messages.push(clues(`${index + 1}`, [...references, id!], "re about"));
    }
    const notes = new ThreadNotes();
    const shuffled = messages.map((message) => ({
      message,
      at: order.next().value!,
    })).sort((a, b) => a.at - b.at);
    const threads = new Set(
      shuffled.map(({ message }, index) =>
        (index % 2 ? notes : new ThreadNotes()).assign(message, index, 0)
      ),
    );
    assertEquals(threads.size, 1);
  }));
});

Deno.test("answers that name but the one before them", () => {
  const notes = new ThreadNotes();
  const root = notes.assign(clues("root", [], "lunch"), 1, 0);
  assertEquals(notes.assign(clues("a", ["root"]), 2, 0), root);
  assertEquals(notes.assign(clues("b", ["a"]), 3, 0), root);
  assertEquals(notes.assign(clues("c", ["b"]), 4, 0), root);
  assertEquals(notes.assign(clues(undefined, ["c"]), 5, 0), root);
  assertNotEquals(notes.assign(clues("d", ["x"]), 6, 0), root);
});

Deno.test("answers that name nothing go by their subject, for a time", () => {
  const notes = new ThreadNotes();
  const root = notes.assign(clues("root", [], "lunch"), 1, 0);
  assertEquals(notes.assign(clues("a", [], "re lunch"), 2, 0), root);
  assertEquals(notes.assign(clues("b", ["a"]), 3, 0), root);
  assertNotEquals(notes.assign(clues("c", [], "lunch"), 4, 0), root);
  const late = notes.assign(clues("d", [], "re lunch"), 5, 40 * DAY);
  assertNotEquals(late, root);
  assertNotEquals(notes.assign(clues("e", [], "re "), 6, 0), root);
});

Deno.test("what says nothing of itself is a thread by its content", () => {
  const notes = new ThreadNotes();
  const one = notes.assign(undefined, 1, 0);
  assertEquals(notes.assign(clues(undefined), 1, 0), one);
  assertNotEquals(notes.assign(undefined, 2, 0), one);
});

Deno.test("notes are bounded, and can be put back", () => {
  const notes = new ThreadNotes();
  for (let index = 0; index < 2 * MAX_NOTES; index++) {
    notes.assign(clues(`a${index}`, [`r${index}`]), index, 0);
  }
  assertEquals([...notes].length <= MAX_NOTES, true);
  const last = 2 * MAX_NOTES - 1;
  const root = notes.assign(clues(`r${last}`), 1, 0);
  const again = new ThreadNotes();
  again.restore(notes);
  assertEquals(again.assign(clues("x", [`a${last}`]), 1, 0), root);
  assertEquals([...again].length <= MAX_NOTES + 1, true);
});
