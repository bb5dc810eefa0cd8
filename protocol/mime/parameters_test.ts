import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeExtended,
  decodeParameters,
  joinContinuations,
  parseStructured,
} from "./parameters.ts";

const read = (value: string) => parseStructured(value, 100);

Deno.test("a value comes apart in spite of comments, quotes and white space", () => {
  assertEquals(read('text/plain; a=b; c = "d;\\"e" ;f=g(h)'), {
    head: "text/plain",
    parameters: [["a", "b"], ["c", 'd;"e'], ["f", "g"]],
  });
  assertEquals(read("(a(b)c) x (d) / (e)\r\n y ; (f) z (g) = (h) 1 (i)"), {
    head: "x/y",
    parameters: [["z", "1"]],
  });
});

Deno.test("what is not well formed is read as far as it goes", () => {
  const parameters = (value: string) => read(`x;${value}`).parameters;
  assertEquals(parameters(";; ;a=b;;"), [["a", "b"]]);
  assertEquals(parameters("a; =b; c="), [["c", ""]]);
  assertEquals(parameters("a=b c d; e=f"), [["a", "b"], ["e", "f"]]);
  assertEquals(parameters("a=<x@y>; b==?utf-8?q?z?="), [
    ["a", "<x@y>"],
    ["b", "=?utf-8?q?z?="],
  ]);
  assertEquals(parameters('a="no end; b=c'), [["a", "no end; b=c"]]);
  assertEquals(parameters("(no end; b=c"), []);
  assertEquals(read(""), { head: "", parameters: [] });
  assertEquals(parseStructured("x; a=1; b=2; c=3", 2).parameters.length, 2);
});

Deno.test("continuations are joined in the place of the first", () => {
  // The examples of RFC 2231 § 3 and § 4.1, as RFC 9051 § 7.5.2 wants them.
  assertEquals(
    joinContinuations([
      ["URL*0", "ftp://"],
      ["access-type", "URL"],
      ["url*1", "cs.utk.edu/x"],
    ]),
    [["URL", "ftp://cs.utk.edu/x"], ["access-type", "URL"]],
  );
  const title = joinContinuations([
    ["title*0*", "us-ascii'en'This%20is%20even%20more%20"],
    ["title*1*", "%2A%2A%2Afun%2A%2A%2A%20"],
    ["title*2", "isn't it!"],
  ]);
  assertEquals(title, [[
    "title*",
    "us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!",
  ]]);
  assertEquals(decodeParameters(title), [[
    "title*",
    "This is even more ***fun*** isn't it!",
  ]]);
});

Deno.test("continuations out of order, with gaps, twice, without a start", () => {
  assertEquals(joinContinuations([["p*1", "b"], ["p*0", "a"], ["p*3", "d"]]), [
    ["p", "ab"],
  ]);
  assertEquals(joinContinuations([["p*0", "a"], ["p*0", "b"]]), [["p", "a"]]);
  const orphans = [["p*1", "b"], ["p*01", "c"], ["p*x", "d"], [
    "q*",
    "e",
  ]] as const;
  assertEquals(joinContinuations(orphans), orphans);
});

Deno.test("extended values are decoded by their charset", () => {
  assertEquals(decodeExtended("iso-8859-1'en'%A3%20rates"), "£ rates");
  assertEquals(decodeExtended("UTF-8''%c2%a3%20and%2g%"), "£ and%2g%");
  assertEquals(decodeExtended("''%c2%a3"), "£");
  assertEquals(decodeExtended("no quotes"), undefined);
  assertEquals(decodeExtended("x-none''a"), undefined);
  assertEquals(decodeParameters([["a*", "b"], ["c", "x''%20"]]), [
    ["a*", "b"],
    ["c", "x''%20"],
  ]);
});

Deno.test("quoting what is quotable comes back", () => {
  fc.assert(fc.property(fc.string(), (value) => {
    const quoted = value.replace(/["\\]/g, "\\$&");
    assertEquals(read(`x; a="${quoted}"; b=c`).parameters, [
      ["a", value],
      ["b", "c"],
    ]);
  }));
});

Deno.test("anything is read, in linear time", () => {
  const piece = fc.constantFrom(
    '"',
    "(",
    ")",
    ";",
    "=",
    "\\",
    " ",
    "/",
    "a",
    "*0",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const { parameters } = read(pieces.join(""));
    decodeParameters(joinContinuations(parameters));
  }));
  for (const unit of ["(", '"', ";", "=", "\\", "a=;", "() ", '""', ")"]) {
    parseStructured(`x;${unit.repeat(300_000)}`, 1_000_000);
    parseStructured(unit.repeat(300_000), 1_000_000);
  }
});
