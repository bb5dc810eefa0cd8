import { assertEquals } from "@std/assert";
import type { Frame } from "../wire/command_reader.ts";
import { Tracer } from "./trace.ts";

const encoder = new TextEncoder();

/** What a trace shows of output that is written in pieces. */
function shown(...pieces: string[]): string[] {
  const lines: string[] = [];
  const tracer = new Tracer(
    (_, side, line) => lines.push(`${side} ${line}`),
    1,
  );
  for (const piece of pieces) tracer.output(encoder.encode(piece));
  return lines;
}

const BODY = "secret line\r\nsecret {7}\r\nmore secret\r\n";
const HEAD = `* 1 FETCH (BODY[] {${BODY.length}}\r\n`;
const WHOLE = HEAD + BODY + ")\r\na OK done\r\n";

Deno.test("a literal is not shown, wherever the pieces that are written end", () => {
  for (let at = 0; at <= WHOLE.length; at++) {
    const text = shown(WHOLE.slice(0, at), WHOLE.slice(at)).join("\n");
    assertEquals(text.includes("secret"), false, `${at}: ${text}`);
    assertEquals(text.endsWith("S a OK done"), true, text);
  }
  const single = shown(...WHOLE).join("\n");
  assertEquals(single.includes("secret"), false, single);
});

Deno.test("a literal behind a long line is not shown either", () => {
  const long = `* 1 FETCH (X "${
    "y".repeat(5_000)
  }" BODY[] {${BODY.length}}\r\n`;
  const lines = shown(long + BODY + ")\r\na OK done\r\n");
  assertEquals(lines.join("\n").includes("secret"), false);
  assertEquals(lines.at(-1), "S a OK done");
});

Deno.test("a binary literal is not shown, and an empty one hides nothing", () => {
  const text =
    `* 1 FETCH (BINARY[1] ~{${BODY.length}}\r\n${BODY} BODY[2] {0}\r\n)\r\nb OK\r\n`;
  const lines = shown(text);
  assertEquals(lines.join("\n").includes("secret"), false);
  assertEquals(lines.at(-1), "S b OK");
});

Deno.test("what the server says in an exchange is not shown, sentences are", () => {
  const lines: string[] = [];
  const tracer = new Tracer(
    (_, side, line) => lines.push(`${side} ${line}`),
    1,
  );
  const command = (text: string, secret: boolean) =>
    tracer.command({ text: encoder.encode(text) } as Frame, secret);
  command("a NOOP", false);
  tracer.output(encoder.encode("+ idling\r\n"));
  command("b AUTHENTICATE SCRAM-SHA-256 biwsbj1h", true);
  // What was said before is written later.
  tracer.output(encoder.encode("a OK\r\n+ cj1hYmMs"));
  tracer.output(encoder.encode("cz1kZWY=\r\n+ \r\n+ OK\r\nb OK\r\n"));
  assertEquals(lines, [
    ...["C a NOOP", "S + idling", "C b AUTHENTICATE ***", "S a OK"],
    ...["S + ***", "S + ", "S + OK", "S b OK"],
  ]);
});

Deno.test("an answer that comes too early is not shown, nor as the tag of its response", () => {
  for (const length of [8, 28, 3_000]) {
    const lines: string[] = [];
    const tracer = new Tracer(
      (_, side, line) => lines.push(`${side} ${line}`),
      1,
    );
    const answer = "A".repeat(length);
    tracer.command({ text: encoder.encode(answer) } as Frame, true);
    tracer.command({ text: encoder.encode("b LOGIN x y") } as Frame, true);
    tracer.output(encoder.encode(`${answer} BAD no\r\nb NO\r\n`));
    assertEquals(lines.slice(0, 2), ["C ***", "C b LOGIN ***"]);
    assertEquals(lines[2], length > 2_000 ? "S ***" : "S *** BAD no");
    assertEquals(lines[3], "S b NO");
  }
});
