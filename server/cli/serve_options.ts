/**
 * What `imapd serve` is told, by its options and a configuration file together.
 *
 * @module
 */

import { checkConfig, type Config, readConfig } from "../config.ts";
import {
  DEFAULTS,
  type ListenerKind,
  type ListenerOptions,
  type ServeOptions,
} from "../options.ts";
import { optionName, SETTINGS } from "../settings.ts";
import { type Arguments, type CliOption, UsageError } from "./arguments.ts";

/** The options of `serve`. */
export const SERVE_OPTIONS: readonly CliOption[] = [
  {
    name: "config",
    placeholder: "FILE",
    help: "YAML file with a key for every option; options go before it",
  },
  ...SETTINGS.map(({ key, placeholder, help, fallback }) => ({
    name: optionName(key),
    ...(placeholder === undefined ? {} : { placeholder }),
    help: placeholder === undefined ? help : `${help} (default: ${fallback})`,
  })),
  {
    name: "user",
    placeholder: "NAME:PASSWORD",
    help: "a user for tests and first steps; may be there several times",
    repeatable: true,
  },
];

/** What file and options say together; an option goes before the file. */
export async function serveConfig(args: Arguments): Promise<Config> {
  const file = args.text("config");
  const given: Record<string, unknown> = {};
  for (const { key, kind } of SETTINGS) {
    const name = optionName(key);
    if (kind.type === "flag") {
      if (args.flag(name)) given[key] = true;
      continue;
    }
    const text = args.text(name);
    if (text === undefined) continue;
    const isNumber = kind.type === "count" || kind.type === "port";
    given[key] = isNumber && /^\d+$/.test(text) ? Number(text) : text;
  }
  const users: Record<string, string> = {};
  for (const pair of args.texts("user")) {
    const colon = pair.indexOf(":");
    if (colon < 1 || colon === pair.length - 1) {
      throw new UsageError("--user needs NAME:PASSWORD");
    }
    users[pair.slice(0, colon)] = pair.slice(colon + 1);
  }
  const fromFile = file === undefined ? {} : await readConfig(file);
  const fromOptions = checkConfig(given, (key) => `--${optionName(key)}`);
  return {
    ...fromFile,
    ...fromOptions,
    users: { ...fromFile.users, ...users },
  };
}

/** Where to listen. A free port for IMAP wants a free one for IMAP over TLS too. */
export function listenersOf(config: Config): readonly ListenerOptions[] {
  if (config.listeners !== undefined) return config.listeners;
  const { port = DEFAULTS.port, lmtpSocket } = config;
  const { tlsPort = port === 0 ? 0 : DEFAULTS.tlsPort } = config;
  const { pop3Port = "off", pop3sPort = "off", lmtpPort = "off" } = config;
  const ports: [ListenerKind, number | "off"][] = [
    ["imap", port],
    ["imaps", tlsPort],
    ["pop3", pop3Port],
    ["pop3s", pop3sPort],
    ["lmtp", lmtpPort],
  ];
  return [
    ...ports.flatMap(([kind, port]) => port === "off" ? [] : { kind, port }),
    ...(lmtpSocket === undefined
      ? []
      : [{ kind: "lmtp" as const, path: lmtpSocket }]),
  ];
}

/** The settings that the library has under the same names. */
export function optionsOf(config: Config): ServeOptions {
  return {
    hostname: config.hostname ?? DEFAULTS.hostname,
    insecureAuth: config.insecureAuth ?? false,
    caseInsensitiveUsers: config.caseInsensitiveUsers ?? false,
    passwordThreads: config.passwordThreads ?? DEFAULTS.passwordThreads,
    passwordMemory: config.passwordMemory ?? DEFAULTS.passwordMemory,
    passwordIterations: config.passwordIterations ??
      DEFAULTS.passwordIterations,
    maxConnectionsBeforeLogin: config.maxConnectionsBeforeLogin ??
      DEFAULTS.maxConnectionsBeforeLogin,
    maxConnectionsPerUser: config.maxConnectionsPerUser ??
      DEFAULTS.maxConnectionsPerUser,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress ??
      DEFAULTS.maxConnectionsPerAddress,
    handshakeTime: config.handshakeTime ?? DEFAULTS.handshakeTime,
    batchSize: config.batchSize ?? DEFAULTS.batchSize,
    searchMemory: config.searchMemory ?? DEFAULTS.searchMemory,
    drainTime: config.drainTime ?? DEFAULTS.drainTime,
    trace: config.trace ?? false,
    limits: config.limits ?? {},
    capabilities: config.capabilities ?? {},
    utf8Only: config.utf8Only ?? false,
    surrogates: config.surrogates ?? false,
    appendLimits: config.appendLimits ?? {},
    quirks: config.quirks ?? [],
    delivery: config.delivery ?? {},
    metadata: config.metadata ?? {},
    sasl: config.sasl ?? {},
  };
}
