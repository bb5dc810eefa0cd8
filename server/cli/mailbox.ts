/**
 * `imapd mailbox`: the mailboxes of a user.
 *
 * @module
 */

import type { Account } from "../../storage/storage.ts";
import {
  canonicalName,
  isMailboxName,
} from "../../protocol/wire/mailbox_name.ts";
import {
  actionOf,
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { DATABASE_OPTIONS, databaseConfig, openDatabase } from "./database.ts";
import { print, printable } from "./terminal.ts";
import { userName } from "./user_name.ts";

const ACTIONS = ["list", "create", "delete", "stat"];

/** See the module's text. */
export const mailboxCommand: CliCommand = {
  name: "mailbox",
  summary: "list, create and delete mailboxes, and tell what is in them",
  usage: [
    "mailbox list --user U [--json] [OPTIONS]",
    "mailbox create|delete NAME --user U [OPTIONS]",
    "mailbox stat [NAME] --user U [--json] [OPTIONS]",
  ],
  about: [
    "Names are full and in Unicode, their levels joined by the hierarchy delimiter. stat without a " +
    "name tells of all mailboxes.",
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "user", placeholder: "U", help: "whose mailboxes" },
    { name: "json", help: "print JSON" },
  ],
  needsKv: true,
  readsInput: false,
  run,
};

async function run(args: Arguments): Promise<number> {
  const action = actionOf("mailbox", args, ACTIONS);
  const rest = args.operands.slice(1);
  const user = args.text("user");
  if (user === undefined) {
    throw new UsageError(`mailbox ${action} needs --user`);
  }
  const takes = action === "list" ? [0] : action === "stat" ? [0, 1] : [1];
  if (!takes.includes(rest.length)) {
    throw new UsageError(
      takes.includes(1)
        ? `mailbox ${action} needs one name`
        : `mailbox ${action} takes no name`,
    );
  }
  const config = await databaseConfig(args);
  const name = userName(user, config);
  await using database = await openDatabase(config);
  const { storage } = database;
  if (!await hasAccount(storage.accounts(), name) && action !== "create") {
    throw new CommandError(`${printable(name)} has no mailboxes`);
  }
  const account = await storage.openAccount(name);
  try {
    return await act(account, action, rest[0], {
      delimiter: storage.hierarchyDelimiter,
      json: args.flag("json"),
    });
  } finally {
    account.close();
  }
}

async function hasAccount(
  accounts: AsyncIterable<string>,
  name: string,
): Promise<boolean> {
  for await (const account of accounts) if (account === name) return true;
  return false;
}

async function act(
  account: Account,
  action: string,
  operand: string | undefined,
  { delimiter, json }: { delimiter: string; json: boolean },
): Promise<number> {
  if (action === "list") {
    const mailboxes = await account.mailboxes();
    if (json) {
      print(JSON.stringify(mailboxes.map((mailbox) => ({
        name: mailbox.name,
        exists: mailbox.id !== undefined,
        subscribed: mailbox.subscribed,
        specialUse: mailbox.specialUse,
      }))));
    } else for (const { name } of mailboxes) print(printable(name));
    return 0;
  }
  const name = operand === undefined
    ? undefined
    : mailboxName(operand, delimiter);
  if (action === "create") await account.createMailbox(name!);
  else if (action === "delete") await account.deleteMailbox(name!);
  else await stat(account, name, json);
  return 0;
}

/** A name from the command line as storages have it. @throws {UsageError} when it cannot be one */
export function mailboxName(given: string, delimiter: string): string {
  const name = canonicalName(given, delimiter);
  if (!isMailboxName(name)) {
    throw new UsageError(`"${printable(given)}" cannot be a mailbox name`);
  }
  return name;
}

async function stat(
  account: Account,
  name: string | undefined,
  json: boolean,
): Promise<void> {
  const names = name !== undefined
    ? [name]
    : (await account.mailboxes()).filter(({ id }) => id !== undefined)
      .map((mailbox) => mailbox.name);
  const all = await account.status(names);
  const found = names.flatMap((name, index) => {
    const status = all[index];
    return status === undefined ? [] : [{ name, ...status }];
  });
  if (name !== undefined && found.length === 0) {
    throw new CommandError(`There is no mailbox ${printable(name)}`);
  }
  if (json) return print(JSON.stringify(found));
  for (const mailbox of found) {
    print(
      `${printable(mailbox.name)}: ${mailbox.messages} messages, ` +
        `${mailbox.unseen} unseen, ${mailbox.size} bytes, ` +
        `UIDNEXT ${mailbox.uidNext}, UIDVALIDITY ${mailbox.uidValidity}, ` +
        `HIGHESTMODSEQ ${mailbox.highestModseq}`,
    );
  }
}
