/**
 * `imapd user`: the users that the database keeps.
 *
 * @module
 */

import type { Config } from "../config.ts";
import { passwordCost, PasswordHasher } from "../password.ts";
import { preparePassword } from "../users.ts";
import {
  actionOf,
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import {
  type Database,
  DATABASE_OPTIONS,
  databaseConfig,
  openDatabase,
} from "./database.ts";
import {
  askPassword,
  generatePassword,
  passwordFromInput,
  print,
  printable,
} from "./terminal.ts";
import { userName } from "./user_name.ts";
import {
  runToken,
  TOKEN_ABOUT,
  TOKEN_OPTIONS,
  TOKEN_USAGE,
} from "./user_token.ts";

const ACTIONS = [
  "add",
  "passwd",
  "list",
  "remove",
  "disable",
  "enable",
  "token",
];

/** See the module's text. */
export const userCommand: CliCommand = {
  name: "user",
  summary: "add, list, change and remove users",
  usage: [
    "user add NAME [OPTIONS]",
    "user passwd NAME [OPTIONS]",
    "user list [--json] [OPTIONS]",
    "user disable|enable NAME [OPTIONS]",
    "user remove NAME [--mailboxes] [OPTIONS]",
    ...TOKEN_USAGE,
  ],
  about: [
    "A password is asked for on a terminal. Elsewhere, and with --generate, one is made and " +
    "printed. Passwords are kept as argon2id hashes.",
    "A user who is removed keeps the mailboxes unless --mailboxes is there.",
    ...TOKEN_ABOUT,
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    {
      name: "password-stdin",
      help: "read the password from standard input, the first line of it",
    },
    { name: "generate", help: "make a password and print it" },
    { name: "mailboxes", help: "remove the user's mailboxes too" },
    { name: "json", help: "print JSON" },
    ...TOKEN_OPTIONS,
  ],
  needsKv: true,
  readsInput: true,
  run,
};

async function run(args: Arguments): Promise<number> {
  const action = actionOf("user", args, ACTIONS);
  if (action === "token") return await runToken(args);
  const rest = args.operands.slice(1);
  if (rest.length !== (action === "list" ? 0 : 1)) {
    throw new UsageError(
      action === "list"
        ? "user list takes no name"
        : `user ${action} needs one name`,
    );
  }
  const config = await databaseConfig(args);
  const name = action === "list" ? "" : userName(rest[0]!, config);
  await using database = await openDatabase(config);
  const { users } = database.storage;
  if (action === "list") return await list(database, args.flag("json"));
  const there = await users.get(name);
  if (action === "add" && there !== undefined) {
    throw new CommandError(`User ${printable(name)} is there already`);
  }
  if (action !== "add" && there === undefined) {
    throw new CommandError(`There is no user ${printable(name)}`);
  }
  if (action === "remove") {
    await users.remove(name);
    if (args.flag("mailboxes")) await database.storage.deleteAccount(name);
    return 0;
  }
  if (action === "disable" || action === "enable") {
    await users.set({ ...there!, disabled: action === "disable" });
    return 0;
  }
  const { passwordHash, generated } = await newPassword(name, args, config);
  await users.set({
    name,
    passwordHash,
    disabled: there?.disabled ?? false,
    created: there?.created ?? Date.now(),
  });
  if (generated !== undefined) print(`password: ${generated}`);
  return 0;
}

/** A password from a terminal, from standard input, or made here; hashed. */
export async function newPassword(
  name: string,
  args: Arguments,
  config: Config,
): Promise<{ passwordHash: string; generated?: string }> {
  using hasher = new PasswordHasher({ cost: passwordCost(config) });
  const hash = (password: string) => hasher.hash(preparePassword(password));
  if (args.flag("password-stdin")) {
    return { passwordHash: await hash(await passwordFromInput()) };
  }
  if (!args.flag("generate") && Deno.stdin.isTerminal()) {
    return { passwordHash: await hash(await askPassword(name)) };
  }
  const generated = generatePassword();
  return { passwordHash: await hash(generated), generated };
}

async function list(database: Database, json: boolean): Promise<number> {
  const users = [];
  for await (const user of database.storage.users.list()) users.push(user);
  users.sort((a, b) => a.name < b.name ? -1 : 1);
  if (json) {
    print(JSON.stringify(users.map(({ name, disabled, created }) => ({
      name,
      disabled,
      created: new Date(created).toISOString(),
    }))));
    return 0;
  }
  for (const { name, disabled } of users) {
    print(printable(name) + (disabled ? "  (disabled)" : ""));
  }
  return 0;
}
