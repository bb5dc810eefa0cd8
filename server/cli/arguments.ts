/**
 * The arguments of a command: which options there are, and how they are read.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** An option of a command. */
export interface CliOption {
  /** Its name, without the two dashes. */
  readonly name: string;
  /** What stands for its value in the help; none for a flag. */
  readonly placeholder?: string;
  /** What it does, a phrase. */
  readonly help: string;
  /** Whether it may be there several times. */
  readonly repeatable?: boolean;
}

/** A command. */
export interface CliCommand {
  /** Its name. */
  readonly name: string;
  /** What it does, a phrase. */
  readonly summary: string;
  /** How it is called, a line each, without `imapd`. */
  readonly usage: readonly string[];
  /** More about it, paragraphs. */
  readonly about: readonly string[];
  /** Its options. */
  readonly options: readonly CliOption[];
  /** Whether it opens a Deno KV database. */
  readonly needsKv: boolean;
  /** Whether it reads standard input. */
  readonly readsInput: boolean;
  /** Runs it; returns the exit status. */
  run(args: Arguments): Promise<number>;
}

/** The arguments that a command was called with. */
export interface Arguments {
  /** All of them, as they were given. */
  readonly all: readonly string[];
  /** What is not an option. */
  readonly operands: readonly string[];
  /** The value of an option, the last one. */
  text(name: string): string | undefined;
  /** All values of an option. */
  texts(name: string): readonly string[];
  /** Whether a flag is there. */
  flag(name: string): boolean;
}

/** The command was called in a way that it cannot be: exit status 2. */
export class UsageError extends Error {}

/** A command failed for a reason that its message tells in full: exit status 1. */
export class CommandError extends Error {}

/**
 * Reads the arguments of a command.
 * @throws {UsageError} for an unknown option, or one that lacks a value or has one too many
 */
export function readArguments(
  args: readonly string[],
  options: readonly CliOption[],
): Arguments {
  const valued = options.filter(({ placeholder }) => placeholder !== undefined);
  const flags = options.filter(({ placeholder }) => placeholder === undefined);
  const known = new Set(options.map(({ name }) => name));
  const parsed = parseArgs(args, {
    string: [...valued.map(({ name }) => name), "_"],
    boolean: flags.map(({ name }) => name),
    collect: valued.map(({ name }) => name),
    unknown: (arg: string) => {
      if (!arg.startsWith("-") || arg === "-") return true;
      throw new UsageError(unknownOption(arg, known));
    },
  });
  const given = new Map(
    valued.map(({ name }) => [name, (parsed[name] ?? []) as string[]]),
  );
  for (const { name, repeatable } of valued) {
    const values = given.get(name)!;
    if (values.includes("")) throw new UsageError(`--${name} needs a value`);
    if (values.length > 1 && repeatable !== true) {
      throw new UsageError(`--${name} is there twice`);
    }
  }
  for (const arg of args) {
    if (arg === "--") break;
    const [name, value] = arg.split("=");
    const flag = flags.find((flag) => `--${flag.name}` === name);
    if (flag !== undefined && value !== undefined) {
      throw new UsageError(`${name} takes no value`);
    }
  }
  return {
    all: args,
    operands: parsed._.map(String),
    text: (name) => given.get(name)?.at(-1),
    texts: (name) => given.get(name) ?? [],
    flag: (name) => parsed[name] === true,
  };
}

/**
 * The first operand of a command that has several actions.
 * @throws {UsageError} when it is none of them
 */
export function actionOf(
  command: string,
  { operands }: Arguments,
  actions: readonly string[],
): string {
  const [action] = operands;
  if (action === undefined) {
    throw new UsageError(`${command} needs one of ${actions.join(" ")}`);
  }
  if (actions.includes(action)) return action;
  const near = nearest(action, actions);
  const hint = near === undefined ? "" : `; did you mean ${command} ${near}?`;
  throw new UsageError(`There is no ${command} ${action}${hint}`);
}

function unknownOption(arg: string, known: ReadonlySet<string>): string {
  const name = arg.replace(/^-+/, "").replace(/=.*$/s, "");
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean --${near}?`;
  return `There is no option ${arg.replace(/=.*$/s, "")}${hint}`;
}

/** The word that is at most two letters away from another, or that it begins. */
export function nearest(
  word: string,
  words: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of words) {
    const far = word.length > 2 && candidate.startsWith(word)
      ? 1
      : distance(word.slice(0, 40), candidate);
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

/** How many letters have to be put in, taken out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
