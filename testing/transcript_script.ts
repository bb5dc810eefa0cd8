/**
 * Writes a conversation as a script.
 *
 * The notation: `1C: text` is a line of the client on connection 1, `1S: text` one of the server, `1S: -` and
 * `1-:` the end of the connection by server and client. A literal is `{{{text}}}`, `{{{+text}}}` where it did
 * not wait, `~{{{text}}}` a literal8. With `{{{` at the end of a line its data are the lines up to one that
 * begins with `}}}`. `\x0d` is that byte. The text of a status response stands in quotes.
 *
 * @module
 */

import { bytesOf } from "./responses/bytes.ts";
import type { Transcript, TranscriptLine } from "./transcript.ts";
import type { WireLiteral } from "./wire_scanner.ts";

/** Options of `toScript`. */
export interface ScriptOptions {
  /** Whether passwords are written; otherwise `***`, which stands for anything in a replay. Default false. */
  readonly secrets?: boolean;
  /**
   * Whether what differs from server to server is left open: texts for people, capabilities, UIDVALIDITY. It
   * makes a test of the same conversation with another server, but no replay. Default false.
   */
  readonly loose?: boolean;
}

/** See the module's text. */
export function writeScript(
  { lines, connections }: Pick<Transcript, "lines" | "connections">,
  options: ScriptOptions,
): string {
  const loose = options.loose ? looseWriter() : (text: string) => text;
  const script: string[] = [];
  const last = new Map(lines.map((line) => [line.connection, line]));
  for (const line of lines) {
    if (!line.asked) {
      const text = written(line, options.secrets ?? false);
      const shown = line.from === "S" ? loose(statusQuoted(text)) : text;
      script.push(`${line.connection}${line.from}: ${shown}`);
    }
    if (last.get(line.connection) !== line) continue;
    const { endedBy, number } = connections[line.connection - 1]!;
    if (endedBy === "C") script.push(`${number}-:`);
    if (endedBy === "S") script.push(`${number}S: -`);
  }
  return script.map((line) => line + "\n").join("");
}

function written(line: TranscriptLine, secrets: boolean): string {
  if (line.masked !== undefined && !secrets) return line.masked;
  return line.pieces.map((piece) =>
    typeof piece === "string"
      ? escaped(piece)
      : literal(piece, line.from === "C")
  ).join("");
}

function literal(piece: WireLiteral, client: boolean): string {
  const { data, nonSync, binary } = piece;
  const open = `${binary && client ? "~" : ""}{{{${nonSync ? "+" : ""}`;
  const inLines = data.endsWith("\r\n") &&
    !/[\r\n]/.test(data.replaceAll("\r\n", ""));
  return inLines
    ? `${open}\n${escaped(data.replaceAll("\r\n", "\n"), true)}}}}`
    : `${open}${escaped(data)}}}}`;
}

/** A binary string as text: UTF-8 where it is some, else bytes that are no ASCII as `\xHH`. */
function escaped(binary: string, lines = false): string {
  const text = binary.replace(/\\(?=x[0-9a-f]{2})/gi, "\\x5c")
    .replace(/\}(?=\}\})/g, "\\x7d");
  try {
    return controls(new TextDecoder("utf-8", FATAL).decode(bytesOf(text)));
  } catch {
    return controls(text.replace(/[\x80-\xff]/g, hex));
  }

  function controls(text: string): string {
    // deno-lint-ignore no-control-regex -- escaping them is the purpose
    const bare = lines ? /[\x00-\x09\x0b-\x1f\x7f]/g : /[\x00-\x1f\x7f]/g;
    return text.replace(bare, hex);
  }
}

const FATAL = { fatal: true, ignoreBOM: true };

function hex(char: string): string {
  return "\\x" + char.charCodeAt(0).toString(16).padStart(2, "0");
}

/** `a OK [CODE] text` with its text in quotes. */
function statusQuoted(text: string): string {
  const status =
    /^(\S+ (?:OK|NO|BAD|BYE|PREAUTH)(?: \[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])?) (.+)$/s
      .exec(text);
  return status === null ? text : `${status[1]} "${status[2]}"`;
}

/** Leaves open in responses what differs from server to server; the same UIDVALIDITY stays the same. */
function looseWriter(): (text: string) => string {
  const known = new Map<string, string>();
  const capture = (_: string, head: string, number: string) => {
    if (!known.has(number)) known.set(number, `$v${known.size + 1}`);
    return `${head}${known.get(number)}`;
  };
  return (text) => {
    const [, status, rest] = /^(\S+ (?:OK|NO|BAD|BYE|PREAUTH)\b)(.*)$/s
      .exec(text) ?? [];
    const bare = status === undefined
      ? text.replace(/^(\* CAPABILITY ).*$/s, "$1...")
      : status + rest!.replace(/ ".*"$/s, "")
        .replace(/(\[CAPABILITY )[^\]]*/, "$1...");
    return bare.replace(
      /(\[(?:UIDVALIDITY|APPENDUID|COPYUID) |^\* STATUS .*\bUIDVALIDITY )(\d+)/,
      capture,
    );
  };
}
