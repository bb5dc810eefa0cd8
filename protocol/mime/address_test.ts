import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Address, parseAddresses } from "./address.ts";
import { rounds } from "../../tests/shards/part.ts";

/** Addresses as `name|adl|mailbox|host`, with `-` for null. */
function read(value: string): string[] {
  return parseAddresses(value).map(({ name, adl, mailbox, host }) =>
    [name, adl, mailbox, host].map((each) => each ?? "-").join("|")
  );
}

Deno.test("addresses with and without names", () => {
  assertEquals(read('a@b, C <d@e>, "F, G" <h@i>, <j@k>'), [
    "-|-|a|b",
    "C|-|d|e",
    "F, G|-|h|i",
    "-|-|j|k",
  ]);
  assertEquals(read('Joe Q. Public <j@q>, "Foo" "Bar"  Baz<a@b>'), [
    "Joe Q. Public|-|j|q",
    "Foo Bar Baz|-|a|b",
  ]);
  assertEquals(read('"x \\" \\\\ y" <a@[1.2.3.4]>'), [
    'x " \\ y|-|a|[1.2.3.4]',
  ]);
  assertEquals(read("=?utf-8?q?J=C3=B6rg?= <a@b>"), [
    "=?utf-8?q?J=C3=B6rg?=|-|a|b",
  ]);
});

Deno.test("a comment is the name where there is no other", () => {
  assertEquals(read("a@b (C D), (e) f@g (H (i) \\) j), K <l@m> (n)"), [
    "C D|-|a|b",
    "H (i) ) j|-|f|g",
    "K|-|l|m",
  ]);
});

Deno.test("quoted local parts lose their quotes, obsolete white space goes", () => {
  assertEquals(read('"a b"@c, "a"."b"@c, d . e @ f . g, h @ [ 1.2 ]'), [
    "-|-|a b|c",
    "-|-|a.b|c",
    "-|-|d.e|f.g",
    "-|-|h|[ 1.2 ]",
  ]);
});

Deno.test("source routes", () => {
  assertEquals(read("<@a,@b:c@d>, E <@f:g@h>"), ["-|@a,@b|c|d", "E|@f|g|h"]);
});

Deno.test("groups begin and end with markers", () => {
  // RFC 5322 appendix A.1.3
  assertEquals(
    read("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
    [
      "-|-|A Group|-",
      "Ed Jones|-|c|a.test",
      "-|-|joe|where.test",
      "John|-|jdoe|one.test",
      "-|-|-|-",
    ],
  );
  assertEquals(read("undisclosed-recipients:;, a@b"), [
    "-|-|undisclosed-recipients|-",
    "-|-|-|-",
    "-|-|a|b",
  ]);
  assertEquals(read("g: a@b"), ["-|-|g|-", "-|-|a|b", "-|-|-|-"]);
  assertEquals(read(":;"), ["-|-||-", "-|-|-|-"]);
});

Deno.test("what an address lacks is empty, and never null", () => {
  assertEquals(read("foo, <bar>, <>, <@x>, @y, a@, Foo Bar"), [
    "-|-|foo|",
    "-|-|bar|",
    "-|-||",
    "-|-||x",
    "-|-||y",
    "-|-|a|",
    "Foo Bar|-||",
  ]);
});

Deno.test("what is no address is read as far as it goes", () => {
  assertEquals(read(" , ,; (x)"), []);
  assertEquals(read("a@b c@d"), ["-|-|a|b"]);
  assertEquals(read("A B c@d"), ["A B|-|c|d"]);
  assertEquals(read("<a@b, c@d"), ["-|-|a|b", "-|-|c|d"]);
  assertEquals(read("a@b;c@d"), ["-|-|a|b", "-|-|c|d"]);
  assertEquals(read('"open <a@b>'), ["-|-|open <a@b>|"]);
  assertEquals(read("a@b@c"), ["-|-|a|b"]);
  assertEquals(read("a@b <a@b>"), ["a@b|-|a|b"]);
});

Deno.test("the number of addresses is bounded, and groups still end", () => {
  assertEquals(parseAddresses("a@b, ".repeat(100_000)).length, 10_000);
  const group = parseAddresses("g: a@b, c@d, e@f;", 3);
  assertEquals(group.length, 4);
  assertEquals(group[3], { name: null, adl: null, mailbox: null, host: null });
});

Deno.test("long lists of one thing", () => {
  const units = [
    "(",
    "<",
    "a:",
    "a:b;",
    '"a" ',
    "@",
    "a.",
    "<@a,",
    "[",
    "\\",
    "a ",
    ">",
  ];
  for (const unit of units) {
    for (const end of ["", "@b", `@${":".repeat(100_000)}`]) {
      parseAddresses(unit.repeat(100_000) + end, Infinity);
    }
  }
});

Deno.test("group markers match, whatever the text", () => {
  const piece = fc.constantFrom(
    "a",
    "b ",
    " ",
    ...'<>@,;:."()[]\\',
    '"q"',
    "(c)",
    "a@b",
    ", ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      let inGroup = false;
      for (const address of parseAddresses(pieces.join(""))) {
        const kind = markerOf(address);
        if (kind === "start") assert(!inGroup);
        if (kind === "end") assert(inGroup);
        if (kind !== "address") inGroup = kind === "start";
      }
      assert(!inGroup);
    }),
    { numRuns: rounds(1_000) },
  );
});

function markerOf(address: Address): "start" | "end" | "address" {
  if (address.host !== null) {
    assert(address.mailbox !== null);
    return "address";
  }
  assertEquals([address.name, address.adl], [null, null]);
  return address.mailbox === null ? "end" : "start";
}
