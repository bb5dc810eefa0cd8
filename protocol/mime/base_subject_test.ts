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
    ["[fwd: Lunch\u2028Dinner]", "Lunch\u2028Dinner", false],
    ["[all that there is]", "[all that there is]", false],
    ["Re:", "", true],
    ["", "", false],
    ["Reply: no", "Reply: no", false],
    ["a\r\n\tb   c", "a b c", false],
  ];
  for (const [subject, text, isReply] of subjects) {
    const base = baseSubject(subject);
    assertEquals([base.text, base.isReply], [text, isReply], subject);
  }
});

Deno.test("what makes a subject a reply or forward", () => {
  const subjects: [string, boolean][] = [
    ["Re: Lunch", true],
    ["fw: Lunch", true],
    ["[list] FWD [2]: Lunch", true],
    ["Lunch (fwd)", true],
    ["Lunch (FWD) ", true],
    ["[Fwd: Lunch]", true],
    ["[Fwd: Lunch", false],
    ["[list] Lunch ", false],
    ["Lunch (fwd) again", false],
    [" Lunch\t", false],
    ["", false],
  ];
  for (const [subject, isReplyOrForward] of subjects) {
    assertEquals(
      baseSubject(subject).isReplyOrForward,
      isReplyOrForward,
      subject,
    );
  }
});

Deno.test("hostile subjects take no longer than others", () => {
  for (const piece of ["[", "[]", "re:", "(fwd)", " ", "[fwd:", "]", "re ["]) {
    baseSubject(piece.repeat(1_000_000));
  }
});
