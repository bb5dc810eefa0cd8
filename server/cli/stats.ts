/**
 * `imapd stats`: how much there is, of whom.
 *
 * @module
 */

import type { Storage } from "../../storage/storage.ts";
import { isDatabaseFile } from "../config.ts";
import { type Arguments, type CliCommand, UsageError } from "./arguments.ts";
import { DATABASE_OPTIONS, databaseConfig, openDatabase } from "./database.ts";
import { print, printable } from "./terminal.ts";

/** What one account has, or all of them together. */
interface Counts {
  mailboxes: number;
  messages: number;
  unseen: number;
  /** Messages that are marked `\Deleted` and wait to be expunged. */
  deleted: number;
  /** The sizes of all messages added up, in bytes. */
  size: number;
}

/** See the module's text. */
export const statsCommand: CliCommand = {
  name: "stats",
  summary: "tell how many accounts, mailboxes and messages there are",
  usage: ["stats [--top N] [--json] [OPTIONS]"],
  about: [
    "Prints the sums of all accounts, how large the database is, and the accounts with the most " +
    "bytes. A message that several mailboxes share counts in each of them.",
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "top", placeholder: "N", help: "so many accounts (default: 10)" },
    { name: "json", help: "print JSON, with all accounts" },
  ],
  needsKv: true,
  readsInput: false,
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(`stats takes no operand ${args.operands[0]}`);
  }
  const top = Number(args.text("top") ?? 10);
  if (!Number.isSafeInteger(top) || top < 0) {
    throw new UsageError("--top needs a number");
  }
  const config = await databaseConfig(args);
  await using database = await openDatabase(config);
  const accounts = await countAccounts(database.storage);
  const users = await count(database.storage.users.list());
  const total = nothing();
  for (const { counts } of accounts) add(total, counts);
  const file = isDatabaseFile(database.path)
    ? await fileSize(database.path) + await database.storage.filesSize()
    : undefined;
  if (args.flag("json")) {
    const database = file === undefined ? {} : { databaseSize: file };
    const all = accounts.map(({ user, counts }) => ({ user, ...counts }));
    print(JSON.stringify({ users, ...total, ...database, accounts: all }));
    return 0;
  }
  print(`users      ${users}`);
  print(`accounts   ${accounts.length}`);
  print(`mailboxes  ${total.mailboxes}`);
  print(
    `messages   ${total.messages}, of these ${total.unseen} unseen and ` +
      `${total.deleted} deleted`,
  );
  print(`bytes      ${total.size}`);
  if (file !== undefined) print(`database   ${file}`);
  for (const { user, counts } of accounts.slice(0, top)) {
    print(
      `${printable(user)}: ${counts.messages} messages in ` +
        `${counts.mailboxes} mailboxes, ${counts.size} bytes`,
    );
  }
  return 0;
}

/** What each account has, the largest first. */
async function countAccounts(
  storage: Storage,
): Promise<{ user: string; counts: Counts }[]> {
  const accounts: { user: string; counts: Counts }[] = [];
  for await (const user of storage.accounts()) {
    const account = await storage.openAccount(user);
    try {
      const names = (await account.mailboxes())
        .filter(({ id }) => id !== undefined).map(({ name }) => name);
      const counts = nothing();
      for (const status of await account.status(names)) {
        if (status !== undefined) add(counts, { ...status, mailboxes: 1 });
      }
      accounts.push({ user, counts });
    } finally {
      account.close();
    }
  }
  return accounts.sort((a, b) => b.counts.size - a.counts.size);
}

function nothing(): Counts {
  return { mailboxes: 0, messages: 0, unseen: 0, deleted: 0, size: 0 };
}

function add(sum: Counts, counts: Counts): void {
  for (const key of Object.keys(sum) as (keyof Counts)[]) {
    sum[key] += counts[key];
  }
}

/** How large a database is with its journal, which holds what was written last. */
async function fileSize(path: string): Promise<number> {
  const { size } = await Deno.stat(path);
  try {
    return size + (await Deno.stat(`${path}-wal`)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return size;
    throw error;
  }
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let number = 0;
  for await (const _ of items) number++;
  return number;
}
