/**
 * `imapd deliver`: one message from standard input, for a mail server that delivers by a pipe.
 *
 * @module
 */

import { fields, fieldValue } from "../../protocol/mime/header.ts";
import type { DeliveryFailure } from "../../protocol/delivery_failure.ts";
import { type Config, ConfigError } from "../config.ts";
import { DatabaseInUse } from "../lock.ts";
import { DEFAULTS } from "../options.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { DATABASE_OPTIONS, databaseConfig, openDatabase } from "./database.ts";
import { deliverByLmtp, type LmtpReply } from "./lmtp_client.ts";
import { listenersOf } from "./serve_options.ts";
import { printError } from "./terminal.ts";
import { userName } from "./user_name.ts";

/** What a mail server understands by an exit status (sysexits.h). */
const EX = {
  OK: 0,
  USAGE: 64,
  NOUSER: 67,
  UNAVAILABLE: 69,
  TEMPFAIL: 75,
  CONFIG: 78,
} as const;

/** A Return-Path field further down is not looked for, and one that is longer is none. */
const MAX_HEADER = 65_536;
const MAX_PATH = 1_024;
/** The largest message, in bytes. */
const MAX_MESSAGE = 256 * 1_048_576;

/** See the module's text. */
export const deliverCommand: CliCommand = {
  name: "deliver",
  summary: "take a message from standard input, for a mail server's pipe",
  usage: [
    "deliver --user U [--mailbox M] [--sender ADDRESS] [OPTIONS] < MESSAGE",
  ],
  about: [
    "Where the server runs, it is handed the message by LMTP: the configuration has to name a " +
    "listener for that (lmtpSocket or lmtpPort). Where it does not, the message goes into the database.",
    "A mailbox that is not there is INBOX. By LMTP the mailbox is named by a subaddress.",
    "Exit status by sysexits.h: 0 the message is durable, 64 wrong use, 67 there is no such user, " +
    "69 refused, 75 try again later, 78 the configuration is wrong.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "user", placeholder: "U", help: "whom it is for" },
    {
      name: "mailbox",
      placeholder: "M",
      help: "where it goes (default: INBOX)",
    },
    {
      name: "sender",
      placeholder: "ADDRESS",
      help: "the envelope's sender (default: that of the Return-Path field)",
    },
  ],
  needsKv: true,
  readsInput: true,
  run,
};

async function run(args: Arguments): Promise<number> {
  try {
    return await deliver(args);
  } catch (error) {
    // Whatever is not known to be final must not make the mail server give the message back.
    printError(`imapd: ${error instanceof Error ? error.message : error}`);
    if (error instanceof UsageError) return EX.USAGE;
    if (error instanceof ConfigError) return EX.CONFIG;
    return EX.TEMPFAIL;
  }
}

/** What is to be delivered. */
interface Order {
  readonly config: Config;
  readonly user: string;
  readonly mailbox: string;
  readonly sender: string | undefined;
  readonly source: Uint8Array;
}

async function deliver(args: Arguments): Promise<number> {
  const given = args.text("user");
  if (given === undefined) throw new UsageError("deliver needs --user");
  if (args.operands.length > 0) {
    throw new UsageError(`deliver takes no operand ${args.operands[0]}`);
  }
  const config = await databaseConfig(args);
  const order: Order = {
    config,
    user: userName(given, config),
    mailbox: args.text("mailbox") ?? "INBOX",
    sender: args.text("sender"),
    source: withoutEnvelope(await readInput()),
  };
  const conn = await connect(config);
  if (conn !== undefined) return await throughServer(conn, order);
  try {
    return await intoDatabase(order);
  } catch (error) {
    if (!(error instanceof DatabaseInUse)) throw error;
    throw new CommandError(
      `${error.message}. A server that runs takes messages by LMTP: name lmtpSocket or lmtpPort ` +
        "in its configuration, and this with --config",
    );
  }
}

/** All of standard input. */
async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of Deno.stdin.readable) {
    size += chunk.length;
    if (size > MAX_MESSAGE) throw new CommandError("The message is too big");
    chunks.push(chunk);
  }
  const source = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    source.set(chunk, at);
    at += chunk.length;
  }
  return source;
}

/** A message without the line `From sender date` that mail servers put in front of it for a pipe. */
function withoutEnvelope(source: Uint8Array): Uint8Array {
  const start = String.fromCharCode(...source.subarray(0, 5));
  if (start !== "From ") return source;
  return source.subarray(source.indexOf(10) + 1);
}

/** A connection to the server's listener for LMTP; undefined where there is none, or no server. */
async function connect(config: Config): Promise<Deno.Conn | undefined> {
  const hostname = config.hostname ?? DEFAULTS.hostname;
  for (const listener of listenersOf(config)) {
    if (listener.kind !== "lmtp" || listener.proxies !== undefined) continue;
    const { path, port } = listener;
    try {
      if (path !== undefined) {
        return await Deno.connect({ transport: "unix", path });
      }
      const own = reachable(listener.hostname ?? hostname);
      return await Deno.connect({ hostname: own, port: port! });
    } catch (error) {
      const absent = error instanceof Deno.errors.ConnectionRefused ||
        error instanceof Deno.errors.NotFound;
      if (!absent) throw error;
    }
  }
  return undefined;
}

/** Where to reach a listener on all addresses. */
function reachable(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" ? "::1" : hostname;
}

async function throughServer(conn: Deno.Conn, order: Order): Promise<number> {
  const { delivery = {} } = order.config;
  const { subaddressDelimiter = "+", domains } = delivery;
  const isInbox = order.mailbox.toUpperCase() === "INBOX";
  if (!isInbox && subaddressDelimiter === "") {
    throw new UsageError("Without subaddresses there is only INBOX");
  }
  const detail = isInbox ? "" : subaddressDelimiter + order.mailbox;
  const recipient = addressOf(order.user, detail, domains?.[0] ?? "localhost");
  const sender = order.sender ?? returnPathOf(order.source) ?? "";
  const reply = await deliverByLmtp(conn, { ...order, sender, recipient });
  return outcomeOf(reply);
}

/** The sender in a Return-Path field at the top of a message, or undefined where there is none. */
function returnPathOf(source: Uint8Array): string | undefined {
  for (const field of fields(source, 0, Math.min(source.length, MAX_HEADER))) {
    if (field.name !== "return-path") continue;
    const value = fieldValue(source, field, MAX_PATH);
    return /^<([^<>\p{Cc}]*)>$/u.exec(value.trim())?.[1];
  }
  return undefined;
}

/** A character of an atom (RFC 5322 § 3.2.3, RFC 6531 § 3.3). */
const ATOM = String.raw`[^\s()<>[\]:;@\\,."\p{Cc}]+`;
const DOT_ATOM = new RegExp(`^${ATOM}(\\.${ATOM})*$`, "u");

/** The address of a user, who may be called by an address already, and what is behind the delimiter. */
function addressOf(user: string, detail: string, domain: string): string {
  const at = user.lastIndexOf("@");
  const local = (at < 0 ? user : user.slice(0, at)) + detail;
  const host = at < 0 ? domain : user.slice(at + 1);
  const quoted = `"${local.replace(/["\\]/g, "\\$&")}"`;
  return `${DOT_ATOM.test(local) ? local : quoted}@${host}`;
}

async function intoDatabase(order: Order): Promise<number> {
  const { config, user, mailbox, sender, source } = order;
  await using database = await openDatabase(config);
  const { storage } = database;
  const known = await storage.users.get(user);
  if (known === undefined && config.users?.[user] === undefined) {
    printError(`imapd: There is no user ${user}`);
    return EX.NOUSER;
  }
  const { deliver } = await import("../../protocol/delivery.ts");
  const host = {
    storage,
    now: Date.now,
    fault: (error: unknown) => printError(Deno.inspect(error)),
  };
  const targets = [{ user, mailbox }];
  const [failure] = await deliver(host, {
    pieces: [source],
    sender,
    recipients: [{ address: user, targets }],
  });
  return failure === undefined ? EX.OK : outcomeOf(replyOf(failure));
}

function replyOf({ reply, status, text }: DeliveryFailure): LmtpReply {
  return { code: reply, text: `${status} ${text}` };
}

function outcomeOf({ code, text }: LmtpReply): number {
  if (code < 300) return EX.OK;
  printError(`imapd: ${code} ${text}`);
  if (code < 500) return EX.TEMPFAIL;
  return text.startsWith("5.1.1") ? EX.NOUSER : EX.UNAVAILABLE;
}
