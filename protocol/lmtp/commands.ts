/**
 * The commands of LMTP but those that carry a message (RFC 2033 § 4, RFC 5321 § 4.1.1).
 *
 * @module
 */

import { deliveryFailure } from "../delivery_failure.ts";
import { assertMayDeliver, auth, authLines } from "./auth.ts";
import { Refusal } from "./reply.ts";
import { bdat, data } from "./message_commands.ts";
import { mailParameters, noParameters } from "./parameters.ts";
import { isAscii, isDomain, readPath, shown } from "./path.ts";
import type { Session } from "./session.ts";

/**
 * Executes a command and adds its replies.
 * @param argument what stands behind the verb and a space, without spaces at its end
 * @throws {Refusal} to refuse the command
 */
export type Command = (
  session: Session,
  argument: string,
) => Promise<void> | void;

// lhlo = "LHLO" SP ( Domain / address-literal )
function lhlo(session: Session, argument: string): void {
  // Some clients say more behind the name (RFC 5321 § 4.1.1.1).
  const [client = ""] = argument.split(" ");
  if (!isDomain(client)) {
    throw new Refusal("501 5.5.4", "Say who you are: LHLO domain");
  }
  session.client = client;
  session.reset();
  const { limits } = session.host;
  session.transport.replyLines("250", [
    session.hostname,
    "8BITMIME",
    "CHUNKING",
    "ENHANCEDSTATUSCODES",
    "PIPELINING",
    `SIZE ${limits.message}`,
    "SMTPUTF8",
    ...authLines(session),
    ...session.stream.canStartTls ? ["STARTTLS"] : [],
  ]);
}

/** HELO and EHLO are for others: who says them takes this for SMTP (RFC 2033 § 4.1). */
function hello(): void {
  throw new Refusal("500 5.5.1", "This is LMTP: say LHLO");
}

// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]
function mail(session: Session, argument: string): void {
  if (session.client === undefined) throw sequence("Say LHLO first");
  assertMayDeliver(session);
  if (session.transaction !== undefined) {
    throw sequence("There is a transaction already");
  }
  const found = readPath(clause(argument, "FROM:"));
  if (found === undefined) {
    throw new Refusal("501 5.1.7", "The sender is no address");
  }
  const parameters = mailParameters(
    found.rest,
    session.host.mayDeliver !== undefined,
  );
  const { path } = found;
  if (!parameters.utf8 && !isAscii(path.address)) {
    // RFC 6531 § 3.5
    throw new Refusal("550 5.6.7", "The sender needs SMTPUTF8");
  }
  if ((parameters.size ?? 0) > session.host.limits.message) {
    // RFC 1870 § 6.1
    throw new Refusal("552 5.3.4", "The message is too large");
  }
  session.begin(path, parameters);
  session.transport.reply("250 2.1.0", "Sender accepted");
}

// rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters]
async function rcpt(session: Session, argument: string): Promise<void> {
  const { transaction, host, transport } = session;
  if (transaction === undefined) throw sequence("Say MAIL first");
  if (transaction.chunked) throw sequence("The message has begun");
  const found = readPath(clause(argument, "TO:"));
  if (found === undefined || found.path.localPart === "") {
    throw new Refusal("501 5.1.3", "The recipient is no address");
  }
  noParameters(found.rest);
  const { path } = found;
  if (!transaction.parameters.utf8 && !isAscii(path.address)) {
    // RFC 6531 § 3.5
    throw new Refusal("553 5.6.7", "The recipient needs SMTPUTF8");
  }
  const { recipients } = transaction;
  if (recipients.length >= host.limits.recipients) {
    // RFC 5321 § 4.5.3.1.10
    throw new Refusal("452 4.5.3", "Too many recipients");
  }
  const sender = transaction.sender.address;
  const { remote } = session.stream;
  try {
    const targets = await host.recipient({ ...path, sender, remote });
    if (targets === undefined) {
      throw new Refusal("550 5.1.1", `${shown(path)} is nobody here`);
    }
    recipients.push({ path, targets });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const about = { ...session.about(), recipient: path.address };
    const { reply, status, text } = deliveryFailure(host, error, about);
    throw new Refusal(`${reply} ${status}`, text);
  }
  transport.reply("250 2.1.5", "Recipient accepted");
}

function rset(session: Session): void {
  session.reset();
  session.transport.reply("250 2.0.0", "Done");
}

function noop(session: Session): void {
  session.transport.reply("250 2.0.0", "Done");
}

// vrfy = "VRFY" SP String
function vrfy(session: Session, argument: string): void {
  if (argument === "") throw new Refusal("501 5.5.4", "VRFY whom?");
  // Who is here is told to those who have mail for them (RFC 5321 § 3.5.3).
  session.transport.reply("252 2.5.0", "RCPT will tell");
}

function help(session: Session): void {
  const verbs = [...COMMANDS.keys()].join(" ");
  session.transport.reply("214 2.0.0", `RFC 2033: ${verbs}`);
}

function quit(session: Session): void {
  session.ended = true;
  session.transport.reply("221 2.0.0", "Bye");
}

/** STARTTLS (RFC 3207): what is known of the client is forgotten (§ 4.2). */
async function startTls(session: Session): Promise<void> {
  const { stream, transport } = session;
  if (stream.secure) throw sequence("TLS is on");
  if (session.user !== undefined) throw sequence("You are logged in");
  if (!stream.canStartTls) throw new Refusal("502 5.5.1", "There is no TLS");
  transport.reply("220 2.0.0", "Go ahead");
  await transport.startTls();
  session.client = undefined;
  session.reset();
}

/** The text behind `FROM:` or `TO:`; spaces behind it are let through, as most servers do. */
function clause(argument: string, keyword: string): string {
  const { length } = keyword;
  if (argument.slice(0, length).toUpperCase() !== keyword) {
    throw new Refusal("501 5.5.4", `Expected ${keyword}`);
  }
  return argument.slice(length).trimStart();
}

/** A command that has no place where it came. */
function sequence(text: string): Refusal {
  return new Refusal("503 5.5.1", text);
}

/** A command without an argument. */
function alone(command: Command): Command {
  return (session, argument) => {
    if (argument !== "") throw new Refusal("501 5.5.4", "No argument here");
    return command(session, argument);
  };
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["LHLO", lhlo],
  ["MAIL", mail],
  ["RCPT", rcpt],
  ["DATA", alone(data)],
  ["BDAT", bdat],
  ["RSET", alone(rset)],
  ["NOOP", noop],
  ["VRFY", vrfy],
  ["HELP", help],
  ["AUTH", auth],
  ["STARTTLS", alone(startTls)],
  ["QUIT", alone(quit)],
]);

const OTHERS: ReadonlyMap<string, Command> = new Map([
  ["HELO", hello],
  ["EHLO", hello],
]);

/**
 * Executes a command line.
 * @throws {Refusal} 500 when there is no such command, or what the command throws
 * @throws {Closing} when what follows cannot be told from commands
 */
export function execute(session: Session, line: string): Promise<void> | void {
  // Spaces at the end are let through (RFC 5321 § 4.1.1).
  let end = line.length;
  while (line[end - 1] === " " || line[end - 1] === "\t") end--;
  const [, verb = "", argument = ""] = /^([A-Za-z]+)(?: (.*))?$/s
    .exec(line.slice(0, end)) ?? [];
  const name = verb.toUpperCase();
  const command = COMMANDS.get(name) ?? OTHERS.get(name);
  if (command === undefined) {
    throw new Refusal("500 5.5.1", "There is no such command");
  }
  return command(session, argument);
}
