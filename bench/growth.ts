/**
 * Measures how the cost of imapd grows: with the messages of a mailbox, with mailboxes, with sessions.
 *
 * Messages are of half a kilobyte, so that a million of them fit. The first hundred thousand are different, those
 * beyond are copies. Sizes can be given: `deno task growth --messages 1000,10000 --mailboxes 100 --sessions 10`.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { appendParts, Client } from "./client.ts";
import { startImapd } from "./imapd.ts";
import { Random } from "./mail.ts";
import { median } from "./row.ts";
import { memoryOf, type OwnTarget } from "./target.ts";

const HELP = `Measures how the cost of imapd grows, and prints a table for each.

deno task growth [options]

  --messages N,N   messages in a mailbox (default 1,000 to 1,000,000)
  --mailboxes N,N  mailboxes of a user (default 1 to 10,000)
  --sessions N,N   sessions that idle (default 10 to 5,000)

0 leaves one of them out. All of it takes a quarter of an hour.
`;

const encoder = new TextEncoder();

/** So many messages are appended; the others are copies of them. */
const DIFFERENT = 100_000;
/** How often what is short is measured; the median counts. */
const TIMES = 9;

/** What one size came to: names of figures, in order, with the figures as they are shown. */
type Figures = Map<string, string>;

async function main(): Promise<void> {
  const given = parseArgs(Deno.args, {
    boolean: ["help"],
    string: ["messages", "mailboxes", "sessions"],
    default: {
      messages: "1000,10000,100000,1000000",
      mailboxes: "1,100,10000",
      sessions: "10,1000,5000",
    },
  });
  if (given.help) return console.log(HELP);
  const sizesOf = (text: unknown) =>
    String(text).split(",").map(Number).filter((size) => size > 0);
  await grow("Messages in a mailbox", sizesOf(given.messages), withMessages);
  await grow("Mailboxes of a user", sizesOf(given.mailboxes), withMailboxes);
  await grow("Sessions that idle", sizesOf(given.sessions), withSessions);
}

/** Measures each size on a database of its own, and prints a table. */
async function grow(
  what: string,
  sizes: readonly number[],
  measure: (server: OwnTarget, size: number) => Promise<Figures>,
): Promise<void> {
  if (sizes.length === 0) return;
  const columns: Figures[] = [];
  for (const size of sizes) {
    console.error(`... ${what}: ${size}`);
    const directory = await Deno.makeTempDir();
    try {
      await using server = await startImapd({
        directory,
        user: "alice",
        password: "secret",
        arguments: ["--max-connections-per-user", "6000"],
      });
      columns.push(await measure(server, size));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
  const names = [...columns.at(-1)!.keys()];
  const lines = [[what, ...sizes.map((size) => size.toLocaleString("en"))]];
  for (const name of names) {
    lines.push([name, ...columns.map((figures) => figures.get(name) ?? "")]);
  }
  const widths = lines[0]!.map((_, at) =>
    Math.max(...lines.map((line) => line[at]!.length))
  );
  for (const line of lines) {
    console.log(
      line.map((cell, at) =>
        at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)
      ).join("  "),
    );
  }
  console.log();
}

async function withMessages(server: OwnTarget, size: number): Promise<Figures> {
  const figures: Figures = new Map();
  let client = await Client.login(server);
  await client.run("CREATE archive");
  const appended = Math.min(size, DIFFERENT);
  const filling = await timed(() =>
    client.pipeline(appended, (n) => appendParts("archive", smallMessage(n)))
  );
  figures.set("APPEND, pipelined", perSecond(appended, filling));
  await client.run("SELECT archive");
  let copying = 0;
  for (let there = appended; there < size;) {
    const more = Math.min(there, size - there, DIFFERENT);
    copying += await timed(() => client.run(`COPY 1:${more} archive`));
    there += more;
  }
  figures.set("Memory after that", memory(server));
  await client.logout();
  await server.restart();
  client = await Client.login(server);
  const opening = await timed(() => client.run("SELECT archive"));
  figures.set("SELECT after a restart", ms(opening));
  figures.set(
    "SELECT again",
    ms(await often(() => client.run("SELECT archive"))),
  );
  const random = new Random(size);
  const page = Math.min(50, size);
  const first = () => 1 + random.below(size - page + 1);
  figures.set(
    "FETCH 50 envelopes, anywhere",
    ms(
      await often(() => {
        const from = first();
        return client.run(
          `FETCH ${from}:${from + page - 1} (UID FLAGS ENVELOPE)`,
        );
      }),
    ),
  );
  figures.set(
    "FETCH a message, anywhere",
    ms(await often(() => client.run(`FETCH ${first()} BODY.PEEK[]`))),
  );
  figures.set(
    "FETCH 1:* (UID FLAGS)",
    ms(await timed(() => client.run("FETCH 1:* (UID FLAGS)"))),
  );
  figures.set(
    "STORE of a message",
    ms(
      await often(() =>
        client.run(`STORE ${first()} FLAGS.SILENT (\\Flagged)`)
      ),
    ),
  );
  figures.set(
    "APPEND of a message",
    ms(await often(() => client.append("archive", smallMessage(size)))),
  );
  figures.set(
    "SEARCH UNSEEN",
    ms(await often(() => client.run("SEARCH UNSEEN"))),
  );
  const subject = "SEARCH SUBJECT seldom";
  figures.set(
    "SEARCH SUBJECT, first",
    ms(await timed(() => client.run(subject))),
  );
  figures.set(
    "SEARCH SUBJECT, again",
    ms(await timed(() => client.run(subject))),
  );
  figures.set(
    "STORE 1:* silent",
    ms(await timed(() => client.run("STORE 1:* +FLAGS.SILENT (\\Answered)"))),
  );
  figures.set("Memory after that all", memory(server));
  if (copying > 0) {
    figures.set("COPY", perSecond(size - appended, copying));
  }
  client.close();
  return figures;
}

/** INBOX, a hundred others, and those below them. */
function mailboxName(n: number): string {
  if (n === 0) return "INBOX";
  return n <= 100 ? `folder-${n % 100}` : `folder-${n % 100}/box-${n}`;
}

async function withMailboxes(
  server: OwnTarget,
  size: number,
): Promise<Figures> {
  const figures: Figures = new Map();
  let client = await Client.login(server);
  const creating = await timed(async () => {
    for (let n = 1; n < size; n++) {
      await client.run(`CREATE ${mailboxName(n)}`);
    }
  });
  if (size > 1) figures.set("CREATE", perSecond(size - 1, creating));
  await client.logout();
  await server.restart();
  client = await Client.login(server);
  const list = 'LIST "" *';
  figures.set("LIST after a restart", ms(await timed(() => client.run(list))));
  figures.set("LIST again", ms(await often(() => client.run(list))));
  const status = 'LIST "" * RETURN (STATUS (MESSAGES UNSEEN))';
  figures.set("LIST with STATUS", ms(await often(() => client.run(status))));
  figures.set(
    "SELECT of the last",
    ms(
      await often(() => client.run(`SELECT ${mailboxName(size - 1)}`)),
    ),
  );
  figures.set("Memory", memory(server));
  client.close();
  return figures;
}

async function withSessions(server: OwnTarget, size: number): Promise<Figures> {
  const figures: Figures = new Map();
  const writer = await Client.login(server);
  for (let n = 0; n < 100; n++) await writer.append("INBOX", smallMessage(n));
  const before = memoryOf(server.processes()).rss;
  const idle: Client[] = [];
  const coming = await timed(async () => {
    for (let n = 0; n < size; n++) {
      const client = await Client.login(server);
      await client.run("SELECT INBOX");
      await client.idle();
      idle.push(client);
    }
  });
  figures.set("LOGIN, SELECT, IDLE", perSecond(size, coming));
  const there = memoryOf(server.processes()).rss;
  figures.set("Memory", memory(server));
  figures.set(
    "Memory of a session",
    `${((there - before) / size).toFixed(0)} KiB`,
  );
  const times: number[] = [];
  for (let n = 0; n < 3; n++) {
    const heard = idle.map((client) => client.waitFor("EXISTS"));
    times.push(
      await timed(() =>
        Promise.all([writer.append("INBOX", smallMessage(n)), ...heard])
      ),
    );
  }
  figures.set("APPEND to EXISTS on all", ms(median(times)));
  figures.set("NOOP beside them", ms(await often(() => writer.run("NOOP"))));
  for (const client of idle) client.close();
  writer.close();
  return figures;
}

/** A message of about half a kilobyte; one in ten thousand is about something else. */
function smallMessage(n: number): Uint8Array {
  const subject = n % 10_000 === 7 ? `A seldom word ${n}` : `Report ${n}`;
  return encoder.encode(
    `From: Sender ${n % 997} <sender${n % 997}@example.org>\r\n` +
      `To: Alice <alice@example.com>\r\n` +
      `Date: ${
        new Date(1.7e12 + n * 60_000).toUTCString().replace("GMT", "+0000")
      }\r\n` +
      `Message-ID: <${n}@growth.example.org>\r\n` +
      `Subject: ${subject}\r\n` +
      `Content-Type: text/plain; charset=us-ascii\r\n\r\n` +
      `This is what there is to say about number ${n}. `.repeat(4) + "\r\n",
  );
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The median of several times. */
async function often(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < TIMES; n++) times.push(await timed(work));
  return median(times);
}

function ms(time: number): string {
  return `${time < 10 ? time.toPrecision(2) : time.toFixed(0)} ms`;
}

function perSecond(count: number, time: number): string {
  return `${Math.round(count / time * 1_000).toLocaleString("en")}/s`;
}

function memory(server: OwnTarget): string {
  const { rss } = memoryOf(server.processes());
  return `${Math.round(rss / 1024)} MiB`;
}

await main();
Deno.exit(0);
