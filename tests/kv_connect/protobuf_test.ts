import { assertEquals, assertThrows } from "@std/assert";
import { MalformedMessage, Message, MessageWriter } from "./protobuf.ts";

Deno.test("a message is read as it was written", () => {
  const inner = new MessageWriter().number(1, 300).bytes(2, Uint8Array.of(7));
  const bytes = new MessageWriter().number(1, true).number(2, 0)
    .number(3, 1_700_000_000_000).message(4, inner)
    .message(4, new MessageWriter()).finish();
  const message = new Message(bytes);
  const numbers = [1, 2, 3].map((field) => message.number(field));
  assertEquals(numbers, [1, 0, 1_700_000_000_000]);
  const [first, second] = message.messages(4);
  assertEquals([first!.number(1), second!.number(1)], [300, 0]);
  assertEquals(first!.bytes(2), Uint8Array.of(7));
  assertEquals(message.bytes(9), new Uint8Array());
  assertEquals(message.message(9), undefined);
});

Deno.test("the encoding is that of Protocol Buffers", () => {
  const message = new MessageWriter().number(1, 150)
    .bytes(2, new TextEncoder().encode("testing"));
  const known = "089601120774657374696e67";
  assertEquals(message.finish().toHex(), known);
});

Deno.test("what is no message is refused", () => {
  // Without an end, longer than there is, a wire type that is not used, a number of more than 64 bits.
  for (
    const hex of ["08", "0880", "120261", "0d00000000", "08" + "ff".repeat(10)]
  ) {
    const parse = () => new Message(Uint8Array.fromHex(hex));
    assertThrows(parse, MalformedMessage, undefined, hex);
  }
  const message = new Message(Uint8Array.fromHex("0801120161"));
  assertThrows(() => message.bytes(1), MalformedMessage);
  assertThrows(() => message.number(2), MalformedMessage);
});
