import { assertEquals } from "@std/assert";
import { baseSubject } from "./base_subject.ts";

Deno.test("base subjects", () => {
  const subjects: [string, string, boolean][] = [
    ["Lunch", "Lunch", false],
    ["Re: Lunch", "Lunch", true],
    ["RE : re[2]: Lunch (fwd) ", "Lunch", true],
    ["Fwd: Lunch", "Lunch", false],
    ["[list] Re: [list] Lunch", "Lunch", true],
    ["[fwd: Re: Lunch]", "Lunch", true],
    ["[all that there is]", "[all that there is]", false],
    ["Re:", "", true],
    ["", "", false],
    ["Reply: no", "Reply: no", false],
    ["a\r\n\tb   c", "a b c", false],
  ];
  for (const [subject, text, isReply] of subjects) {
    assertEquals(baseSubject(subject), { text, isReply }, subject);
  }
});

Deno.test("hostile subjects take no longer than others", () => {
  for (const piece of ["[", "[]", "re:", "(fwd)", " ", "[fwd:", "]", "re ["]) {
    baseSubject(piece.repeat(1_000_000));
  }
});
