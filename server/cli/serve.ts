/**
 * `imapd serve`: runs the server until it is told to stop.
 *
 * @module
 */

import type { KvStorage } from "../../storage/kv/mod.ts";
import type { KvUsers } from "../../storage/kv/users.ts";
import type { Config } from "../config.ts";
import { connectionsThatFit } from "../file_limit.ts";
import { logger } from "../log.ts";
import { DEFAULTS, type ListenAddress, type ServeOptions } from "../options.ts";
import { formatAddress } from "../peer.ts";
import { serve } from "../serve.ts";
import type { ImapServer } from "../server.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { CertificateKeeper } from "./certificates.ts";
import { openDatabase } from "./database.ts";
import { recordsOf } from "./new_password.ts";
import { isSupervised, onSignals, restart } from "./restart.ts";
import { listenersOf, SERVE_OPTIONS, serveConfig } from "./serve_options.ts";
import { type ServeWorkerData, workerData } from "./serve_worker.ts";
import { changesOf, logAsConfigured, serviceOptions } from "./service.ts";
import { canSharePorts } from "../workers/pool.ts";
import { generatePassword, print, printError } from "./terminal.ts";

/** The user that is made where there is none. */
const FIRST_USER = "user";
/** Within this time, in milliseconds, the same signal from a parent and from the terminal is one. */
const ECHO_TIME = 500;

/** See the module's text. */
export const serveCommand: CliCommand = {
  name: "serve",
  summary: "run the server (also without a command)",
  usage: ["[serve] [OPTIONS]"],
  about: [
    "Prints a line for each listener on standard output once it listens, such as " +
    '"listening imap 127.0.0.1:1143". The log goes to standard error.',
    "Without users it makes one and prints the password, once, on standard error. Passwords are " +
    "accepted over TLS, and without it from this machine alone unless --insecure-auth is there.",
    "SIGINT and SIGTERM let what is under way finish; a second one ends at once. SIGHUP reads the " +
    "configuration again: users, limits, quirks and certificates change for new connections. " +
    "Files of certificates that change are read again without it.",
  ],
  options: SERVE_OPTIONS,
  needsKv: true,
  readsInput: false,
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(`serve takes no operand ${args.operands[0]}`);
  }
  const config = await serveConfig(args);
  const { workers = 1 } = config;
  if (workers > 1 && !canSharePorts()) {
    const status = await restart(["serve", ...args.all], false);
    if (status !== undefined) return status;
    throw new CommandError("Several workers need --unstable-net");
  }
  logAsConfigured(config);
  await using database = await openDatabase(config, {
    threads: workers > 1,
    journal: !config.withoutJournal,
  });
  const { users: kvUsers } = database.storage;
  const hasUsers = config.passwdFile !== undefined ||
    Object.keys(config.users ?? {}).length > 0;
  if (!hasUsers) await makeFirstUser(kvUsers, config);
  const addresses: ListenAddress[] = [];
  const { storage } = database;
  await using server = start({
    ...await serviceOptions(config, storage),
    maxConnections: await maxConnectionsOf(config),
    listeners: listenersOf(config),
    ...workersOf(config, args, storage),
    onListen: (address) => addresses.push(address),
  });
  // Whoever reads the lines may send a signal at once.
  const certificates = new CertificateKeeper(server, config);
  const stopListening = listenToSignals(server, async () => {
    const config = await serveConfig(args);
    server.reload(await changesOf(config, storage));
    await certificates.configure(config);
  });
  // Those who were connected before a restart come back at once.
  storage.preload().catch((error) =>
    logger("storage").error("fault", { error })
  );
  await server.ready;
  for (const address of addresses) announce(address);
  await server.finished;
  stopListening();
  await certificates.close();
  return 0;
}

/** The threads that serve beside this one. */
function workersOf(
  { workers = 1, minWorkers = workers }: Config,
  args: Arguments,
  storage: KvStorage,
): Pick<ServeOptions, "workers"> {
  if (workers === 1) return {};
  const data = () => workerData(storage, args.all);
  const ended = (data: unknown) => storage.unshare(data as ServeWorkerData);
  const module = new URL("./serve_worker.ts", import.meta.url).href;
  const min = Math.min(minWorkers, workers);
  return { workers: { module, min, max: workers, data, ended } };
}

/** As many as were asked for, or as the system has files for. */
async function maxConnectionsOf(config: Config): Promise<number> {
  const wanted = config.maxConnections ?? DEFAULTS.maxConnections;
  const fit = await connectionsThatFit() ?? wanted;
  if (fit >= wanted) return wanted;
  logger().warning("fewer connections, for want of files", {
    maxConnections: fit,
    wanted,
    hint: "raise the limit of open files (ulimit -n)",
  });
  return fit;
}

async function makeFirstUser(users: KvUsers, config: Config): Promise<void> {
  for await (const _ of users.list()) return;
  const password = generatePassword();
  const { scramRecords = false } = config.sasl ?? {};
  await users.set({
    name: FIRST_USER,
    ...await recordsOf(password, config, scramRecords),
    disabled: false,
    created: Date.now(),
  });
  printError(`There were no users. Made one, shown this once:`);
  printError(`  user name: ${FIRST_USER}`);
  printError(`  password:  ${password}`);
}

function start(options: ServeOptions): ImapServer {
  try {
    return serve(options);
  } catch (error) {
    const places = (options.listeners ?? []).map(({ port, path }) =>
      path ?? port
    );
    const where = `${places.length > 1 ? "one of " : ""}${places.join(", ")}`;
    if (error instanceof Deno.errors.AddrInUse) {
      throw new CommandError(`A port is in use already: ${where}`);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new CommandError(
        `A port may not be used: ${where}. Those below 1024 need a privilege`,
      );
    }
    if (error instanceof TypeError) throw new CommandError(error.message);
    throw error;
  }
}

function announce(address: ListenAddress): void {
  print(`listening ${address.kind} ${address.path ?? formatAddress(address)}`);
}

function listenToSignals(
  server: ImapServer,
  reload: () => Promise<void>,
): () => void {
  const log = logger();
  const supervised = isSupervised();
  let stopped: number | undefined;
  return onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (signal === "SIGHUP") {
      reload().then(
        () => log.info("reloaded"),
        (error) => log.error("reload failed", { error: error.message }),
      );
      return;
    }
    const now = performance.now();
    if (stopped === undefined) {
      stopped = now;
      log.info("stopping", { signal });
      server.shutdown();
    } else if (!supervised || now - stopped > ECHO_TIME) Deno.exit(1);
  });
}
