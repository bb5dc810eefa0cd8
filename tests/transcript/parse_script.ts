/**
 * Reads a transcript file: its lines, its header, its steps.
 *
 * @module
 */

import { HeaderParser, parseModes } from "./parse_header.ts";
import { parseResponse } from "../../testing/responses/response.ts";
import type { Expected, Mode, Piece, Script, Step } from "./script.ts";

/** A mistake in a transcript file. */
export class ScriptError extends Error {
  /** Says what and where. */
  constructor(path: string, line: number, message: string) {
    super(`${path}:${line}: ${message}`);
    this.name = "ScriptError";
  }
}

interface Line {
  readonly number: number;
  readonly text: string;
}

const STEP = /^(\d+)(C|S|!|>|-)(?: ([a-z ]+))?:(?: (.*))?$/s;

/**
 * Reads a transcript.
 * @param source the file as a binary string
 * @param path for messages
 * @param mode in what sessions it is to run
 * @throws {ScriptError} when it is not one
 */
export function parseScript(
  source: string,
  path: string,
  mode: Mode = "plain",
): Script {
  const header = new HeaderParser();
  const steps = new StepParser();
  let line: Line | undefined;
  try {
    for (line of logicalLines(source)) {
      const step = STEP.exec(line.text);
      if (step !== null) {
        const [, connection, kind, modes, text] = step;
        if (!(parseModes(modes?.split(" ") ?? [mode]).includes(mode))) continue;
        steps.add(Number(connection), kind!, unescape(text ?? ""), line.number);
      } else if (steps.started) {
        throw new Error(`Neither a step nor a comment: ${line.text}`);
      } else header.add(unescape(line.text));
    }
  } catch (error) {
    throw new ScriptError(path, line?.number ?? 0, (error as Error).message);
  }
  return { path, mode, ...header.result(), steps: steps.result() };
}

/** Lines without comments; one that ends in `{{{` goes on to the line that begins with `}}}`. */
function* logicalLines(source: string): Generator<Line> {
  const lines = source.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    let text = lines[index]!;
    const number = index + 1;
    if (text.trim() === "" || text.startsWith("#")) continue;
    while (/\{\{\{\+?$/.test(text) && index + 1 < lines.length) {
      let data = "";
      for (index++; !(lines[index] ?? "}}}").startsWith("}}}"); index++) {
        data += lines[index] + "\r\n";
      }
      text += data + (lines[index] ?? "");
    }
    yield { number, text };
  }
}

/** `\xHH` is that byte. */
function unescape(text: string): string {
  return text.replace(
    /\\x([0-9a-fA-F]{2})/g,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

interface Block {
  connection: number;
  line: number;
  responses: Expected[];
  never: string[];
  open: boolean;
  closed: boolean;
}

/** Gathers what a connection is to hear until its next tagged response into one step. */
class StepParser {
  readonly #steps: Step[] = [];
  #block: Block | undefined;
  /** What must not come, said before the block that it is said of. */
  #never = new Map<number, string[]>();

  get started(): boolean {
    return this.#steps.length > 0 || this.#block !== undefined;
  }

  add(connection: number, kind: string, text: string, line: number): void {
    if (kind === "!") {
      const open = this.#block?.connection === connection;
      const never = open ? this.#block!.never : this.#never.get(connection);
      if (never === undefined) this.#never.set(connection, [text]);
      else never.push(text);
      return;
    }
    if (kind === "S") return this.#expect(connection, text, line);
    this.#flush();
    if (kind === "-") {
      this.#steps.push({ type: "close", connection, line });
      return;
    }
    const pieces = parsePieces(kind === "C" ? text + "\r\n" : text);
    this.#steps.push({ type: "send", connection, line, pieces });
  }

  result(): Step[] {
    this.#flush();
    return this.#steps;
  }

  #expect(connection: number, text: string, line: number): void {
    if (this.#block?.connection !== connection) this.#flush();
    const block = this.#block ??= {
      connection,
      line,
      responses: [],
      never: this.#never.get(connection) ?? [],
      open: false,
      closed: false,
    };
    this.#never.delete(connection);
    if (text === "...") block.open = true;
    else if (text === "-") {
      block.closed = true;
      this.#flush();
    } else {
      const pattern = parseResponse(text, true);
      block.responses.push({ line, text, pattern });
      if (isLast(pattern)) this.#flush();
    }
  }

  #flush(): void {
    if (this.#block !== undefined) {
      this.#steps.push({ type: "expect", ...this.#block });
    }
    this.#block = undefined;
  }
}

function isLast(pattern: Expected["pattern"]): boolean {
  return pattern.type === "continuation" ||
    (pattern.type === "status" && pattern.tag !== "*");
}

/** Splits what a client says at its `{{{literals}}}`. */
function parsePieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  for (;;) {
    const open = /(~?)\{\{\{(\+?)/.exec(rest);
    if (open === null) break;
    const start = open.index + open[0].length;
    const end = rest.indexOf("}}}", start);
    if (end < 0) throw new Error("{{{ without }}}");
    pieces.push({ type: "text", text: rest.slice(0, open.index) }, {
      type: "literal",
      text: rest.slice(start, end),
      synchronizing: open[2] === "",
      binary: open[1] !== "",
    });
    rest = rest.slice(end + 3);
  }
  return [...pieces, { type: "text", text: rest }];
}
