import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ascendExpunges } from "./expunges.ts";
import {
  parseResponse,
  type Response,
  showResponse,
} from "../../testing/responses/response.ts";

function ascend(...lines: string[]): string[] {
  const responses = lines.map((line) => parseResponse(line, false));
  const result = ascendExpunges(
    responses,
    (one) => one,
    (_, one: Response) => one,
  );
  return result.map(showResponse);
}

Deno.test("ascendExpunges makes one form of either order", () => {
  const ascending = ["* 3 EXPUNGE", "* 3 EXPUNGE", "* 5 EXPUNGE"];
  assertEquals(ascend(...ascending), ascending);
  assertEquals(
    ascend("* 7 EXPUNGE", "* 4 EXPUNGE", "* 3 EXPUNGE"),
    ascending,
  );
});

Deno.test("ascendExpunges leaves runs apart that something divides", () => {
  const lines = ["* 4 EXPUNGE", "* 1 FETCH (UID 1)", "* 3 EXPUNGE"];
  assertEquals(ascend(...lines), lines);
});

Deno.test("ascendExpunges removes the same messages", () => {
  const remove = (lines: readonly string[]) => {
    const left = Array.from({ length: 12 }, (_, index) => index);
    for (const line of lines) left.splice(Number(line.split(" ")[1]) - 1, 1);
    return left;
  };
  fc.assert(fc.property(
    fc.array(fc.nat(), { maxLength: 12 }),
    (numbers) => {
      const lines = numbers.map((number, index) =>
        `* ${number % (12 - index) + 1} EXPUNGE`
      );
      assertEquals(remove(ascend(...lines)), remove(lines));
    },
  ));
});
