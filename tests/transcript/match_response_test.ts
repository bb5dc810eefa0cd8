import { assert, assertEquals } from "@std/assert";
import type { Captures } from "./match_value.ts";
import { matchResponse } from "./match_response.ts";
import { parseResponse } from "../../testing/responses/response.ts";
import { showValue } from "../../testing/responses/value.ts";

function match(
  expected: string,
  actual: string,
  { recent = false, captures = new Map() as Captures } = {},
): Captures | undefined {
  const pattern = parseResponse(expected, true);
  const response = parseResponse(actual, false);
  return matchResponse(pattern, response, captures, { recent });
}

const SAME = [
  ["* 4 EXISTS", "* 4 EXISTS"],
  ["* FLAGS (\\Seen \\Deleted)", "* FLAGS (\\deleted \\SEEN)"],
  ["* 1 FETCH (UID 3 FLAGS (\\Seen a))", "* 1 FETCH (FLAGS (a \\Seen) UID 3)"],
  ["* 1 FETCH (FLAGS ())", "* 1 FETCH (UID 7 FLAGS (\\Recent))"],
  ["* 1 FETCH (BODY[TEXT] {{{x y}}})", '* 1 FETCH (BODY[TEXT] "x y")'],
  [
    "* 1 FETCH (BODY[HEADER.FIELDS (date)] *)",
    '* 1 FETCH (BODY[HEADER.FIELDS ("DATE")] {1}\r\nx)',
  ],
  ["* 1 FETCH (BODY *)", '* 1 FETCH (BODY ("TEXT" "PLAIN"))'],
  ['* 1 FETCH (BODY ("text"))', '* 1 FETCH (BODY ("TEXT"))'],
  ["* CAPABILITY IMAP4rev1 ...", "* CAPABILITY IDLE IMAP4REV1 ID"],
  ["* SEARCH 1 2", "* SEARCH 2 1"],
  [
    '* ESEARCH (TAG "a") UID COUNT 3 ALL 1:3',
    '* ESEARCH (TAG "a") UID ALL 3,1:2 COUNT 3',
  ],
  ['* LIST () "/" INBOX', '* LIST (\\HasNoChildren) "/" "INBOX"'],
  ['* LIST (\\Noselect) "/" a', '* LIST (\\NonExistent) "/" a'],
  ['* LIST * "/" a', '* LIST (\\Sent) "/" a'],
  ["* 1 FETCH ...", "* 1 FETCH (UID 1)"],
  [
    '* LIST () "/" a ("OLDNAME" ("b"))',
    '* LIST () "/" a (OLDNAME (b))',
  ],
  ["* STATUS a (UNSEEN 1 MESSAGES 2)", '* STATUS "a" (MESSAGES 2 UNSEEN 1)'],
  ["a NO|BAD [TOOBIG|LIMIT]", "a BAD [LIMIT] Too much"],
  ["a OK", "a OK [READ-WRITE] Done"],
  ["* OK [COPYUID 1 2:3 4,5]", "* OK [COPYUID 1 2,3 4:5] Done"],
  [
    "* OK [PERMANENTFLAGS (\\* \\Seen)]",
    "* OK [PERMANENTFLAGS (\\Seen \\*)] x",
  ],
  ["+", "+ idling"],
  ["* NAMESPACE * NIL NIL", '* NAMESPACE (("" "/")) NIL NIL'],
] as const;

for (const [expected, actual] of SAME) {
  Deno.test(`matchResponse takes ${actual} for ${expected}`, () => {
    assert(match(expected, actual) !== undefined);
  });
}

const OTHER = [
  ["* 4 EXISTS", "* 5 EXISTS"],
  ["* 4 EXISTS", "* 4 RECENT"],
  ["* FLAGS (\\Seen)", "* FLAGS (\\Seen \\Deleted)"],
  ["* 1 FETCH (UID 3)", "* 1 FETCH (FLAGS ())"],
  ["* 1 FETCH (UID 3)", "* 1 FETCH (UID 3 FLAGS ())"],
  ["* 1 FETCH (UID 3)", "* 1 FETCH (UID 4)"],
  ["* 1 FETCH (BODY[] NIL)", '* 1 FETCH (BODY[] "")'],
  ["* 1 FETCH (BODY[] NIL)", '* 1 FETCH (BODY[] "NIL")'],
  ["* CAPABILITY IMAP4rev1", "* CAPABILITY IMAP4rev1 IDLE"],
  ['* ESEARCH (TAG "a") ALL 1', '* ESEARCH (TAG "b") ALL 1'],
  ['* ESEARCH (TAG "a") ALL 1', '* ESEARCH (TAG "a") UID ALL 1'],
  ['* LIST () "/" a', '* LIST () "/" A'],
  ['* LIST () "/" a', '* LIST (\\Noselect) "/" a'],
  ['* LIST (\\HasChildren) "/" a', '* LIST (\\HasNoChildren) "/" a'],
  ['* LIST () "/" a', '* LIST () "/" a ("CHILDINFO" ("SUBSCRIBED"))'],
  ["a OK []", "a OK [READ-WRITE] Done"],
  ["a OK [READ-ONLY]", "a OK Done"],
  ['a OK "exact"', "a OK Another"],
  ["a OK", "b OK Done"],
  ["* OK [COPYUID 1 2:3 4:5]", "* OK [COPYUID 1 3,2 4:5] Done"],
] as const;

for (const [expected, actual] of OTHER) {
  Deno.test(`matchResponse does not take ${actual} for ${expected}`, () => {
    assertEquals(match(expected, actual), undefined);
  });
}

Deno.test("matchResponse looks at \\Recent when it is told to", () => {
  const [expected, actual] = [
    "* 1 FETCH (FLAGS ())",
    "* 1 FETCH (FLAGS (\\Recent))",
  ];
  assert(match(expected, actual) !== undefined);
  assertEquals(match(expected, actual, { recent: true }), undefined);
});

Deno.test("matchResponse captures, and compares what was captured", () => {
  const captures = match("* OK [UIDVALIDITY $v]", "* OK [UIDVALIDITY 7] x")!;
  assertEquals(showValue(captures.get("v")!), "7");
  const copy = "* OK [COPYUID $v 1 2]";
  assert(match(copy, "* OK [COPYUID 7 1 2] x", { captures }) !== undefined);
  assertEquals(match(copy, "* OK [COPYUID 8 1 2] x", { captures }), undefined);
});

Deno.test("matchResponse minds the order of what was sorted", () => {
  const same = (expected: string, actual: string, sorting: string[]) =>
    matchResponse(
      parseResponse(expected, true),
      parseResponse(actual, false),
      new Map(),
      { recent: false, sorting: new Set(sorting) },
    ) !== undefined;
  assert(same("* SORT 2 1", "* SORT 2 1", []));
  assert(!same("* SORT 2 1", "* SORT 1 2", []));
  const one = '* ESEARCH (TAG "a") UID ALL 3,1:2 MODSEQ 4';
  const other = '* ESEARCH (TAG "a") UID MODSEQ 4 ALL 1:3';
  assert(same(one, other, []));
  assert(same(one, '* ESEARCH (TAG "a") UID ALL 3,1,2 MODSEQ 4', ["a"]));
  assert(!same(one, other, ["a"]));
  const page = '* ESEARCH (TAG "b") PARTIAL (1:2 3,1)';
  assert(!same(page, '* ESEARCH (TAG "b") PARTIAL (1:2 1,3)', ["b"]));
});
