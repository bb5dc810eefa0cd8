import { assertEquals, assertThrows } from "@std/assert";
import { parseResponse, showResponse } from "./response.ts";
import { SyntaxFault } from "./value.ts";

Deno.test("parseResponse reads status responses with and without a code", () => {
  assertEquals(parseResponse("a OK [READ-WRITE] Done", false), {
    type: "status",
    tag: "a",
    status: "OK",
    code: [{ type: "atom", text: "READ-WRITE" }],
    text: "Done",
  });
  assertEquals(parseResponse("* BYE See you", false), {
    type: "status",
    tag: "*",
    status: "BYE",
    text: "See you",
  });
});

Deno.test("parseResponse reads data with its number", () => {
  const response = parseResponse("* 3 fetch (UID 4)", false);
  assertEquals(response.type === "data" && response.name, "FETCH");
  assertEquals(showResponse(response), "* 3 FETCH (UID 4)");
  assertEquals(showResponse(parseResponse("* SEARCH", false)), "* SEARCH");
});

Deno.test("parseResponse reads continuation requests", () => {
  assertEquals(parseResponse("+ ", false), { type: "continuation", text: "" });
  assertEquals(parseResponse("+ idling", false), {
    type: "continuation",
    text: "idling",
  });
});

Deno.test("parseResponse reads what a script leaves open", () => {
  assertEquals(parseResponse("a NO|BAD", true), {
    type: "status",
    tag: "a",
    status: "NO|BAD",
    text: "",
  });
  assertEquals(parseResponse("a OK []", true), {
    type: "status",
    tag: "a",
    status: "OK",
    code: [],
    text: "",
  });
  assertEquals(parseResponse('a OK whatever "exactly this"', true), {
    type: "status",
    tag: "a",
    status: "OK",
    text: "exactly this",
  });
});

for (
  const text of [
    "",
    "a",
    "a OK",
    "a OK [READ-WRITE]Done",
    "a OK [UIDNEXT 4",
    "a EXISTS 4",
    "* ",
    "* (a)",
    "* 4  EXISTS",
    "* LIST () ",
  ]
) {
  Deno.test(`parseResponse refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseResponse(text, false), SyntaxFault);
  });
}
