/**
 * `imapd export`: mailboxes into files.
 *
 * @module
 */

import type { Account } from "../../storage/storage.ts";
import { compilePattern } from "../../protocol/wire/mailbox_name.ts";
import { type ExportFormat, FORMATS } from "../export/export_file.ts";
import {
  ExportConflict,
  exportMailboxes,
  type ExportOptions,
  type ExportResult,
} from "../export/exporter.ts";
import { hasAccount } from "./account.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { DATABASE_OPTIONS, databaseConfig, openDatabase } from "./database.ts";
import { mailboxName } from "./mailbox.ts";
import { progressBar } from "./progress.ts";
import { print, printable, printError } from "./terminal.ts";
import { userName } from "./user_name.ts";

/** See the module's text. */
export const exportCommand: CliCommand = {
  name: "export",
  summary: "write mailboxes as mbox files, Maildirs or messages",
  usage: [
    "export --user U --format mbox|maildir|eml --to PATH [--mailbox M]... [OPTIONS]",
  ],
  about: [
    "mbox is a file for each mailbox (mboxrd, with Status, X-Status and X-Keywords fields). maildir is " +
    "a Maildir++ with dovecot-keywords; INTERNALDATE is the files' time, and stands in their names " +
    "too, since file systems do not know all dates. eml is a folder for each mailbox with a file for " +
    "each message, byte for byte, and an index.jsonl with UIDs, flags and dates. imapd import PATH " +
    "reads all three back: bytes, flags, keywords and dates are the same.",
    "PATH is a new or empty folder, or one with such an export in it: one that was killed goes on " +
    "where it was, and one that came to its end brings the messages that have come since.",
    "A Maildir has room for 26 keywords a mailbox; what is left out is said.",
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "user", placeholder: "U", help: "whose mailboxes" },
    {
      name: "mailbox",
      placeholder: "M",
      help: "a mailbox, or a pattern with * and % (default: all)",
      repeatable: true,
    },
    {
      name: "format",
      placeholder: "FORMAT",
      help: "mbox, maildir or eml",
    },
    { name: "to", placeholder: "PATH", help: "the folder" },
    { name: "json", help: "print what was done as JSON" },
  ],
  needsKv: true,
  readsInput: false,
  run,
};

async function run(args: Arguments): Promise<number> {
  const { user, folder, format } = required(args);
  const config = await databaseConfig(args);
  const name = userName(user, config);
  await using database = await openDatabase(config);
  const { storage } = database;
  const delimiter = storage.hierarchyDelimiter;
  for (const pattern of args.texts("mailbox")) mailboxName(pattern, delimiter);
  if (!await hasAccount(storage, name)) {
    throw new CommandError(`${printable(name)} has no mailboxes`);
  }
  const begun = performance.now();
  const account = await storage.openAccount(name);
  try {
    const names = await choose(account, args.texts("mailbox"), delimiter);
    const result = await exportWithBar({
      account,
      names,
      delimiter,
      format,
      folder,
    });
    const seconds = (performance.now() - begun) / 1000;
    return report(result, seconds, args.flag("json"));
  } catch (error) {
    if (!(error instanceof ExportConflict)) throw error;
    throw new CommandError(printable(error.message));
  } finally {
    account.close();
  }
}

async function exportWithBar(options: ExportOptions): Promise<ExportResult> {
  const { account, names } = options;
  const counts = await account.status(names);
  using bar = await progressBar({
    label: account.user,
    total: counts.reduce((sum, each) => sum + (each?.messages ?? 0), 0),
    unit: "messages",
  });
  const onProgress = (messages: number) => bar.add(messages);
  return await exportMailboxes({ ...options, onProgress });
}

function required(
  args: Arguments,
): { user: string; folder: string; format: ExportFormat } {
  const user = args.text("user");
  const folder = args.text("to");
  const named = args.text("format");
  if (user === undefined) throw new UsageError("export needs --user");
  if (folder === undefined) throw new UsageError("export needs --to");
  if (args.operands.length > 0) {
    throw new UsageError(`export takes no operand ${args.operands[0]}`);
  }
  const format = FORMATS.find((format) => format === named);
  if (format === undefined) {
    throw new UsageError(`export needs --format ${FORMATS.join("|")}`);
  }
  return { user, folder, format };
}

/** The mailboxes that patterns name, in the order of the account's list. */
async function choose(
  account: Account,
  patterns: readonly string[],
  delimiter: string,
): Promise<string[]> {
  const names = (await account.mailboxes())
    .filter(({ id }) => id !== undefined).map(({ name }) => name);
  if (patterns.length === 0) return names;
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matches = compilePattern(mailboxName(pattern, delimiter), delimiter);
    const found = names.filter(matches);
    if (found.length === 0) {
      throw new CommandError(`There is no mailbox ${printable(pattern)}`);
    }
    for (const name of found) chosen.add(name);
  }
  return names.filter((name) => chosen.has(name));
}

function report(
  { mailboxes, failures }: ExportResult,
  seconds: number,
  json: boolean,
): number {
  const sum = (count: "exported" | "bytes" | "alreadyThere") =>
    mailboxes.reduce((total, each) => total + each[count], 0);
  if (json) {
    print(JSON.stringify({
      exported: sum("exported"),
      bytes: sum("bytes"),
      alreadyThere: sum("alreadyThere"),
      refused: failures.count,
      seconds,
      failures: failures.named,
      mailboxes,
    }));
  } else {
    for (const { mailbox, exported, bytes, alreadyThere } of mailboxes) {
      const there = alreadyThere > 0
        ? `, ${alreadyThere} were there already`
        : "";
      print(
        `${printable(mailbox)}: ${exported} messages (${bytes} bytes)${there}`,
      );
    }
  }
  for (const { mailbox, keywordsLeftOut } of mailboxes) {
    if (keywordsLeftOut.length === 0) continue;
    printError(
      `imapd: ${printable(mailbox)}: no room for the keywords ` +
        printable(keywordsLeftOut.join(" ")),
    );
  }
  for (const { what, reason } of failures.named) {
    printError(`imapd: ${printable(what)}: ${printable(reason)}`);
  }
  return failures.count > 0 ? 1 : 0;
}
