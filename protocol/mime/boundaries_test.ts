import { assertEquals } from "@std/assert";
import { Boundaries } from "./boundaries.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function open(...names: string[]): Boundaries<string> {
  const boundaries = new Boundaries<string>();
  for (const name of names) boundaries.open(bytes(name), name);
  return boundaries;
}

function match(boundaries: Boundaries<string>, line: string): unknown {
  const found = boundaries.match(bytes(line), 0, line.length);
  return found === undefined
    ? undefined
    : found.owner + (found.closing ? " closing" : "");
}

Deno.test("the longest open boundary at the start of a line wins", () => {
  const boundaries = open("ab", "a", "abcd");
  assertEquals(match(boundaries, "--a"), "a");
  assertEquals(match(boundaries, "--a--\r"), "a closing");
  assertEquals(match(boundaries, "--abc"), "ab");
  assertEquals(match(boundaries, "--abcd--x"), "abcd closing");
  for (const line of ["", "-", "--", "a", "-a", " --a", "--b"]) {
    assertEquals(match(boundaries, line), undefined, line);
  }
});

Deno.test("the innermost of equal boundaries wins until it is closed", () => {
  const boundaries = new Boundaries<number>();
  boundaries.open(bytes("a"), 1);
  boundaries.open(bytes("a "), 2);
  const at = () => boundaries.match(bytes("--a"), 0, 3)?.owner;
  assertEquals(at(), 2);
  boundaries.close(bytes("a"));
  assertEquals(at(), 1);
  boundaries.close(bytes("a"));
  boundaries.close(bytes("a"));
  assertEquals([at(), boundaries.size], [undefined, 0]);
});

Deno.test("closing leaves the others open", () => {
  const boundaries = open("ab", "a", "abcd");
  boundaries.close(bytes("abcd"));
  boundaries.close(bytes("x"));
  assertEquals(match(boundaries, "--abcd"), "ab");
  boundaries.close(bytes("ab"));
  assertEquals(match(boundaries, "--abcd"), "a");
  boundaries.clear();
  assertEquals(match(boundaries, "--abcd"), undefined);
});

Deno.test("an empty boundary wants the whole line", () => {
  const boundaries = open("");
  assertEquals(match(boundaries, "--"), "");
  assertEquals(match(boundaries, "-- \r"), "");
  assertEquals(match(boundaries, "----"), " closing");
  assertEquals(match(boundaries, "-- x"), undefined);
  assertEquals(match(boundaries, "-----"), undefined);
});

Deno.test("a match does not look past its line", () => {
  const boundaries = open("ab");
  const text = bytes("--ab--");
  assertEquals(boundaries.match(text, 0, 3), undefined);
  assertEquals(boundaries.match(text, 0, 4)?.closing, false);
});

Deno.test("very long boundaries are compared by their beginning", () => {
  const long = "x".repeat(10_000);
  assertEquals(match(open(long), `--${long}`), long);
});
