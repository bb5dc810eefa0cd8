import { assertEquals } from "@std/assert";
import { bytesOf } from "./bytes.ts";
import { ResponseReader } from "./response_reader.ts";

const STREAM =
  "* 1 FETCH (BODY[] {9}\r\na OK x\r\n) UID {1}\r\n1)\r\na OK x {y}\r\nb";

Deno.test("ResponseReader cuts at line ends outside of literals", () => {
  for (const size of [1, 2, 5, STREAM.length]) {
    const reader = new ResponseReader();
    const responses: string[] = [];
    for (let start = 0; start < STREAM.length; start += size) {
      reader.push(bytesOf(STREAM.slice(start, start + size)));
      let response;
      while ((response = reader.next()) !== undefined) responses.push(response);
    }
    assertEquals(responses, [
      "* 1 FETCH (BODY[] {9}\r\na OK x\r\n) UID {1}\r\n1)",
      "a OK x {y}",
    ]);
    assertEquals(reader.remainder, "b");
  }
});
