/**
 * Talking to whoever runs a command.
 *
 * @module
 */

import { CommandError } from "./arguments.ts";

const encoder = new TextEncoder();

/** Writes a line to standard output. */
export function print(line: string): void {
  write(Deno.stdout, line + "\n");
}

/** Writes a line to standard error. */
export function printError(line: string): void {
  write(Deno.stderr, line + "\n");
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string) {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    // Whoever read has gone (`imapd user list | head`): there is nobody to tell.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Text without what could move a terminal's cursor or turn its writing around. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`,
  );
}

const CTRL_C = 3;
const CTRL_D = 4;
const CTRL_U = 21;

/** How many bytes a password may have. */
const MAX_PASSWORD = 1_024;

/** Letters and digits that nobody mistakes for others. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/** A random password, 100 bits in five groups of letters and digits. */
export function generatePassword(): string {
  const letters = [...crypto.getRandomValues(new Uint8Array(20))]
    .map((byte) => ALPHABET[byte % ALPHABET.length]);
  return letters.join("").replace(/.{4}(?!$)/g, "$&-");
}

/** The first line of standard input, as a password. @throws {CommandError} when there is none */
export async function passwordFromInput(): Promise<string> {
  const bytes = new Uint8Array(MAX_PASSWORD + 2);
  let length = 0;
  while (length < bytes.length && !bytes.subarray(0, length).includes(10)) {
    const count = await Deno.stdin.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, length));
  return checkPassword(text.replace(/\r?\n[^]*$/, ""));
}

/** Asks for a password on a terminal, twice, without showing it. @throws {CommandError} when they differ */
export async function askPassword(user: string): Promise<string> {
  const first = await readHidden(`Password of ${printable(user)}: `);
  checkPassword(first);
  if (await readHidden("Once more: ") !== first) {
    throw new CommandError("The two passwords differ");
  }
  return first;
}

/** Asks for the password of another server on a terminal, without showing it. */
export async function askSecret(prompt: string): Promise<string> {
  return checkPassword(await readHidden(prompt));
}

function checkPassword(password: string): string {
  if (password === "") throw new CommandError("The password is empty");
  if (encoder.encode(password).length > MAX_PASSWORD) {
    throw new CommandError("The password is too long");
  }
  return password;
}

/** Reads a line from the terminal, byte by byte as it is typed, and shows nothing of it. */
async function readHidden(prompt: string): Promise<string> {
  write(Deno.stderr, prompt);
  Deno.stdin.setRaw(true);
  const typed: number[] = [];
  try {
    const byte = new Uint8Array(1);
    while (typed.length <= MAX_PASSWORD) {
      if (await Deno.stdin.read(byte) === null) break;
      const [code] = byte as unknown as [number];
      if (code === 10 || code === 13 || code === CTRL_D) break;
      // In this mode the terminal makes no signal of it.
      if (code === CTRL_C) throw new CommandError("Interrupted");
      // Backspace takes a character back, with all its bytes.
      if (code === 127 || code === 8) {
        while ((typed.pop() ?? 0) >> 6 === 0b10);
      } else if (code === CTRL_U) typed.length = 0;
      else typed.push(code);
    }
  } finally {
    Deno.stdin.setRaw(false);
    write(Deno.stderr, "\n");
  }
  return new TextDecoder().decode(Uint8Array.from(typed));
}
