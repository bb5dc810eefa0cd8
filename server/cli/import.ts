/**
 * `imapd import`: mail from files into a mailbox.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { isMailboxName } from "../../protocol/wire/mailbox_name.ts";
import type { Account } from "../../storage/storage.ts";
import { findSources } from "../import/find_sources.ts";
import { importInto, type ImportResult } from "../import/importer.ts";
import { openOrCreate } from "../import/open_or_create.ts";
import { ProgressFile } from "../import/progress_file.ts";
import {
  type ImportSource,
  type MboxQuoting,
  NoSource,
  type SourceOptions,
} from "../import/source.ts";
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
import { progressBar } from "./progress.ts";
import { print, printable, printError } from "./terminal.ts";
import { userName } from "./user_name.ts";

/** See the module's text. */
export const importCommand: CliCommand = {
  name: "import",
  summary: "import mbox files, Maildirs and messages",
  usage: ["import PATH... --user U [--mailbox M] [OPTIONS]"],
  about: [
    "A PATH is an mbox file, a Maildir, a message (.eml), a folder of messages, or what imapd export " +
    "has written. The mailboxes of a Maildir++ or of an export come in below M, or beside INBOX when " +
    "M is INBOX.",
    "Dates and flags are kept: the From line of an mbox, the time of a Maildir file, or the Date " +
    "field; Status, X-Status and X-Keywords fields, the letters of Maildir names, and " +
    "dovecot-keywords. Lines end in CRLF afterwards; an export comes back byte for byte.",
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
    {
      name: "mbox-quoting",
      placeholder: "KIND",
      help:
        'how "From " at the start of a line was quoted in an mbox that is not ours: none, mboxo, ' +
        "mboxrd (default: none)",
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
  const mboxQuoting = quotingOf(args.text("mbox-quoting") ?? "none");
  const config = await databaseConfig(args);
  const name = userName(user, config);
  const maxMessageSize = config.limits?.message ?? DEFAULT_LIMITS.message;
  const sources = await sourcesOf(args.operands, {
    maxMessageSize,
    mboxQuoting,
  });
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

function quotingOf(given: string): MboxQuoting {
  const kinds = ["none", "mboxo", "mboxrd"] as const;
  const quoting = kinds.find((kind) => kind === given);
  if (quoting !== undefined) return quoting;
  throw new UsageError(`--mbox-quoting: Expected one of ${kinds.join(" ")}`);
}

async function sourcesOf(
  paths: readonly string[],
  options: SourceOptions,
): Promise<ImportSource[]> {
  const sources: ImportSource[] = [];
  for (const path of paths) {
    try {
      sources.push(...await findSources(path, options));
    } catch (error) {
      if (!(error instanceof NoSource)) throw error;
      throw new CommandError(`${path} ${error.message}`);
    }
  }
  return sources;
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
  const mailbox = await openOrCreate(account, name, source);
  try {
    const { total, unit } = source;
    using bar = await progressBar({ label: name, total, unit });
    return await importInto(source, mailbox, {
      progress: file,
      key,
      onProgress: (value) => bar.set(value),
    });
  } catch (error) {
    if (!(error instanceof NoSource)) throw error;
    throw new CommandError(`${source.path} ${error.message}`);
  } finally {
    mailbox.close();
  }
}

function report(
  done: readonly Done[],
  seconds: number,
  json: boolean,
): number {
  const sum = (count: (each: Done) => number) =>
    done.reduce((total, each) => total + count(each), 0);
  const refused = sum(({ failures }) => failures.count);
  if (json) {
    print(JSON.stringify({
      imported: sum((each) => each.imported),
      bytes: sum((each) => each.bytes),
      alreadyThere: sum((each) => each.alreadyThere),
      refused,
      seconds,
      sources: done.map(({ failures, ...each }) => ({
        ...each,
        refused: failures.count,
        failures: failures.named,
      })),
    }));
  } else for (const each of done) print(describe(each));
  for (const { path, failures, keywordsLeftOut } of done) {
    for (const { what, reason } of failures.named) {
      const text = `${path}: passed over ${what}: ${reason}`;
      printError(`imapd: ${printable(text)}`);
    }
    if (keywordsLeftOut.length > 0) {
      const text = `${path}: left out keywords: ${keywordsLeftOut.join(" ")}`;
      printError(`imapd: ${printable(text)}`);
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
