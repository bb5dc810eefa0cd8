/**
 * `imapd user`: the users that the database keeps.
 *
 * @module
 */

import { hasScramRecord } from "../scram_record.ts";
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
import { newPassword } from "./new_password.ts";
import { print, printable } from "./terminal.ts";
import { userName } from "./user_name.ts";
import {
  forgetOtp,
  OTP_ABOUT,
  OTP_OPTIONS,
  OTP_USAGE,
  runOtp,
} from "./user_otp.ts";
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
  "otp",
];

/** See the module's text. */
export const userCommand: CliCommand = {
  name: "user",
  summary: "add, list, change and remove users",
  usage: [
    "user add NAME [--scram] [OPTIONS]",
    "user passwd NAME [--scram | --no-scram] [OPTIONS]",
    "user list [--json] [OPTIONS]",
    "user disable|enable NAME [OPTIONS]",
    "user remove NAME [--mailboxes] [OPTIONS]",
    ...TOKEN_USAGE,
    ...OTP_USAGE,
  ],
  about: [
    "A password is asked for on a terminal. Elsewhere, and with --generate, one is made and " +
    "printed. Passwords are kept as argon2id hashes.",
    "With --scram, or where the configuration has sasl: { scramRecords: true }, what SCRAM-SHA-256 needs is " +
    "kept too: it cannot be logged in by, but the password is guessed by it more easily. A new password " +
    "keeps what the one before had. When all users have it, SCRAM-SHA-256 is offered.",
    "A user who is removed keeps the mailboxes unless --mailboxes is there.",
    ...TOKEN_ABOUT,
    ...OTP_ABOUT,
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    {
      name: "password-stdin",
      help: "read the password from standard input, the first line of it",
    },
    { name: "generate", help: "make a password and print it" },
    { name: "scram", help: "keep what SCRAM-SHA-256 needs of the password" },
    { name: "no-scram", help: "keep no such thing, and forget what is there" },
    { name: "mailboxes", help: "remove the user's mailboxes too" },
    { name: "json", help: "print JSON" },
    ...TOKEN_OPTIONS,
    ...OTP_OPTIONS,
  ],
  needsKv: true,
  readsInput: true,
  run,
};

async function run(args: Arguments): Promise<number> {
  const action = actionOf("user", args, ACTIONS);
  if (action === "token") return await runToken(args);
  if (action === "otp") return await runOtp(args);
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
    await forgetOtp(name, database.storage.otp);
    if (args.flag("mailboxes")) await database.storage.deleteAccount(name);
    return 0;
  }
  if (action === "disable" || action === "enable") {
    await users.set({ ...there!, disabled: action === "disable" });
    return 0;
  }
  const withScram = wantsScram(args) ??
    (there === undefined || !hasScramRecord(there)
      ? config.sasl?.scramRecords ?? false
      : true);
  const { records, generated } = await newPassword(
    name,
    args,
    config,
    withScram,
  );
  await users.set({
    name,
    ...records,
    disabled: there?.disabled ?? false,
    created: there?.created ?? Date.now(),
  });
  if (generated !== undefined) print(`password: ${generated}`);
  return 0;
}

/** Whether SCRAM is asked for or against; undefined where nothing is said. */
function wantsScram(args: Arguments): boolean | undefined {
  const [wanted, unwanted] = [args.flag("scram"), args.flag("no-scram")];
  if (wanted && unwanted) {
    throw new UsageError("--scram and --no-scram contradict each other");
  }
  return wanted ? true : unwanted ? false : undefined;
}

async function list(database: Database, json: boolean): Promise<number> {
  const users = [];
  for await (const user of database.storage.users.list()) users.push(user);
  users.sort((a, b) => a.name < b.name ? -1 : 1);
  if (json) {
    print(JSON.stringify(users.map((user) => ({
      name: user.name,
      disabled: user.disabled,
      scram: hasScramRecord(user),
      created: new Date(user.created).toISOString(),
    }))));
    return 0;
  }
  for (const { name, disabled } of users) {
    print(printable(name) + (disabled ? "  (disabled)" : ""));
  }
  return 0;
}
