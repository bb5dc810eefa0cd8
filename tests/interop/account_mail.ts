/**
 * An account with a bit of everything, put into a server and read from it over IMAP.
 *
 * @module
 */

import { type Account, appendParts, Client } from "../../bench/client.ts";
import { encodeModifiedUtf7 } from "../../protocol/wire/mailbox_name.ts";
import { parseDateTime } from "../../protocol/wire/date_time.ts";
import { fromBytes, toBytes } from "./process.ts";

/** A message: source with a character a byte, sorted flags, INTERNALDATE in seconds since 1970. */
export type Mail = readonly [source: string, flags: string, date: number];

/** Mailboxes with their messages, names with `/` between the levels. */
export type Mailboxes = Readonly<Record<string, readonly Mail[]>>;

const FLAGS = ["", "\\Seen", "\\Answered \\Flagged", "$Work \\Seen label-7"];
const ZONES = ["+0000", "-0830", "+1100"];
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Mail of several kinds; no NUL, which no server gives back (RFC 9051 § 4.3). */
export const MAILBOXES: Mailboxes = {
  INBOX: mails("inbox", 130),
  Spam: mails("spam", 3),
  "Gesendete Objekte": mails("sent", 4),
  "Papierkorb": mails("trash", 1),
  "Kunden/Prüm & Söhne/2024": mails("customer", 12),
  "Empty": [],
};

function mails(about: string, count: number): Mail[] {
  return Array.from({ length: count }, (_, n): Mail => [
    `Message-ID: <${about}${n}@example.org>\r\nFrom: a@example.org\r\n` +
    `Subject: ${about} ${n}\r\n\r\n` +
    ["short\r\n", "no end of line", "8 bit \xe9\xff\r\n", "\r\n"][n % 4] +
    (n === 2 ? "long ".repeat(60_000) + "\r\n" : ""),
    FLAGS[n % FLAGS.length]!,
    Math.floor(Date.UTC(2001 + n % 20, n % 12, 1 + n % 28, n % 24) / 1000) + n,
  ]);
}

/** Makes the mailboxes, subscribes to every second one, and appends the messages. */
export async function fillAccount(server: Account): Promise<void> {
  using client = await Client.login(server);
  let number = 0;
  for (const [name, messages] of Object.entries(MAILBOXES)) {
    const wire = encodeModifiedUtf7(name);
    if (name !== "INBOX") await client.run(`CREATE "${wire}"`);
    if (number++ % 2 === 0) await client.run(`SUBSCRIBE "${wire}"`);
    await client.pipeline(messages.length, (n) => {
      const [source, flags, date] = messages[n]!;
      const time = dateTime(date, ZONES[n % ZONES.length]!);
      return appendParts(wire, toBytes(source), `(${flags}) "${time}"`);
    });
  }
}

/** The messages of a mailbox, in order. */
export async function mailOf(server: Account, name: string): Promise<Mail[]> {
  using client = await Client.login(server);
  await client.run(`EXAMINE "${encodeModifiedUtf7(name)}"`);
  const found: Mail[] = [];
  const items = "(FLAGS INTERNALDATE BODY.PEEK[])";
  await client.run(`UID FETCH 1:* ${items}`, (response) => {
    const text = fromBytes(response);
    const head = /^\* \d+ FETCH [^{]*BODY\[\] \{(\d+)\}\r\n/.exec(text);
    if (head === null) return;
    const end = head[0].length + Number(head[1]);
    const rest = head[0] + text.slice(end);
    const flags = /FLAGS \(([^)]*)\)/.exec(rest)![1]!.split(" ")
      .filter((flag) => flag !== "" && flag !== "\\Recent");
    const time = /INTERNALDATE "([^"]+)"/.exec(rest)![1]!;
    found.push([
      text.slice(head[0].length, end),
      flags.sort().join(" "),
      parseDateTime(time) / 1000,
    ]);
  });
  return found;
}

/** A date as INTERNALDATE (RFC 9051 § 9, date-time). */
function dateTime(seconds: number, zone: string): string {
  const [, sign, hours, minutes] = /([+-])(\d\d)(\d\d)/.exec(zone)!;
  const shift = (Number(hours) * 60 + Number(minutes)) * 60;
  const local = new Date((seconds + (sign === "-" ? -shift : shift)) * 1000);
  const month = MONTHS.slice(local.getUTCMonth() * 3).slice(0, 3);
  const [, clock] = local.toISOString().split(/[T.]/);
  const day = String(local.getUTCDate()).padStart(2, " ");
  return `${day}-${month}-${local.getUTCFullYear()} ${clock} ${zone}`;
}
