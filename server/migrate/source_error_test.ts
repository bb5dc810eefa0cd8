import { assertEquals } from "@std/assert";
import { isAnswer, isPassing, reasonOf } from "./source_error.ts";

const error = (message: string, facts: Record<string, unknown>) =>
  Object.assign(new Error(message), facts);

Deno.test("what passes is tried again, what is decided is not", () => {
  const answer = (code?: string) =>
    error("Command failed", {
      responseStatus: "NO",
      responseText: "Text",
      response: {
        attributes: code === undefined ? [] : [{ section: [{ value: code }] }],
      },
    });
  const cases: [Error, before: boolean, passing: boolean][] = [
    [answer("UNAVAILABLE"), true, true],
    [answer("limit"), true, true],
    [answer("INUSE"), true, true],
    [answer("NOPERM"), true, false],
    [answer(), true, false],
    [error("", { authenticationFailed: true }), true, false],
    [
      error("", { authenticationFailed: true, serverResponseCode: "LIMIT" }),
      false,
      true,
    ],
    [error("", { code: "ECONNREFUSED" }), false, false],
    [error("", { code: "ECONNREFUSED" }), true, true],
    [error("", { code: "ECONNRESET" }), false, true],
    [error("", { code: "NoConnection" }), false, true],
    [error("", { code: "ETHROTTLE", responseStatus: "BAD" }), true, true],
    [error("Server does not support STARTTLS", {}), true, false],
    [error("invalid peer certificate: UnknownIssuer", {}), true, false],
  ];
  for (const [given, before, passing] of cases) {
    assertEquals(isPassing(given, before), passing, Deno.inspect(given));
  }
  assertEquals(isAnswer(answer()), true);
  assertEquals(isAnswer(new Error()), false);
  assertEquals(reasonOf(answer("NOPERM")), "NO [NOPERM] Text");
  assertEquals(reasonOf(answer()), "NO Text");
  assertEquals(reasonOf(new Error("gone")), "gone");
});
