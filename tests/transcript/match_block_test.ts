import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { matchBlock } from "./match_block.ts";
import { parseScript } from "./parse_script.ts";
import { parseResponse } from "../../testing/responses/response.ts";

function outcome(
  script: string,
  received: string,
  recent = false,
): string | undefined {
  const [step] = parseScript(script, "test").steps;
  assert(step?.type === "expect");
  const responses = received.trim().split("\n")
    .map((line) => parseResponse(line.trim(), false));
  const result = matchBlock(step, responses, new Map(), { recent });
  return "problem" in result ? result.problem : undefined;
}

Deno.test("matchBlock takes untagged responses in any order", () => {
  assertEquals(
    outcome(
      "1S: * 3 EXISTS\n1S: * FLAGS ()\n1S: a OK",
      "* FLAGS ()\n* 3 EXISTS\na OK x",
    ),
    undefined,
  );
});

Deno.test("matchBlock misses what does not come", () => {
  const problem = outcome("1S: * 3 EXISTS\n1S: a OK", "a OK x");
  assertStringIncludes(problem!, "* 3 EXISTS");
});

Deno.test("matchBlock minds what comes beside it, unless it may", () => {
  const problem = outcome("1S: a OK", "* 3 EXISTS\na OK x");
  assertStringIncludes(problem!, "Unexpected: * 3 EXISTS");
  assertEquals(outcome("1S: ...\n1S: a OK", "* 3 EXISTS\na OK x"), undefined);
});

Deno.test("matchBlock overlooks RECENT unless the script shows it", () => {
  assertEquals(outcome("1S: a OK", "* 3 RECENT\na OK x"), undefined);
  assert(outcome("1S: a OK", "* 3 RECENT\na OK x", true) !== undefined);
});

Deno.test("matchBlock knows what never may come", () => {
  const script = "1S: ...\n1!: EXPUNGE\n1!: * 1 FETCH ...\n1S: a OK";
  assertEquals(outcome(script, "* 2 FETCH (UID 2)\na OK x"), undefined);
  assertStringIncludes(
    outcome(script, "* 1 EXPUNGE\na OK x")!,
    "Never to come (EXPUNGE)",
  );
  assertStringIncludes(
    outcome(script, "* 1 FETCH (UID 2)\na OK x")!,
    "Never to come (* 1 FETCH ...)",
  );
});

Deno.test("matchBlock takes equal runs of EXPUNGE for equal", () => {
  const script = "1S: * 3 EXPUNGE\n1S: * 3 EXPUNGE\n1S: * 5 EXPUNGE\n1S: a OK";
  assertEquals(
    outcome(script, "* 7 EXPUNGE\n* 4 EXPUNGE\n* 3 EXPUNGE\na OK x"),
    undefined,
  );
  assert(
    outcome(script, "* 3 EXPUNGE\n* 4 EXPUNGE\n* 5 EXPUNGE\na OK x") !==
      undefined,
  );
});

Deno.test("matchBlock keeps the order around EXPUNGE", () => {
  const script = "1S: * 1 FETCH (UID 1)\n1S: * 2 EXPUNGE\n1S: a OK";
  assertEquals(
    outcome(script, "* 1 FETCH (UID 1)\n* 2 EXPUNGE\na OK x"),
    undefined,
  );
  assert(
    outcome(script, "* 2 EXPUNGE\n* 1 FETCH (UID 1)\na OK x") !== undefined,
  );
});

Deno.test("matchBlock wants COPYUID before the EXPUNGE", () => {
  const script = "1S: * OK [COPYUID 1 2 3]\n1S: * 2 EXPUNGE\n1S: a OK";
  assert(
    outcome(script, "* 2 EXPUNGE\n* OK [COPYUID 1 2 3] x\na OK x") !==
      undefined,
  );
});

Deno.test("matchBlock goes back where a capture leads nowhere", () => {
  const script =
    "1S: * OK [UIDNEXT $a]\n1S: * STATUS x (UIDNEXT $a)\n1S: ...\n1S: a OK";
  assertEquals(
    outcome(
      script,
      "* OK [UIDNEXT 1] x\n* OK [UIDNEXT 2] x\n* STATUS x (UIDNEXT 2)\na OK x",
    ),
    undefined,
  );
});
