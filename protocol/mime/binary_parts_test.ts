import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { encodeBinaryParts } from "./binary_parts.ts";
import { latin1 } from "./bytes.ts";
import { parseMessage, type Part } from "./parse.ts";
import { decode } from "./transfer_encoding.ts";
import { rounds } from "../../tests/shards/part.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

function encoded(...lines: string[]): string | undefined {
  const result = encodeBinaryParts(bytes(lines.join("\r\n")));
  return result && latin1(result);
}

Deno.test("what has no NUL stays the same array", () => {
  const source = bytes("Content-Transfer-Encoding: binary\r\n\r\n\xff\n\r");
  assertStrictEquals(encodeBinaryParts(source), source);
});

Deno.test("the first Content-Transfer-Encoding is replaced, others go", () => {
  assertEquals(
    encoded(
      "A: 1",
      "content-transfer-encoding:",
      " binary",
      "B: 2",
      "Content-Transfer-Encoding: 8bit",
      "",
      "\0",
    ),
    "A: 1\r\nContent-Transfer-Encoding: base64\r\nB: 2\r\n\r\nAA==\r\n",
  );
});

Deno.test("a part without header gets one", () => {
  assertEquals(
    encoded(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      "\0\0\0",
      "--b--",
      "",
    ),
    [
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Transfer-Encoding: base64",
      "",
      "AAAA",
      "--b--",
      "",
    ].join("\r\n"),
  );
});

Deno.test("a message in a message is looked into", () => {
  const result = encoded(
    "Content-Type: message/rfc822",
    "Content-Transfer-Encoding: binary",
    "",
    "Subject: inner",
    "",
    "\0",
  );
  assertEquals(
    result,
    "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n" +
      "Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n",
  );
});

Deno.test("a NUL outside of what can be encoded is refused", () => {
  const multipart = "Content-Type: multipart/mixed; boundary=b";
  assertEquals(encoded("Subject: \0", "", "x"), undefined);
  assertEquals(encoded(multipart, "", "\0", "--b", "", "x"), undefined);
  assertEquals(encoded(multipart, "", "--b", "", "x", "--b--\0"), undefined);
  assertEquals(encoded("Content-Type: multipart/mixed", "", "\0"), undefined);
  for (const encoding of ["base64", "quoted-printable", "x-odd"]) {
    const field = `Content-Transfer-Encoding: ${encoding}`;
    assertEquals(encoded(field, "", "\0"), undefined);
  }
  assertEquals(
    encoded("Content-Type: message/external-body", "", "a: b", "", "\0"),
    undefined,
  );
});

Deno.test("lines are of 76 characters", () => {
  const result = encoded("A: 1", "", "\0".repeat(57 * 2_048 + 1))!;
  const lines = result.split("\r\n").slice(3, -1);
  assertEquals(lines.length, 2_049);
  assert(lines.slice(0, -1).every((line) => line.length === 76));
  assertEquals(lines.at(-1), "AA==");
});

/** The contents of the parts that have no parts, decoded. */
function contents(source: Uint8Array, part: Part): (string | undefined)[] {
  if (part.message !== null) return contents(source, part.message);
  if (part.type === "MULTIPART") {
    return part.children.flatMap((child) => contents(source, child));
  }
  const body = source.subarray(part.bodyStart, part.bodyEnd);
  const octets = decode(body, part.encoding);
  return [octets && latin1(octets)];
}

Deno.test("the contents of all parts stay, and there is no NUL", () => {
  const body = fc.array(
    fc.constantFrom("\0", "\xff", "\r\n", "a", "--b", "-", "\n", "="),
    { maxLength: 12 },
  ).map((pieces) => pieces.join(""));
  const header = fc.constantFrom(
    "",
    "Content-Type: text/plain\r\n",
    "Content-Transfer-Encoding: binary\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n",
  );
  const part = fc.tuple(header, body).map(([h, b]) => `${h}\r\n${b}`);
  const whole = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) =>
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
    parts.map((part) => `--b\r\n${part}\r\n`).join("") + "--b--\r\n"
  );
  fc.assert(
    fc.property(fc.oneof(whole, part), (text) => {
      const source = bytes(text);
      const result = encodeBinaryParts(source);
      if (result === undefined) return;
      assert(!result.includes(0));
      assertEquals(
        contents(result, parseMessage(result)),
        contents(source, parseMessage(source)),
      );
    }),
    { numRuns: rounds(300) },
  );
});
