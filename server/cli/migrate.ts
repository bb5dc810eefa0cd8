/**
 * `imapd migrate`: an account from another IMAP server.
 *
 * @module
 */

import { join } from "@std/path";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import type { Account, Storage } from "../../storage/storage.ts";
import { isDatabaseFile } from "../config.ts";
import {
  migrate,
  type MigrateResult,
  NoSuchMailbox,
  stateName,
} from "../migrate/migrator.ts";
import {
  parseSourceAddress,
  type SourceAddress,
} from "../migrate/source_address.ts";
import {
  connectSource,
  type SourceConnectOptions,
  STARTTLS_KINDS,
} from "../migrate/source_connection.ts";
import { SourceBreaks, SourceGone } from "../migrate/source_error.ts";
import { DEFAULT_RETRY, SourcePool } from "../migrate/source_pool.ts";
import { hasAccount } from "./account.ts";
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
import { reportMigration } from "./migrate_report.ts";
import { progressBar } from "./progress.ts";
import { askSecret, printable, printError } from "./terminal.ts";
import { userName } from "./user_name.ts";

/** Connections, when nobody says how many. */
const CONNECTIONS = 3;
/** More than servers commonly allow a user. */
const MAX_CONNECTIONS = 16;

const PASSWORD_VARIABLE = "IMAPD_SOURCE_PASSWORD";

/** See the module's text. */
export const migrateCommand: CliCommand = {
  name: "migrate",
  summary: "bring an account over from another IMAP server",
  usage: [
    "migrate --from imap[s]://USER[:PASSWORD]@HOST[:PORT] --user U [OPTIONS]",
  ],
  about: [
    "Copies mailboxes with their messages in the order of their UIDs, flags, keywords, INTERNALDATE, " +
    "subscriptions and special uses. A mailbox with a special use goes into the one that has that use " +
    "here, whatever the two are called; where the server tells no special uses, well-known names " +
    "stand for them, and the output says which. Others keep their names, without the prefix of the " +
    "personal namespace (INBOX.). Mailboxes of others, and those shared, are not copied. \\All, " +
    "\\Flagged and \\Important show messages of other mailboxes: they are left out unless " +
    "--mailbox names them.",
    "Run again, it brings what is new, and the flags that have changed at the source since; with " +
    "--delete it removes messages that have gone there. What was changed or deleted here stays so. " +
    "Mailboxes are never removed. A run that was killed goes on where it was. A message that is in " +
    "the mailbox already, byte for byte, is not put in a second time.",
    "A line that breaks, or a server that says that it is busy, is tried again, for about a minute. " +
    "A message that cannot be had is named and passed over.",
    `The password is that of --from, of the file, of ${PASSWORD_VARIABLE}, or is asked for on a ` +
    "terminal. Without TLS it is sent to this machine only, unless --starttls never is there.",
    "The database has one process: stop the server before.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    {
      name: "from",
      placeholder: "URL",
      help: "the server, and who logs in there (default: U)",
    },
    { name: "user", placeholder: "U", help: "whose mailboxes" },
    {
      name: "mailbox",
      placeholder: "PATTERN",
      help: "only these, by their names there, with * and %",
      repeatable: true,
    },
    {
      name: "exclude",
      placeholder: "PATTERN",
      help: "not these",
      repeatable: true,
    },
    {
      name: "connections",
      placeholder: "N",
      help: `so many at once (default: ${CONNECTIONS})`,
    },
    {
      name: "password-file",
      placeholder: "FILE",
      help: "a file with the password in its first line",
    },
    {
      name: "starttls",
      placeholder: "KIND",
      help: "with imap: auto, always or never (default: auto)",
    },
    {
      name: "ca",
      placeholder: "FILE",
      help: "certificates to trust instead of the system's, PEM",
    },
    { name: "allow-untrusted", help: "take any certificate" },
    { name: "delete", help: "remove messages that have gone at the source" },
    { name: "dry-run", help: "say what would be done, and change nothing" },
    { name: "json", help: "print what was done as JSON" },
  ],
  needsKv: true,
  readsInput: true,
  run,
};

async function run(args: Arguments): Promise<number> {
  const { address, user, connections } = required(args);
  const config = await databaseConfig(args);
  const name = userName(user, config);
  const maxMessageSize = config.limits?.message ?? DEFAULT_LIMITS.message;
  const source: SourceConnectOptions = {
    address,
    user: address.user ?? user,
    password: await passwordOf(args, address),
    starttls: starttlsOf(args),
    ...await trustOf(args),
    maxMessageSize,
  };
  const dryRun = args.flag("dry-run");
  const path = databasePath(config);
  const folder = join(
    dataFolder(path),
    "migrate",
    stateName(name, address.host, `${address.port}`, source.user),
  );
  // A dry run does not even make a database.
  const nothingThere = dryRun && isDatabaseFile(path) && !await isThere(path);
  await using database = nothingThere ? undefined : await openDatabase(config);
  const storage = database?.storage;
  if (!dryRun && await storage!.users.get(name) === undefined) {
    printError(
      `There is no user ${printable(name)} yet; the mailboxes are made`,
    );
  }
  const account = await accountOf(storage, name, dryRun);
  const begun = performance.now();
  try {
    const result = await migrateWithBar(source, {
      connections,
      account,
      delimiter: storage?.hierarchyDelimiter ?? config.hierarchyDelimiter ??
        "/",
      folder,
      include: args.texts("mailbox"),
      exclude: args.texts("exclude"),
      maxMessageSize,
      remove: args.flag("delete"),
      dryRun,
    });
    return reportMigration(result, {
      seconds: (performance.now() - begun) / 1000,
      json: args.flag("json"),
      dryRun,
    });
  } finally {
    account?.close();
  }
}

type Options = Omit<Parameters<typeof migrate>[0], "pool">;

async function migrateWithBar(
  source: SourceConnectOptions,
  options: Options,
): Promise<MigrateResult> {
  const { host } = source.address;
  using bar = await progressBar({ label: host, total: 0, unit: "messages" });
  const pool = new SourcePool({
    connect: () => connectSource(source),
    size: options.connections,
    retry: DEFAULT_RETRY,
    onRetry: (reason, wait) => {
      printError(
        `imapd: ${printable(host)}: ${printable(reason)}; ` +
          `again in ${wait / 1000} s`,
      );
    },
  });
  try {
    return await migrate({
      ...options,
      pool,
      onTotal: (messages) => bar.setTotal(messages),
      onProgress: (messages) => bar.add(messages),
    });
  } catch (error) {
    if (error instanceof SourceGone || error instanceof SourceBreaks) {
      throw new CommandError(printable(`${host}: ${error.message}`));
    }
    if (!(error instanceof NoSuchMailbox)) throw error;
    throw new CommandError(
      printable(`There is no mailbox ${error.message} on ${host}`),
    );
  } finally {
    await pool.close();
  }
}

function required(
  args: Arguments,
): { address: SourceAddress; user: string; connections: number } {
  const from = args.text("from");
  const user = args.text("user");
  if (from === undefined) throw new UsageError("migrate needs --from");
  if (user === undefined) throw new UsageError("migrate needs --user");
  if (args.operands.length > 0) {
    throw new UsageError(`migrate takes no operand ${args.operands[0]}`);
  }
  const address = parseSourceAddress(from);
  if (address === undefined) {
    // It may have a password in it, and is not shown.
    throw new UsageError("--from: Expected imap[s]://USER@HOST[:PORT]");
  }
  const connections = Number(args.text("connections") ?? CONNECTIONS);
  const fine = Number.isInteger(connections) && connections > 0 &&
    connections <= MAX_CONNECTIONS;
  if (!fine) {
    throw new UsageError(
      `--connections: Expected a number from 1 to ${MAX_CONNECTIONS}`,
    );
  }
  return { address, user, connections };
}

function starttlsOf(args: Arguments): SourceConnectOptions["starttls"] {
  const given = args.text("starttls") ?? "auto";
  const kind = STARTTLS_KINDS.find((kind) => kind === given);
  if (kind !== undefined) return kind;
  throw new UsageError(
    `--starttls: Expected one of ${STARTTLS_KINDS.join(" ")}`,
  );
}

async function trustOf(
  args: Arguments,
): Promise<Pick<SourceConnectOptions, "ca" | "allowUntrusted">> {
  const allowUntrusted = args.flag("allow-untrusted");
  const file = args.text("ca");
  if (file === undefined) return { allowUntrusted };
  if (allowUntrusted) {
    throw new UsageError("--ca and --allow-untrusted contradict each other");
  }
  return { allowUntrusted, ca: await Deno.readTextFile(file) };
}

async function passwordOf(
  args: Arguments,
  { host, password }: SourceAddress,
): Promise<string> {
  const file = args.text("password-file");
  if (file !== undefined) {
    const [line = ""] = (await Deno.readTextFile(file)).split(/\r?\n/);
    if (line !== "") return line;
    throw new CommandError(`${file} has no password in its first line`);
  }
  const given = password ?? Deno.env.get(PASSWORD_VARIABLE);
  if (given !== undefined) return given;
  if (Deno.stdin.isTerminal()) {
    return await askSecret(`Password at ${printable(host)}: `);
  }
  throw new UsageError(`migrate needs --password-file or ${PASSWORD_VARIABLE}`);
}

/** The account, which is made where it is missing, but not by a dry run. */
async function accountOf(
  storage: Storage | undefined,
  name: string,
  dryRun: boolean,
): Promise<Account | undefined> {
  if (storage === undefined) return undefined;
  if (dryRun && !await hasAccount(storage, name)) return undefined;
  return await storage.openAccount(name);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
