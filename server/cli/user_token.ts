/**
 * `imapd user token`: further passwords of a user, for a program or a part of the account.
 *
 * @module
 */

import type { UserTokenRecord } from "../../storage/kv/users.ts";
import { StorageError } from "../../storage/model.ts";
import { tryParseName } from "../../storage/names.ts";
import type { Scope } from "../../storage/scope.ts";
import type { Config } from "../config.ts";
import { makeToken } from "../credentials/token.ts";
import { DEFAULTS } from "../options.ts";
import {
  type Arguments,
  type CliOption,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { type Database, databaseConfig, openDatabase } from "./database.ts";
import { knownUsers } from "./known_users.ts";
import { print, printable } from "./terminal.ts";
import { userName } from "./user_name.ts";

/** How it is called. */
export const TOKEN_USAGE: readonly string[] = [
  "user token add NAME [--label L] [--expires 30d] [--read-only | --append-only] [--mailbox M]... " +
  "[OPTIONS]",
  "user token list NAME [--json] [OPTIONS]",
  "user token remove NAME ID [OPTIONS]",
];

/** What is to be said about it. */
export const TOKEN_ABOUT: readonly string[] = [
  "A token is a password that is made for one program, and shown once. It opens all of the account, " +
  "or the part that the options leave. To take it away ends its sessions.",
];

/** Its options. */
export const TOKEN_OPTIONS: readonly CliOption[] = [
  {
    name: "label",
    placeholder: "TEXT",
    help: "token: what it is called in the list",
  },
  {
    name: "expires",
    placeholder: "TIME",
    help: "token: when it ends, 12h, 30d, 8w or 2030-01-31 (default: never)",
  },
  { name: "read-only", help: "token: nothing can be changed by it" },
  { name: "append-only", help: "token: messages can be added, nothing read" },
  {
    name: "mailbox",
    placeholder: "NAME",
    help: "token: a mailbox that there is by it; may be there several times " +
      "(default: all)",
    repeatable: true,
  },
];

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A label has so many characters at the most. */
const MAX_LABEL = 200;
/** A token is for so many mailboxes at the most. */
const MAX_MAILBOXES = 100;

/** Runs it; returns the exit status. */
export async function runToken(args: Arguments): Promise<number> {
  const [, action, given, id] = args.operands;
  if (action === undefined || !["add", "list", "remove"].includes(action)) {
    throw new UsageError("user token needs one of add list remove");
  }
  const wanted = action === "remove" ? 4 : 3;
  if (given === undefined || args.operands.length !== wanted) {
    const what = action === "remove" ? "a name and an ID" : "one name";
    throw new UsageError(`user token ${action} needs ${what}`);
  }
  const config = await databaseConfig(args);
  const name = userName(given, config);
  const token = action === "add" ? newToken(args, config) : undefined;
  await using database = await openDatabase(config);
  const { users } = database.storage;
  if (action === "list") return await list(database, name, args.flag("json"));
  if (token !== undefined) {
    if (await (await knownUsers(config, users)).get(name) === undefined) {
      throw new CommandError(`There is no user ${printable(name)}`);
    }
    await add(database, name, token.record);
    print(`token: ${token.token}`);
    print(`id: ${token.record.id}`);
    return 0;
  }
  if (await users.removeToken(name, id!)) return 0;
  throw new CommandError(
    `User ${printable(name)} has no token ${printable(id!)}`,
  );
}

function newToken(
  args: Arguments,
  config: Config,
): { token: string; record: UserTokenRecord } {
  const { token, id, hash } = makeToken();
  const label = args.text("label") ?? "";
  if (label.length > MAX_LABEL) throw new UsageError("--label is too long");
  const created = Date.now();
  const given = args.text("expires");
  const expires = given === undefined ? undefined : timeOf(given, created);
  const scope = scopeOf(args, config);
  return {
    token,
    record: {
      ...{ id, hash, label, created },
      ...(expires === undefined ? {} : { expires }),
      ...(scope === undefined ? {} : { scope }),
    },
  };
}

/** A time from now on, or the beginning of a day (UTC). */
function timeOf(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const time = unit !== undefined
    ? now + Number(count) * UNITS[unit]!
    : /^\d{4}-\d\d-\d\d$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (time > now) return time;
  throw new UsageError(
    "--expires needs a time to come, such as 12h, 30d, 8w or 2030-01-31",
  );
}

function scopeOf(args: Arguments, config: Config): Scope | undefined {
  const readOnly = args.flag("read-only");
  const appendOnly = args.flag("append-only");
  if (readOnly && appendOnly) {
    throw new UsageError("--read-only and --append-only leave nothing to do");
  }
  const delimiter = config.hierarchyDelimiter ?? DEFAULTS.hierarchyDelimiter;
  const mailboxes = args.texts("mailbox").map((given) => {
    const name = tryParseName(given, delimiter)?.join(delimiter);
    if (name !== undefined) return name;
    throw new UsageError(`"${printable(given)}" cannot be a mailbox`);
  });
  if (mailboxes.length > MAX_MAILBOXES) {
    throw new UsageError("--mailbox is there too often");
  }
  if (!readOnly && !appendOnly && mailboxes.length === 0) return undefined;
  return {
    ...(readOnly ? { readOnly } : {}),
    ...(appendOnly ? { appendOnly } : {}),
    ...(mailboxes.length > 0 ? { mailboxes } : {}),
  };
}

async function add(
  database: Database,
  name: string,
  record: UserTokenRecord,
): Promise<void> {
  try {
    await database.storage.users.addToken(name, record);
  } catch (error) {
    if (error instanceof StorageError) throw new CommandError(error.message);
    throw error;
  }
}

async function list(
  database: Database,
  name: string,
  json: boolean,
): Promise<number> {
  const tokens = [...await database.storage.users.tokens(name)]
    .sort((a, b) => a.created - b.created);
  if (json) {
    print(JSON.stringify(tokens.map((token) => ({
      id: token.id,
      label: token.label,
      created: dateOf(token.created),
      expires: dateOf(token.expires),
      lastUsed: dateOf(token.lastUsed),
      ...token.scope,
    }))));
    return 0;
  }
  for (const token of tokens) print(describe(token));
  return 0;
}

function describe(token: UserTokenRecord): string {
  const { id, label, expires, lastUsed, scope = {} } = token;
  const day = (time: number) => dateOf(time)!.slice(0, 10);
  const facts = [
    scope.readOnly ? "read-only" : "",
    scope.appendOnly ? "append-only" : "",
    scope.mailboxes === undefined ? "" : scope.mailboxes.join(", "),
    expires === undefined
      ? ""
      : `${expires > Date.now() ? "ends" : "ended"} ${day(expires)}`,
    lastUsed === undefined ? "never used" : `used ${day(lastUsed)}`,
  ].filter((fact) => fact !== "");
  const name = label === "" ? "" : `  ${label}`;
  return printable(`${id}${name}  (${facts.join("; ")})`);
}

function dateOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
