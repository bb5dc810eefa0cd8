/**
 * The command line of the benchmark.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/** What `--help` prints. */
export const HELP = `Measures IMAP servers and prints one table.

deno task bench [options]

  (nothing)               imapd on a fresh database, a private Dovecot and,
                          unless --quick, a private Cyrus
  --own NAMES             which of them to start, as in imapd,dovecot,cyrus;
                          imapd-2 is imapd with two workers; "" for none
  --target NAME=HOST:PORT a server that runs already, without TLS; repeatable.
                          Without --own it is measured alone. Its mailboxes
                          named bench-* are deleted.
  --host H --port P       the same for one server
  --user U --password P   who logs in there (default alice, secret)
  --messages N            messages in the archive (default 10,000)
  --quick                 1,000 messages, fewer runs, below a minute
  --rows TEXT             only rows whose name has TEXT in it; repeatable
  --json FILE             writes all figures
  --svg FILE              draws the ratios
  --directory DIR         where databases go (default: a temporary directory)
`;

/** A server that runs already. */
export interface Address {
  /** The head of its column. */
  readonly name: string;
  /** Host name or address. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
}

/** What the command line asks for. */
export interface Options {
  /** Servers to start: `imapd`, `dovecot`, `cyrus`. */
  readonly own: readonly string[];
  /** Servers that run already. */
  readonly targets: readonly Address[];
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** Number of messages in the archive. */
  readonly messages: number;
  /** Whether short work is asked for. */
  readonly quick: boolean;
  /** Parts of names of rows; empty for all rows. */
  readonly rows: readonly string[];
  /** Where the data go, if anywhere. */
  readonly json: string | undefined;
  /** Where the plot goes, if anywhere. */
  readonly svg: string | undefined;
  /** Where databases go. */
  readonly directory: string | undefined;
  /** Whether to print `HELP` instead. */
  readonly help: boolean;
}

/** Reads the command line; throws an `Error` that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const named = parseArgs(args, {
    string: [
      ...["own", "target", "host", "port", "user", "password", "messages"],
      ...["rows", "json", "svg", "directory"],
    ],
    boolean: ["quick", "help"],
    collect: ["target", "rows"],
    unknown: (arg) => {
      throw new Error(`Unknown option ${arg}`);
    },
  });
  const text = (name: string): string | undefined =>
    named[name] as string | undefined;
  const list = (name: string): string[] => (named[name] ?? []) as string[];
  const targets = list("target").map(address);
  if (text("port") !== undefined) {
    const host = text("host") ?? "127.0.0.1";
    targets.push(address(`${host}=${host}:${text("port")}`));
  }
  const quick = named.quick === true;
  const all = quick ? "imapd,dovecot" : "imapd,dovecot,cyrus";
  const own = text("own") ?? (targets.length > 0 ? "" : all);
  const messages = Number(text("messages") ?? (quick ? 1_000 : 10_000));
  if (!Number.isInteger(messages) || messages < 1 || messages > 1_000_000) {
    throw new Error("--messages wants a number from 1 to 1,000,000");
  }
  return {
    own: own.split(",").filter((name) => name !== ""),
    targets,
    user: text("user") ?? "alice",
    password: text("password") ?? "secret",
    messages,
    quick,
    rows: list("rows"),
    json: text("json"),
    svg: text("svg"),
    directory: text("directory"),
    help: named.help === true,
  };
}

function address(text: string): Address {
  const match = /^([^=]+)=(.+):(\d+)$/.exec(text);
  if (match === null) throw new Error(`Not NAME=HOST:PORT: ${text}`);
  const [, name, hostname, port] = match as unknown as string[];
  return {
    name: name as string,
    hostname: (hostname as string).replace(/^\[(.*)\]$/, "$1"),
    port: Number(port),
  };
}
