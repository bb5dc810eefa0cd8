/**
 * `imapd import`: mail from files into a mailbox.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import progress from "../../deps/cli_progress.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { isMailboxName } from "../../protocol/wire/mailbox_name.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { StorageError } from "../../storage/model.ts";
import { findSources } from "../import/find_sources.ts";
import { importInto, type ImportResult } from "../import/importer.ts";
import { ProgressFile } from "../import/progress_file.ts";
import { type ImportSource, NoSource } from "../import/source.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import {
  DATABASE_OPTIONS,
  databaseConfig,
  databasePath,
  dataFolder,
  openDatabase,
} from "./database.ts";
import { mailboxName } from "./mailbox.ts";
import { print, printable, printError } from "./terminal.ts";
import { userName } from "./user.ts";

/** See the module's text. */
export const importCommand: CliCommand = {
  name: "import",
  summary: "import mbox files, Maildirs and messages",
  usage: ["import PATH... --user U [--mailbox M] [OPTIONS]"],
  about: [
    "A PATH is an mbox file, a Maildir, a message (.eml), or a folder of messages. The mailboxes of a " +
    "Maildir++ come in below M, or beside INBOX when M is INBOX.",
    "Dates and flags are kept: the From line of an mbox, the time of a Maildir file, or the Date " +
    "field; Status, X-Status and X-Keywords fields, the letters of Maildir names, and " +
    "dovecot-keywords. Lines end in CRLF afterwards.",
    "An import that was killed goes on where it was when it is run again, and puts no message in " +
    "twice. One that came to its end begins anew.",
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "user", placeholder: "U", help: "whose mailbox" },
    {
      name: "mailbox",
      placeholder: "M",
      help: "the mailbox, made where it is missing (default: INBOX)",
    },
    { name: "json", help: "print what was done as JSON" },
  ],
  needsKv: true,
  readsInput: false,
  run,
};

/** What was done with one source. */
interface Done extends ImportResult {
  readonly path: string;
  readonly mailbox: string;
}

async function run(args: Arguments): Promise<number> {
  const user = args.text("user");
  if (user === undefined) throw new UsageError("import needs --user");
  if (args.operands.length === 0) throw new UsageError("import needs a path");
  const config = await databaseConfig(args);
  const name = userName(user, config);
  const maxMessageSize = config.limits?.message ?? DEFAULT_LIMITS.message;
  const sources: ImportSource[] = [];
  for (const path of args.operands) {
    try {
      sources.push(...await findSources(path, { maxMessageSize }));
    } catch (error) {
      if (!(error instanceof NoSource)) throw error;
      throw new CommandError(`${path} ${error.message}`);
    }
  }
  await using database = await openDatabase(config);
  const { storage } = database;
  const base = mailboxName(
    args.text("mailbox") ?? "INBOX",
    storage.hierarchyDelimiter,
  );
  if (await storage.users.get(name) === undefined) {
    printError(
      `There is no user ${printable(name)} yet; the mailboxes are made`,
    );
  }
  const file = await ProgressFile.open(
    join(dataFolder(databasePath(config)), "import-progress.json"),
  );
  const keys: string[] = [];
  const done: Done[] = [];
  const begun = performance.now();
  const account = await storage.openAccount(name);
  try {
    for (const source of sources) {
      const mailbox = mailboxOf(source, base, storage.hierarchyDelimiter);
      const key = JSON.stringify([name, mailbox, resolve(source.path)]);
      keys.push(key);
      const result = await importOne(account, source, mailbox, file, key);
      done.push({ path: source.path, mailbox, ...result });
    }
  } finally {
    account.close();
  }
  await file.delete(keys);
  return report(done, (performance.now() - begun) / 1000, args.flag("json"));
}

/** Where the messages of a source go. */
function mailboxOf(
  source: ImportSource,
  base: string,
  delimiter: string,
): string {
  if (source.below.length === 0) return base;
  const levels = source.below.map((level) => level.replaceAll(delimiter, "_"));
  const below = levels.join(delimiter);
  const name = base === "INBOX" ? below : `${base}${delimiter}${below}`;
  if (!isMailboxName(name)) {
    throw new CommandError(
      `${printable(source.path)} has no name for a mailbox`,
    );
  }
  return mailboxName(name, delimiter);
}

async function importOne(
  account: Account,
  source: ImportSource,
  name: string,
  file: ProgressFile,
  key: string,
): Promise<ImportResult> {
  const mailbox = await openOrCreate(account, name);
  const bar = Deno.stderr.isTerminal()
    ? new progress.SingleBar({
      format: `${printable(name)} [{bar}] {percentage}% ${
        source.unit === "bytes" ? "" : "{value}/{total} "
      }{eta_formatted}`,
      clearOnComplete: true,
      hideCursor: true,
    }, progress.Presets.legacy)
    : undefined;
  bar?.start(source.total, 0);
  try {
    return await importInto(source, mailbox, {
      progress: file,
      key,
      onProgress: (value) => bar?.update(value),
    });
  } finally {
    bar?.stop();
    mailbox.close();
  }
}

async function openOrCreate(account: Account, name: string): Promise<Mailbox> {
  try {
    await account.createMailbox(name);
  } catch (error) {
    const there = error instanceof StorageError &&
      error.code === "ALREADYEXISTS";
    if (!there) throw error;
  }
  return await account.openMailbox(name);
}

function report(
  done: readonly Done[],
  seconds: number,
  json: boolean,
): number {
  const refused = done.reduce((sum, each) => sum + countOf(each.refused), 0);
  if (json) {
    print(JSON.stringify({
      imported: done.reduce((sum, each) => sum + each.imported, 0),
      bytes: done.reduce((sum, each) => sum + each.bytes, 0),
      alreadyThere: done.reduce((sum, each) => sum + each.alreadyThere, 0),
      refused,
      seconds,
      sources: done.map((each) => ({
        ...each,
        refused: Object.fromEntries(each.refused),
      })),
    }));
  } else for (const each of done) print(describe(each));
  for (const each of done) {
    for (const [reason, count] of each.refused) {
      printError(
        `imapd: ${printable(each.path)}: ${count} passed over: ${reason}`,
      );
    }
  }
  return refused > 0 ? 1 : 0;
}

function describe(
  { path, mailbox, imported, bytes, alreadyThere }: Done,
): string {
  const there = alreadyThere > 0 ? `, ${alreadyThere} were there already` : "";
  return `${printable(path)}: ${imported} messages (${bytes} bytes) into ` +
    `${printable(mailbox)}${there}`;
}

function countOf(refused: ReadonlyMap<string, number>): number {
  return [...refused.values()].reduce((sum, count) => sum + count, 0);
}
