/**
 * Does a line announce a literal?
 *
 * @module
 */

/** What a literal header says. */
export interface LiteralSize {
  /** How many bytes follow the line. */
  readonly size: number;
  /** Whether the client sends them without being asked to (RFC 7888). */
  readonly nonSync: boolean;
  /** Whether it is a literal8, which may hold NUL (RFC 3516 § 4.4). */
  readonly binary: boolean;
}

const PLUS = 0x2b;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const TILDE = 0x7e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads the literal header at the end of a line, `{n}`, `{n+}`, `~{n}` or `~{n+}`.
 *
 * A synchronizing header that is malformed, too large or inside a quoted string is none: the client waits
 * for a continuation that never comes, and the line ends the command. A non-synchronizing one is binding
 * wherever the line ends with it (RFC 7888 § 3), because the data is on its way; when nobody can tell how
 * much that is, the answer is `"unknown"`, and where the next command begins cannot be known.
 *
 * @param line bytes that hold the line
 * @param from where the line begins
 * @param to where it ends, without CRLF
 */
export function literalHeader(
  line: Uint8Array,
  from: number,
  to: number,
): LiteralSize | "unknown" | undefined {
  let at = to - 1;
  if (at < from || line[at] !== CLOSE) return undefined;
  at--;
  const nonSync = at >= from && line[at] === PLUS;
  if (nonSync) at--;
  const digitsEnd = at + 1;
  while (at >= from && isDigit(line[at]!)) at--;
  const digits = at + 1;
  if (at < from || line[at] !== OPEN || digits === digitsEnd) {
    return nonSync && announces(line, from, digitsEnd) ? "unknown" : undefined;
  }
  const size = readSize(line, digits, digitsEnd);
  if (nonSync) {
    if (size === undefined) return "unknown";
  } else if (size === undefined || endsInQuotes(line, from, at)) {
    return undefined;
  }
  return { size, nonSync, binary: at > from && line[at - 1] === TILDE };
}

/** The size, or undefined with a leading zero or above 2^53, where numbers would no longer be exact. */
function readSize(
  line: Uint8Array,
  from: number,
  to: number,
): number | undefined {
  if (to - from > 1 && line[from] === 0x30) return undefined;
  let size = 0;
  for (let at = from; at < to; at++) {
    size = size * 10 + (line[at]! - 0x30);
    if (size > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return size;
}

/** Whether what is before `+}` is a brace and then something like a number: `{-1`, `{1 `, `{0x10`. */
function announces(line: Uint8Array, from: number, to: number): boolean {
  let digits = false;
  for (let at = to - 1; at >= from && line[at] !== QUOTE; at--) {
    if (line[at] === OPEN) return digits;
    digits ||= isDigit(line[at]!);
  }
  return false;
}

/** Whether a quoted string is open at the end; none is at the start, since none spans lines. */
function endsInQuotes(line: Uint8Array, from: number, to: number): boolean {
  let quoted = false;
  for (let at = from; at < to; at++) {
    const byte = line[at]!;
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === BACKSLASH && quoted) at++;
  }
  return quoted;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
