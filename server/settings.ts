/**
 * The settings of the command line and of the configuration file: one table from which the options, the
 * help, the checks of the file and the commented sample are made.
 *
 * @module
 */

import { LOG_LEVELS } from "./log.ts";
import { DEFAULTS } from "./options.ts";

/** What values a setting takes. */
export type SettingKind =
  | { readonly type: "text" | "path" | "flag" | "port" }
  | { readonly type: "choice"; readonly of: readonly string[] }
  | { readonly type: "count"; readonly min: number; readonly max: number };

/** A setting. */
export interface Setting {
  /** Its key in the configuration file. */
  readonly key: string;
  /** Its values. */
  readonly kind: SettingKind;
  /** What stands for its value in the help; none for a flag. */
  readonly placeholder?: string;
  /** What it does, a phrase. */
  readonly help: string;
  /** Its value when it is not set, in words. */
  readonly fallback: string;
  /** What the sample says, and whether as a comment. */
  readonly sample: { readonly yaml: string; readonly active?: boolean };
}

const count = (min: number, max: number): SettingKind => ({
  type: "count",
  min,
  max,
});

/** A setting for a number with a default of the library. */
function numeric(
  key: Exclude<
    keyof typeof DEFAULTS,
    "hostname" | "serverName" | "hierarchyDelimiter"
  >,
  kind: SettingKind,
  help: string,
): Setting {
  const value = `${DEFAULTS[key]}`;
  return {
    key,
    kind,
    help,
    placeholder: "N",
    fallback: value,
    sample: { yaml: value },
  };
}

/** A setting for a port that is not listened to unless it is named. */
function optionalPort(key: string, wellKnown: number, help: string): Setting {
  return {
    key,
    kind: { type: "port" },
    placeholder: "N",
    help,
    fallback: "off",
    sample: { yaml: `${wellKnown}` },
  };
}

/** All of them that are a single value, in the order of the sample. */
export const SETTINGS: readonly Setting[] = [
  {
    key: "hostname",
    kind: { type: "text" },
    placeholder: "ADDR",
    help: "address to listen on; 0.0.0.0 or :: for all",
    fallback: DEFAULTS.hostname,
    sample: { yaml: DEFAULTS.hostname, active: true },
  },
  {
    key: "port",
    kind: { type: "port" },
    placeholder: "N",
    help: "IMAP with STARTTLS; 0 picks a free port, off means none",
    fallback: `${DEFAULTS.port}`,
    sample: { yaml: "143", active: true },
  },
  {
    key: "tlsPort",
    kind: { type: "port" },
    placeholder: "N",
    help: "IMAP over TLS; 0 picks a free port, off means none",
    fallback: `${DEFAULTS.tlsPort}, or a free one with --port 0`,
    sample: { yaml: "993", active: true },
  },
  optionalPort("pop3Port", 110, "POP3 with STLS; 0 picks a free port"),
  optionalPort("pop3sPort", 995, "POP3 over TLS; 0 picks a free port"),
  optionalPort("lmtpPort", 24, "LMTP, by which a mail server delivers"),
  {
    key: "lmtpSocket",
    kind: { type: "path" },
    placeholder: "PATH",
    help: "LMTP on a socket in the file system, for its owner and group",
    fallback: "none",
    sample: { yaml: "/run/imapd/lmtp" },
  },
  {
    key: "serverName",
    kind: { type: "text" },
    placeholder: "NAME",
    help: "the name of this machine in greetings and Received fields",
    fallback: "that of the system where it may be known, else localhost",
    sample: { yaml: "mail.example.com" },
  },
  {
    key: "cert",
    kind: { type: "path" },
    placeholder: "FILE",
    help: "certificate with those that lead to its issuer, PEM",
    fallback: "a self-signed one, made once and kept beside the data",
    sample: { yaml: "imapd.crt" },
  },
  {
    key: "key",
    kind: { type: "path" },
    placeholder: "FILE",
    help: "private key of the certificate, PEM",
    fallback: "that of the self-signed certificate",
    sample: { yaml: "imapd.key" },
  },
  {
    key: "tlsMinVersion",
    kind: { type: "choice", of: ["TLSv1.2", "TLSv1.3"] },
    placeholder: "V",
    help: "least version of TLS that is spoken, TLSv1.2 or TLSv1.3",
    fallback: "TLSv1.2",
    sample: { yaml: "TLSv1.3" },
  },
  {
    key: "clientCa",
    kind: { type: "path" },
    placeholder: "FILE",
    help: "authorities that certificates of clients may come from, PEM",
    fallback: "none, and clients are not asked for any",
    sample: { yaml: "client-ca.crt" },
  },
  {
    key: "kv",
    kind: { type: "path" },
    placeholder: "PATH|:memory:|URL",
    help: "Deno KV database of mailboxes and users",
    fallback: "./imapd-data/imapd.kv",
    sample: { yaml: "imapd-data/imapd.kv", active: true },
  },
  {
    key: "bodyFilesFrom",
    kind: count(0, 4_294_967_295),
    placeholder: "N",
    help: "bytes from which on a message lies in a file beside the database; " +
      "0 for none",
    fallback: "262144",
    sample: { yaml: "262144" },
  },
  {
    key: "withoutJournal",
    kind: { type: "flag" },
    help: "commit every change to the database at once, which takes longer, " +
      "instead of writing it to a journal beside it first",
    fallback: "false",
    sample: { yaml: "false" },
  },
  {
    key: "insecureAuth",
    kind: { type: "flag" },
    help: "allow passwords without TLS from other machines too",
    fallback: "false",
    sample: { yaml: "false" },
  },
  {
    key: "utf8Only",
    kind: { type: "flag" },
    help: "only clients that know UTF-8 may use mailboxes (UTF8=ONLY)",
    fallback: "false",
    sample: { yaml: "false" },
  },
  {
    key: "surrogates",
    kind: { type: "flag" },
    help: "show clients without UTF-8 all headers in ASCII (RFC 6858)",
    fallback: "false",
    sample: { yaml: "false" },
  },
  {
    key: "caseInsensitiveUsers",
    kind: { type: "flag" },
    help: "compare user names without case; they are kept in lower case",
    fallback: "false",
    sample: { yaml: "false" },
  },
  {
    key: "hierarchyDelimiter",
    kind: { type: "choice", of: ["/", "."] },
    placeholder: "C",
    help: "what separates the levels of mailbox names, / or .",
    fallback: DEFAULTS.hierarchyDelimiter,
    sample: { yaml: '"/"' },
  },
  {
    key: "workers",
    kind: count(1, 64),
    placeholder: "N",
    help: "threads that serve connections, at the most",
    fallback: "1",
    sample: { yaml: "1" },
  },
  {
    key: "minWorkers",
    kind: count(1, 64),
    placeholder: "N",
    help: "how many of them there are from the start; the others come with " +
      "a hundred connections to each",
    fallback: "all of them",
    sample: { yaml: "1" },
  },
  numeric(
    "passwordThreads",
    count(1, 64),
    "threads that check passwords, at the most",
  ),
  numeric(
    "passwordMemory",
    count(8, 1_048_576),
    "KiB of memory that hashing a password takes",
  ),
  numeric(
    "passwordIterations",
    count(1, 100),
    "passes over that memory",
  ),
  {
    key: "passwdFile",
    kind: { type: "path" },
    placeholder: "FILE",
    help: "users beside those of the database, a passwd-file as Dovecot has it",
    fallback: "none",
    sample: { yaml: "/etc/imapd/users" },
  },
  numeric("maxConnections", count(1, 1_000_000), "connections at once"),
  numeric(
    "maxConnectionsBeforeLogin",
    count(1, 1_000_000),
    "connections without a login at once; the oldest goes for a new one",
  ),
  numeric(
    "maxConnectionsPerUser",
    count(1, 1_000_000),
    "sessions of a user at once",
  ),
  numeric(
    "maxConnectionsPerAddress",
    count(1, 1_000_000),
    "connections from an address at once",
  ),
  numeric(
    "handshakeTime",
    count(1, 3_600_000),
    "milliseconds that a handshake for TLS, or a PROXY header, may take",
  ),
  numeric(
    "batchSize",
    count(512, 16_777_216),
    "bytes that gather before they are written to the socket",
  ),
  numeric(
    "searchMemory",
    count(0, 68_719_476_736),
    "bytes kept of what searches have learned of texts",
  ),
  numeric(
    "cacheBytes",
    count(0, 68_719_476_736),
    "bytes kept of messages that were read or came last",
  ),
  numeric(
    "drainTime",
    count(0, 3_600_000),
    "milliseconds for what is under way when the server stops",
  ),
  {
    key: "logLevel",
    kind: { type: "choice", of: LOG_LEVELS },
    placeholder: "L",
    help: `least level that is logged: ${LOG_LEVELS.join(", ")}`,
    fallback: "info",
    sample: { yaml: "info" },
  },
  {
    key: "logFormat",
    kind: { type: "choice", of: ["text", "json"] },
    placeholder: "F",
    help: "text, or json: an object a line",
    fallback: "text",
    sample: { yaml: "text" },
  },
  {
    key: "trace",
    kind: { type: "flag" },
    help: "log each line from and to clients, secrets and contents masked",
    fallback: "false",
    sample: { yaml: "false" },
  },
];

/** The option of a setting: `tlsPort` is `--tls-port`. */
export function optionName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
