/**
 * What a configuration comes to: the options of the server, those that change while it runs, and its log.
 *
 * @module
 */

import type { KvStorage } from "../../storage/kv/mod.ts";
import type { Config } from "../config.ts";
import { configureLogs } from "../log.ts";
import { DEFAULTS, type ReloadOptions, type ServeOptions } from "../options.ts";
import { hostNames, readTls } from "./certificates.ts";
import { openStorage } from "./database.ts";
import { knownUsers } from "./known_users.ts";
import { optionsOf } from "./serve_options.ts";

/** Logs as the configuration says. */
export function logAsConfigured(config: Config): void {
  configureLogs({
    level: config.logLevel ?? "info",
    format: config.logFormat ?? "text",
    trace: config.trace ?? false,
  });
}

/** How to serve the mailboxes and users of a database. Where to listen is not among it. */
export async function serviceOptions(
  config: Config,
  storage: KvStorage,
): Promise<ServeOptions & { readonly tls: NonNullable<ServeOptions["tls"]> }> {
  const { users } = storage;
  return {
    ...optionsOf(config),
    serverName: config.serverName ?? hostNames()[0] ?? DEFAULTS.serverName,
    tls: await readTls(config),
    users: await knownUsers(config, users),
    sasl: {
      ...config.sasl,
      otp: storage.otp,
      secret: await users.secret(),
    },
    storage,
    warmUp: () => openStorage({}, { path: ":memory:" }),
  };
}

/** What of it a server that runs can be told anew. */
export async function changesOf(
  config: Config,
  storage: KvStorage,
): Promise<ReloadOptions> {
  return {
    users: await knownUsers(config, storage.users),
    limits: config.limits ?? {},
    quirks: config.quirks ?? [],
    tls: await readTls(config),
  };
}
