/**
 * The command line: finds the command, runs it, and turns what comes of it into an exit status.
 *
 * @module
 */

import { StorageError } from "../storage/model.ts";
import {
  type CliCommand,
  CommandError,
  nearest,
  readArguments,
  UsageError,
} from "./cli/arguments.ts";
import { checkCommand } from "./cli/check.ts";
import { deliverCommand } from "./cli/deliver.ts";
import { exportCommand } from "./cli/export.ts";
import { commandHelp, overview } from "./cli/help.ts";
import { importCommand } from "./cli/import.ts";
import { initCommand } from "./cli/init.ts";
import { mailboxCommand } from "./cli/mailbox.ts";
import { migrateCommand } from "./cli/migrate.ts";
import { endWithParent, isSupervised, restart } from "./cli/restart.ts";
import { serveCommand } from "./cli/serve.ts";
import { statsCommand } from "./cli/stats.ts";
import { print, printError } from "./cli/terminal.ts";
import { userCommand } from "./cli/user.ts";
import { versionCommand } from "./cli/version.ts";
import { ConfigError } from "./config.ts";
import { DatabaseInUse } from "./lock.ts";

const FINE = 0;
const FAILED = 1;
const WRONG_USE = 2;

const helpCommand: CliCommand = {
  name: "help",
  summary: "explain a command",
  usage: ["help [COMMAND]"],
  about: ["Explains a command, or lists all of them."],
  options: [],
  needsKv: false,
  readsInput: false,
  run: ({ operands }) => {
    const [name] = operands;
    print((name === undefined ? overview(COMMANDS) : commandHelp(find(name)))
      .trimEnd());
    return Promise.resolve(FINE);
  },
};

const COMMANDS: readonly CliCommand[] = [
  serveCommand,
  initCommand,
  userCommand,
  mailboxCommand,
  importCommand,
  exportCommand,
  deliverCommand,
  migrateCommand,
  checkCommand,
  statsCommand,
  versionCommand,
  helpCommand,
];

/**
 * Runs the program.
 * @param args the arguments after the program's name
 * @returns the exit status: 0 all went well, 1 something failed, 2 wrong use
 */
export async function main(args: readonly string[]): Promise<number> {
  let command: CliCommand | undefined;
  try {
    const [first] = args;
    if (first === "--version") {
      return await versionCommand.run(readArguments([], []));
    }
    const named = first !== undefined && !first.startsWith("-");
    command = named ? find(first) : serveCommand;
    const rest = named ? args.slice(1) : args;
    if (rest.includes("--help") || rest.includes("-h")) {
      print((named ? commandHelp(command) : overview(COMMANDS)).trimEnd());
      return FINE;
    }
    const parsed = readArguments(rest, command.options);
    if (command.needsKv && Deno.openKv === undefined) {
      const status = await restart(args, command.readsInput);
      if (status !== undefined) return status;
    }
    if (isSupervised()) endWithParent();
    return await command.run(parsed);
  } catch (error) {
    return report(error, command);
  }
}

function find(name: string): CliCommand {
  const command = COMMANDS.find((command) => command.name === name);
  if (command !== undefined) return command;
  const near = nearest(name, COMMANDS.map(({ name }) => name));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw new UsageError(`There is no command ${name}${hint}`);
}

/** Says what went wrong: in one line what the user can do something about, in full what is our fault. */
function report(error: unknown, command: CliCommand | undefined): number {
  if (error instanceof UsageError) {
    const page = command === undefined ? "help" : `help ${command.name}`;
    printError(`imapd: ${error.message}`);
    printError(`Try: imapd ${page}`);
    return WRONG_USE;
  }
  const known = error instanceof CommandError || error instanceof ConfigError ||
    error instanceof DatabaseInUse || error instanceof StorageError ||
    isSystemError(error);
  printError(
    `imapd: ${known ? error.message : Deno.inspect(error, { colors: false })}`,
  );
  return error instanceof ConfigError ? WRONG_USE : FAILED;
}

/** What files and sockets answer; their messages name the file. */
function isSystemError(error: unknown): error is Error {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
