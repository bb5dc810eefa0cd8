/**
 * Makes what there is before a conversation, over the protocol itself, so that any server will do.
 *
 * @module
 */

import { Client } from "./client.ts";
import { showResponse } from "../../testing/responses/response.ts";
import type { Script } from "./script.ts";

const PASSWORD = "secret";

/** Makes the mailboxes, messages and subscriptions of a script; closes the connection. */
export async function seed(script: Script, conn: Deno.Conn): Promise<void> {
  const { mailboxes, messages, subscriptions } = script;
  const client = new Client(conn, false, () => {});
  try {
    if (mailboxes.length + messages.length + subscriptions.length === 0) {
      return;
    }
    await client.receive();
    const offered = await logIn(client, script.users.get(0) ?? "alice", 1);
    if (offered.has("UTF8=ONLY") || needsUtf8(script, offered)) {
      await ask(client, "ENABLE UTF8=ACCEPT");
    }
    for (const { name, generated } of mailboxes) {
      if (name !== "INBOX") await ask(client, `CREATE "${name}"`);
      for (let number = 1; number <= generated; number++) {
        await append(client, name, dateOf(number), generate(number));
      }
    }
    for (const message of messages) {
      await append(client, message.mailbox, message.arguments, message.source);
    }
    for (const name of subscriptions) await ask(client, `SUBSCRIBE "${name}"`);
    await ask(client, "LOGOUT");
  } finally {
    client.close();
  }
}

/** Whether a message has a header beyond ASCII, which cannot be appended otherwise (RFC 9755 § 4). */
function needsUtf8(
  { messages }: Script,
  offered: ReadonlySet<string>,
): boolean {
  return offered.has("UTF8=ACCEPT") &&
    messages.some(({ source }) =>
      /[\x80-\xff]/.test(source.split("\r\n\r\n")[0]!)
    );
}

/** Logs in after the greeting, enables IMAP4rev2 for revision 2, and returns the capabilities. */
export async function logIn(
  client: Client,
  user: string,
  revision: number,
): Promise<ReadonlySet<string>> {
  await ask(client, `LOGIN ${user} ${PASSWORD}`);
  const capabilities = new Set<string>();
  for (const response of await ask(client, "CAPABILITY")) {
    if (response.type !== "data" || response.name !== "CAPABILITY") continue;
    for (const value of response.values) {
      if (value.type === "atom") capabilities.add(value.text.toUpperCase());
    }
  }
  if (revision === 2) await ask(client, "ENABLE IMAP4rev2");
  return capabilities;
}

/** The message of this number among those that are generated. */
export function generate(number: number): string {
  return [
    `Date: ${new Date(timeOf(number)).toUTCString().replace("GMT", "+0000")}`,
    `From: Sender ${number} <sender${number}@example.com>`,
    "To: alice@example.com",
    `Subject: Message ${number}`,
    `Message-ID: <${number}@example.com>`,
    "",
    `This is message ${number}.`,
    "",
  ].join("\r\n");
}

/** An hour apart, from 17 February 2000, 12:00 on. */
function timeOf(number: number): number {
  return Date.UTC(2000, 1, 17, 11 + number);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function dateOf(number: number): string {
  const date = new Date(timeOf(number));
  const day = String(date.getUTCDate()).padStart(2, " ");
  const month = MONTHS[date.getUTCMonth()];
  const time = date.toISOString().slice(11, 19);
  return `"${day}-${month}-${date.getUTCFullYear()} ${time} +0000"`;
}

async function append(
  client: Client,
  mailbox: string,
  options: string,
  source: string,
): Promise<void> {
  const head = `.a APPEND "${mailbox}" ${options && options + " "}`;
  await client.send(`${head}{${source.length}}\r\n`);
  const answer = await client.receive();
  if (answer?.type !== "continuation") {
    throw new Error(`APPEND: ${answer && showResponse(answer)}`);
  }
  await client.send(source + "\r\n");
  await finish(client, ".a");
}

async function ask(
  client: Client,
  command: string,
): ReturnType<typeof finish> {
  await client.send(`.a ${command}\r\n`);
  return await finish(client, ".a");
}

async function finish(client: Client, tag: string) {
  const responses = [];
  for (;;) {
    const response = await client.receive();
    if (response === undefined) throw new Error("Closed");
    responses.push(response);
    if (response.type === "status" && response.tag === tag) {
      if (response.status === "OK") return responses;
      throw new Error(`Preparing: ${showResponse(response)}`);
    }
  }
}
