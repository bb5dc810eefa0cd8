/**
 * Reads a script for a replay.
 *
 * @module
 */

import { bytesOf } from "./responses/bytes.ts";
import type { WirePieces } from "./wire_scanner.ts";

/** A step of a conversation. */
export type ReplayStep =
  /** The client is to say this: a line with its literals as `{{{text}}}`. */
  | { readonly type: "client"; readonly text: string; readonly line: number }
  /** The server says this. */
  | {
    readonly type: "server";
    readonly pieces: readonly ReplayPiece[];
    readonly line: number;
  }
  /** One side ends the connection. */
  | { readonly type: "end"; readonly by: "C" | "S"; readonly line: number };

/** A text, or the data of a literal. Both are binary strings. */
export interface ReplayPiece {
  readonly literal: boolean;
  readonly text: string;
}

const STEP = /^(\d+)(C|S|!|>|-):(?: (.*))?$/s;

/**
 * Reads a script: what is to happen on each of its connections, in the order of their numbers. Lines of a
 * header, comments, and what must not be said are passed over.
 * @throws {SyntaxError} for what cannot be replayed; it names the line
 */
export function readScript(script: string): ReplayStep[][] {
  const connections = new Map<number, ReplayStep[]>();
  for (const { text, line } of logicalLines(script)) {
    const [, number, kind, said = ""] = STEP.exec(text) ?? [];
    if (number === undefined || kind === "!") continue;
    const steps = connections.get(Number(number)) ?? [];
    connections.set(Number(number), steps);
    if (kind === ">") {
      throw new SyntaxError(`Line ${line}: half a line cannot be replayed`);
    }
    if (kind === "-") steps.push({ type: "end", by: "C", line });
    else if (kind === "C") {
      steps.push({ type: "client", text: flat(piecesOf(said, line)), line });
    } else if (said === "-") steps.push({ type: "end", by: "S", line });
    else if (said !== "...") {
      steps.push({ type: "server", pieces: serverPieces(said, line), line });
    }
  }
  return [...connections].sort(([a], [b]) => a - b).map(([, steps]) => steps);
}

/** A line that came, in the form in which a script's are compared. */
export function flatLine(pieces: Readonly<WirePieces>): string {
  return flat(
    pieces.map((piece) =>
      typeof piece === "string"
        ? { literal: false, text: piece }
        : { literal: true, text: piece.data }
    ),
  );
}

function flat(pieces: readonly ReplayPiece[]): string {
  return pieces.map(({ literal, text }) => literal ? `{{{${text}}}}` : text)
    .join("");
}

/** Lines; one that ends in `{{{` goes on to the line that begins with `}}}`. */
function* logicalLines(
  script: string,
): Generator<{ text: string; line: number }> {
  const lines = script.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let text = lines[index]!;
    if (text.startsWith("#")) continue;
    while (/\{\{\{\+?$/.test(text) && index + 1 < lines.length) {
      for (index++; !(lines[index] ?? "}}}").startsWith("}}}"); index++) {
        text += lines[index] + "\r\n";
      }
      text += lines[index] ?? "";
    }
    yield { text, line };
  }
}

/** Texts and literals in turn. */
function piecesOf(said: string, line: number): ReplayPiece[] {
  const pieces: ReplayPiece[] = [];
  let rest = said;
  for (;;) {
    const open = /~?\{\{\{\+?/.exec(rest);
    if (open === null) break;
    const start = open.index + open[0].length;
    const end = rest.indexOf("}}}", start);
    if (end < 0) throw new SyntaxError(`Line ${line}: {{{ without }}}`);
    pieces.push(
      { literal: false, text: binary(rest.slice(0, open.index)) },
      { literal: true, text: binary(rest.slice(start, end)) },
    );
    rest = rest.slice(end + 3);
  }
  return [...pieces, { literal: false, text: binary(rest) }];
}

function serverPieces(said: string, line: number): ReplayPiece[] {
  const pieces = piecesOf(said, line);
  // What a test leaves open is not enough to go by.
  if (/(^\S+ \S+.*)[( ](?:\.\.\.|\*)(?=[ )\]]|$)/.test(pieces[0]!.text)) {
    throw new SyntaxError(`Line ${line}: "..." and "*" cannot be replayed`);
  }
  if (pieces.length > 1) return pieces;
  return [{ literal: false, text: statusText(pieces[0]!.text) }];
}

/** A status response has a text (RFC 9051 § 7.1), which stands in quotes in a script, or is left out. */
function statusText(text: string): string {
  const [, status, code = "", said = "OK"] =
    /^(\S+ (?:OK|NO|BAD|BYE|PREAUTH))(?:\|[A-Z|]+)?( \[.*\])?(?: "(.*)")?$/s
      .exec(text) ?? [];
  return status === undefined ? text : `${status}${code} ${said}`;
}

/** The bytes of a text in UTF-8, `\xHH` made that byte, one character a byte. */
function binary(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) {
    bytes += String.fromCharCode(byte);
  }
  return bytes.replace(
    /\\x([0-9a-f]{2})/gi,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

/** What goes over the wire. */
export function wireBytes(
  pieces: readonly ReplayPiece[],
  fill: (text: string) => string,
): Uint8Array {
  const text = pieces.map(({ literal, text }) =>
    literal ? `{${text.length}}\r\n${text}` : fill(text)
  ).join("");
  return bytesOf(text + "\r\n");
}
