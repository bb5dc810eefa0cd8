/**
 * The configuration file: YAML, with a key for every option of the command line. What is wrong in it is
 * named with file, line, column and key.
 *
 * @module
 */

import { dirname, isAbsolute, join } from "@std/path";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";
import { z } from "zod";
import {
  DEFAULT_LIMITS,
  LIMIT_BOUNDS,
  type Limits,
} from "../protocol/limits.ts";
import {
  DEFAULT_STORAGE_LIMITS,
  type LimitBounds,
  STORAGE_LIMIT_BOUNDS,
  type StorageLimits,
} from "../storage/limits.ts";
import { DOORS } from "./doors.ts";
import type { LogFormat, LogLevel } from "./log.ts";
import {
  DEFAULTS,
  type ListenerOptions,
  type MetadataOptions,
  type TlsVersion,
} from "./options.ts";
import type { Quirk } from "./quirks.ts";
import { QUIRKS_SAMPLE, quirksSchema } from "./quirks_schema.ts";
import type { DeliveryOptions } from "./recipients.ts";
import type { SaslOptions } from "./sasl/mod.ts";
import { SASL_SAMPLE, saslSchema, withSaslPaths } from "./sasl/schema.ts";
import { type SettingKind, SETTINGS } from "./settings.ts";
import type { AcmeOptions } from "./tls/acme/options.ts";
import { ACME_SAMPLE, acmeSchema, withAcmePath } from "./tls/acme/schema.ts";
import {
  type CertificateFiles,
  CERTIFICATES_SAMPLE,
  certificatesSchema,
  withCertificatePaths,
} from "./tls/schema.ts";

/** What a configuration file or the options of a command line say. */
export interface Config {
  /** See {@linkcode SETTINGS} for this and those that follow. */
  readonly hostname?: string;
  readonly port?: number | "off";
  readonly tlsPort?: number | "off";
  readonly pop3Port?: number | "off";
  readonly pop3sPort?: number | "off";
  readonly lmtpPort?: number | "off";
  readonly lmtpSocket?: string;
  readonly serverName?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly tlsMinVersion?: TlsVersion;
  readonly clientCa?: string;
  readonly kv?: string;
  readonly bodyFilesFrom?: number;
  readonly withoutJournal?: boolean;
  readonly insecureAuth?: boolean;
  readonly utf8Only?: boolean;
  readonly surrogates?: boolean;
  readonly caseInsensitiveUsers?: boolean;
  readonly hierarchyDelimiter?: string;
  readonly workers?: number;
  readonly minWorkers?: number;
  readonly passwordThreads?: number;
  readonly passwordMemory?: number;
  readonly passwordIterations?: number;
  readonly passwdFile?: string;
  readonly maxConnections?: number;
  readonly maxConnectionsBeforeLogin?: number;
  readonly maxConnectionsPerUser?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly handshakeTime?: number;
  readonly batchSize?: number;
  readonly searchMemory?: number;
  readonly cacheBytes?: number;
  readonly drainTime?: number;
  readonly logLevel?: LogLevel;
  readonly logFormat?: LogFormat;
  readonly trace?: boolean;
  /** Where to listen, in place of the ports and the socket. */
  readonly listeners?: readonly ListenerOptions[];
  /** Certificates for more hosts. */
  readonly certificates?: readonly CertificateFiles[];
  /** An authority to get the certificate from. */
  readonly acme?: AcmeOptions;
  /** Passwords by user name. */
  readonly users?: Readonly<Record<string, string>>;
  /** How clients may prove who they are. */
  readonly sasl?: SaslOptions;
  /** Whom mail is for that comes in by LMTP. */
  readonly delivery?: DeliveryOptions;
  /** What the server says of itself by metadata. */
  readonly metadata?: MetadataOptions;
  /** Capabilities not to be offered. */
  readonly capabilities?: { readonly disable?: readonly string[] };
  /** Rules for clients that need to be treated differently. */
  readonly quirks?: readonly Quirk[];
  /** What clients may choose. */
  readonly limits?: Partial<Limits>;
  /** What users may make the storage keep. */
  readonly storageLimits?: Partial<StorageLimits>;
  /** How large messages may be in a mailbox, by its name. */
  readonly appendLimits?: Readonly<Record<string, number>>;
}

/** Something is wrong with a configuration. */
export class ConfigError extends Error {
  /** Says what. */
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

const port = z.int("Expected a port").min(0, "Expected a port")
  .max(65_535, "Expected a port from 0 to 65535");
const text = z.string("Expected text").min(1, "Expected some text");

function schemaOf(kind: SettingKind): z.ZodType {
  switch (kind.type) {
    case "port":
      // YAML 1.1 had it that `off` is false; whoever quotes it means the same.
      return z.unknown().refine(
        (value) =>
          value === "off" || value === false || port.safeParse(value).success,
        "Expected a port from 0 to 65535, or off",
      );
    case "count": {
      const message = `Expected a whole number from ${kind.min} to ${kind.max}`;
      return z.int(message).min(kind.min, message).max(kind.max, message);
    }
    case "flag":
      return z.boolean("Expected true or false");
    case "choice":
      return z.enum(kind.of as [string, ...string[]], {
        error: `Expected one of ${kind.of.join(" ")}`,
      });
    case "text":
    case "path":
      return text;
  }
}

const limitSchema = z.int("Expected a whole number").min(
  0,
  "Expected a number from 0 on",
);

function limitsSchema(
  defaults: object,
  bounds: Readonly<Record<string, LimitBounds>>,
): z.ZodType {
  const keys = Object.keys(defaults);
  return z.strictObject(
    Object.fromEntries(
      keys.map((name) => [name, within(bounds[name]).optional()]),
    ),
    "Expected a mapping",
  ).optional();
}

/** What a limit may be for those whom the server is for to find what the RFCs promise them. */
function within(bounds: LimitBounds | undefined): z.ZodType {
  if (bounds === undefined) return limitSchema;
  const { min = 0, max = Infinity, orNone = false, by } = bounds;
  const range = max === Infinity
    ? `from ${min} on${orNone ? ", or 0" : ""}`
    : `from ${min} to ${max}`;
  return limitSchema.refine(
    (value) => value >= min && value <= max || orNone && value === 0,
    `Expected a number ${range} (${by})`,
  );
}

const kinds = Object.keys(DOORS);
const listenerSchema = z.strictObject({
  kind: z.enum(kinds, { error: `Expected one of ${kinds.join(" ")}` }),
  hostname: text.optional(),
  port: port.optional(),
  path: text.optional(),
  mode: z.int("Expected a number such as 0o660").min(0).max(0o777).optional(),
  proxies: z.array(text, "Expected a list of addresses").optional(),
  tlsAtProxy: z.boolean("Expected true or false").optional(),
}).refine(
  ({ port, path }) => (port === undefined) !== (path === undefined),
  "Expected either a port or a path",
);

const schema = z.strictObject({
  ...Object.fromEntries(
    SETTINGS.map(({ key, kind }) => [key, schemaOf(kind).optional()]),
  ),
  listeners: z.array(listenerSchema, "Expected a list of listeners").optional(),
  certificates: certificatesSchema.optional(),
  acme: acmeSchema.optional(),
  delivery: z.strictObject({
    domains: z.array(text, "Expected a list of domains").optional(),
    aliases: z.record(
      z.string(),
      z.union([text, z.array(text)], "Expected a name or a list of names"),
      "Expected names with what they stand for",
    ).optional(),
    agents: z.array(text, "Expected a list of users").optional(),
    catchAll: text.optional(),
    subaddressDelimiter: z.string("Expected text").optional(),
    createMailboxes: z.boolean("Expected true or false").optional(),
  }, "Expected a mapping").optional(),
  metadata: z.strictObject({
    admin: text.optional(),
    editors: z.array(text, "Expected a list of users").optional(),
  }, "Expected a mapping").optional(),
  users: z.record(z.string(), text, "Expected names with passwords").optional(),
  capabilities: z.strictObject({
    disable: z.array(text, "Expected a list of names").optional(),
  }, "Expected a mapping").optional(),
  quirks: quirksSchema.optional(),
  sasl: saslSchema.optional(),
  appendLimits: z.record(text, limitSchema, "Expected names with numbers")
    .optional(),
  limits: limitsSchema(DEFAULT_LIMITS, LIMIT_BOUNDS),
  storageLimits: limitsSchema(DEFAULT_STORAGE_LIMITS, STORAGE_LIMIT_BOUNDS),
}, "Expected a mapping of keys");

/**
 * Reads a configuration file. Relative paths in it are relative to its folder.
 * @throws {ConfigError} when it is not there, or something in it is wrong
 */
export async function readConfig(path: string): Promise<Config> {
  let source: string;
  try {
    source = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ConfigError(`There is no configuration file ${path}`);
    }
    throw error;
  }
  return withPathsFrom(dirname(path), parseConfig(source, path));
}

/**
 * Reads a configuration from text.
 * @param name what messages call it
 * @throws {ConfigError}
 */
export function parseConfig(source: string, name: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new ConfigError(`${at(error.pos[0])}: ${error.message}`);
  }
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (checked.success) return normalize(checked.data);
  const issue = checked.error.issues[0]!;
  const path = [...issue.path];
  let { message } = issue;
  if (issue.code === "unrecognized_keys") {
    path.push(issue.keys[0]!);
    message = "There is no such key";
  }
  const where = at(offsetOf(document, path));
  throw new ConfigError(
    path.length === 0
      ? `${where}: ${message}`
      : `${where}: ${path.join(".")}: ${message}`,
  );
}

/**
 * Checks settings that came from elsewhere than a file.
 * @param nameOf how messages call a key
 * @throws {ConfigError}
 */
export function checkConfig(
  values: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): Config {
  const checked = schema.safeParse(values);
  if (checked.success) return normalize(checked.data);
  const issue = checked.error.issues[0]!;
  throw new ConfigError(`${nameOf(String(issue.path[0]))}: ${issue.message}`);
}

function normalize(data: Record<string, unknown>): Config {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined) continue;
    config[key] = value === false && key.toLowerCase().endsWith("port")
      ? "off"
      : value;
  }
  return config;
}

function withPathsFrom(folder: string, config: Config): Config {
  const values: Record<string, unknown> = { ...config };
  for (const { key, kind } of SETTINGS) {
    const value = values[key];
    if (kind.type !== "path" || typeof value !== "string") continue;
    values[key] = pathFrom(folder, value);
  }
  const { acme, certificates, listeners, sasl } = config;
  const resolve = (path: string) => pathFrom(folder, path);
  if (certificates !== undefined) {
    values.certificates = withCertificatePaths(certificates, resolve);
  }
  if (listeners !== undefined) {
    values.listeners = listeners.map((listener) =>
      listener.path === undefined
        ? listener
        : { ...listener, path: resolve(listener.path) }
    );
  }
  if (acme !== undefined) values.acme = withAcmePath(acme, resolve);
  if (sasl !== undefined) values.sasl = withSaslPaths(sasl, resolve);
  return values;
}

function pathFrom(folder: string, path: string): string {
  return isDatabaseFile(path) && !isAbsolute(path) ? join(folder, path) : path;
}

/** Whether a name of a database, or of another file, means a file on this machine. */
export function isDatabaseFile(path: string): boolean {
  return path !== ":memory:" && !/^https?:\/\//.test(path);
}

/** Where the value at a path stands in a file, or the key when the value is nothing. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] ?? 0 : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) =>
        String(isScalar(key) ? key.value : key) === String(step)
      );
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** The commented configuration that `init` writes. */
export function sampleConfig(
  values: Readonly<Record<string, string>> = {},
): string {
  const lines = [
    "# Configuration of imapd: imapd serve --config THIS-FILE",
    "#",
    "# Options of the command line go before what stands here. Paths are relative to the",
    "# folder of this file. A line that begins with # shows how a setting is written.",
  ];
  for (const { key, help, fallback, sample } of SETTINGS) {
    lines.push("", `# ${capitalized(help)}.`, `# Default: ${fallback}`);
    const given = values[key];
    if (given !== undefined) lines.push(`${key}: ${JSON.stringify(given)}`);
    else lines.push(`${sample.active ? "" : "# "}${key}: ${sample.yaml}`);
  }
  lines.push(
    "",
    "# Where to listen, in place of the ports and the socket above. Kinds: " +
      `${Object.keys(DOORS).join(", ")}.`,
    "# A listener with proxies takes connections from these alone, each of which has to begin",
    "# with a PROXY header (version 1 or 2). tlsAtProxy says that they speak TLS with all clients.",
    "# listeners:",
    `#   - { kind: imap, hostname: ${DEFAULTS.hostname}, port: 143 }`,
    "#   - { kind: imaps, hostname: 0.0.0.0, port: 993 }",
    "#   - { kind: imap, hostname: 10.0.0.5, port: 1430, proxies: [10.0.0.0/24], tlsAtProxy: true }",
    "#   - { kind: lmtp, path: /run/imapd/lmtp, mode: 0o660 }",
    "",
    ...CERTIFICATES_SAMPLE,
    "",
    ...ACME_SAMPLE,
    "",
    "# Whom mail is for that comes in by LMTP: users by the part before the @, and",
    "# alice+lists@... for mailbox lists of alice, INBOX where it is not there.",
    "# delivery:",
    "#   domains: [example.com]",
    "#   aliases: { postmaster: alice, sales: [alice, bob] }",
    "#   agents: [mx] # users who may deliver over lmtpPort, once logged in; default: everybody",
    "#   catchAll: alice",
    '#   subaddressDelimiter: "+"',
    "#   createMailboxes: false",
    "",
    "# How clients find out whom to write to (METADATA), and users who may set what all users see.",
    "# metadata:",
    "#   admin: mailto:postmaster@example.com",
    "#   editors: [alice]",
    "",
    "# Users with their passwords in clear text, for tests and first steps. The others are in",
    "# the database: see imapd help user.",
    "# users:",
    "#   alice: secret",
    "",
    ...SASL_SAMPLE,
    "",
    "# Capabilities not to be offered.",
    "# capabilities:",
    "#   disable: [IDLE]",
    "",
    ...QUIRKS_SAMPLE,
    "",
    "# The largest message that clients may put into a mailbox, in bytes; 0 for none at all.",
    "# appendLimits: { Archive: 10485760, Templates: 0 }",
    "",
    "# What clients may ask for at the most. Sizes are in bytes, times in milliseconds.",
    "# limits:",
    ...limitLines(DEFAULT_LIMITS),
    "",
    "# What users may make the storage keep.",
    "# storageLimits:",
    ...limitLines(DEFAULT_STORAGE_LIMITS),
  );
  return lines.join("\n") + "\n";
}

function limitLines(defaults: object): string[] {
  return Object.entries(defaults).map(([name, value]) =>
    `#   ${name}: ${value}`
  );
}

function capitalized(phrase: string): string {
  return phrase[0]!.toUpperCase() + phrase.slice(1);
}
