/**
 * The database that a command works on.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { KvStorage, KvStorageOptions } from "../../storage/kv/mod.ts";
import { type Config, isDatabaseFile, readConfig } from "../config.ts";
import { logger } from "../log.ts";
import { DatabaseLock } from "../lock.ts";
import { DEFAULTS } from "../options.ts";
import { SETTINGS } from "../settings.ts";
import type { Arguments, CliOption } from "./arguments.ts";
import { CommandError } from "./arguments.ts";

const FOLDER = "imapd-data";

/** The options by which every command finds its database. */
export const DATABASE_OPTIONS: readonly CliOption[] = [
  {
    name: "config",
    placeholder: "FILE",
    help: "configuration file that names the database",
  },
  {
    name: "kv",
    placeholder: SETTINGS.find(({ key }) => key === "kv")!.placeholder!,
    help: "the database (default: ./imapd-data/imapd.kv)",
  },
];

/** Where the database is by a configuration. */
export function databasePath(config: Config): string {
  return config.kv ?? join(FOLDER, "imapd.kv");
}

/** The folder for what lies beside a database: certificate, progress of an import. */
export function dataFolder(path: string): string {
  return isDatabaseFile(path) ? dirname(path) : FOLDER;
}

/** An open database. */
export interface Database extends AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** Mailboxes and users. */
  readonly storage: KvStorage;
}

/**
 * Opens a database. That of a file is locked against other processes until it is closed.
 * @throws {DatabaseInUse} when another process has it
 * @throws {CommandError} when it cannot be opened
 */
export async function openDatabase(
  config: Config,
  beside: Pick<KvStorageOptions, "threads" | "journal"> = {},
): Promise<Database> {
  const path = databasePath(config);
  const lock = isDatabaseFile(path) ? await DatabaseLock.take(path) : undefined;
  try {
    if (lock !== undefined) await makePrivately(path);
    const storage = await openStorage(config, { path, ...beside });
    if (storage.provider === "npm") {
      logger().warning("npm:@deno/kv stands in for Deno KV, which is faster", {
        hint: "run with --unstable-kv",
      });
    }
    return {
      path,
      storage,
      async [Symbol.asyncDispose]() {
        await storage.close();
        lock?.[Symbol.dispose]();
      },
    };
  } catch (cause) {
    lock?.[Symbol.dispose]();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`The database ${path} does not open: ${reason}`, {
      cause,
    });
  }
}

/**
 * Opens the storage on a database that is locked.
 * @param beside where it is, and what other threads have to do with it
 */
export async function openStorage(
  config: Config,
  beside: Pick<KvStorageOptions, "path" | "threads" | "share" | "journal">,
): Promise<KvStorage> {
  // Loaded here: a command that opens no database has no use for it.
  const { openKvStorage } = await import("../../storage/kv/mod.ts");
  return await openKvStorage({
    ...beside,
    hierarchyDelimiter: config.hierarchyDelimiter ??
      DEFAULTS.hierarchyDelimiter,
    limits: config.storageLimits ?? {},
    cacheBytes: config.cacheBytes ?? DEFAULTS.cacheBytes,
    ...(config.bodyFilesFrom === undefined
      ? {}
      : { bodyFilesFrom: config.bodyFilesFrom }),
    onFault: (error) => logger("storage").error("fault", { error }),
  });
}

/** Makes the file of a new database, for its owner alone; its journal takes after it. */
async function makePrivately(path: string): Promise<void> {
  const file = await Deno.open(path, {
    create: true,
    append: true,
    mode: 0o600,
  });
  file.close();
}

/** The configuration that a command's `--config` and `--kv` make. */
export async function databaseConfig(args: Arguments): Promise<Config> {
  const file = args.text("config");
  const kv = args.text("kv");
  const config = file === undefined ? {} : await readConfig(file);
  return kv === undefined ? config : { ...config, kv };
}
