import { assertEquals, assertThrows } from "@std/assert";
import { showValue, SyntaxFault, ValueReader } from "./value.ts";

function read(text: string, pattern = false): string {
  return new ValueReader(text, pattern).values().map(showValue).join(" ");
}

Deno.test("ValueReader reads atoms, strings, lists and NIL", () => {
  const text = '12 (\\Seen \\*) "a \\"b\\" \\\\" nil BODY[1.TEXT]<0>';
  const values = new ValueReader(text, false).values();
  assertEquals(values.map((value) => value.type), [
    "atom",
    "list",
    "string",
    "nil",
    "atom",
  ]);
  assertEquals(
    values.map(showValue).join(" "),
    '12 (\\Seen \\*) "a \\"b\\" \\\\" NIL BODY[1.TEXT]<0>',
  );
});

Deno.test("ValueReader reads literals whatever they hold", () => {
  const [literal, after] = new ValueReader("{4}\r\n) \r\n x", false).values();
  assertEquals(literal, { type: "string", text: ") \r\n", form: "literal" });
  assertEquals(after, { type: "atom", text: "x" });
  const [binary] = new ValueReader("~{1}\r\n\0", false).values();
  assertEquals(binary, { type: "string", text: "\0", form: "literal8" });
});

Deno.test("ValueReader reads lists that touch", () => {
  assertEquals(read('(("" "/")("#x/" "/"))'), '(("" "/") ("#x/" "/"))');
});

Deno.test("ValueReader keeps spaces and strings inside a section", () => {
  const text = 'BODY[HEADER.FIELDS ("A]" B)] x';
  const values = new ValueReader(text, false).values();
  assertEquals(values.length, 2);
});

Deno.test("ValueReader knows a script's wildcards only in a script", () => {
  assertEquals(
    new ValueReader("* $v $Junk ... {{{a b}}}", true).values(),
    [
      { type: "any" },
      { type: "capture", name: "v" },
      { type: "atom", text: "$Junk" },
      { type: "rest" },
      { type: "string", text: "a b", form: "literal" },
    ],
  );
  assertEquals(new ValueReader("* $v", false).values(), [
    { type: "atom", text: "*" },
    { type: "atom", text: "$v" },
  ]);
});

for (
  const text of [
    "a  b",
    "(a",
    "a)",
    '"open',
    '"bad\\escape"',
    '"line\nend"',
    "{5}\r\nabc",
    "a\x01",
    "BODY[",
    "(a )",
    "( a)",
  ]
) {
  Deno.test(`ValueReader refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => {
      const reader = new ValueReader(text, false);
      reader.values();
      if (!reader.atEnd) throw reader.fault("More");
    }, SyntaxFault);
  });
}
