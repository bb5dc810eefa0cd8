/**
 * FETCH of flags, of what a list of messages shows, and of whole messages.
 *
 * @module
 */

import { Random } from "../mail.ts";
import {
  type Bench,
  LONG,
  mustBe,
  type Row,
  timed,
  timedCommand,
} from "../row.ts";

const OVERVIEW = "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE)";
const FIELDS = "FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS " +
  "(FROM TO CC SUBJECT DATE MESSAGE-ID REFERENCES LIST-ID)])";

async function fetchAll(bench: Bench, command: string): Promise<number> {
  using client = await bench.openArchive();
  return await timedCommand(client, command, bench.archive.messages.length);
}

/** The same after a restart, with the mailbox open already. */
async function fetchCold(
  bench: Bench,
  command: string,
): Promise<number | undefined> {
  await bench.needArchive();
  if (bench.target.restart === undefined) return undefined;
  await bench.target.restart();
  return await fetchAll(bench, command);
}

async function warm(bench: Bench, command: string): Promise<number> {
  using client = await bench.openArchive();
  const { length } = bench.archive.messages;
  await timedCommand(client, command, length);
  return await timedCommand(client, command, length);
}

/** Reads all messages of the archive; returns megabytes a second. */
export async function wholeMessages(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const { messages, bytes } = bench.archive;
  const time = await timed(async () => {
    const reply = await client.run("FETCH 1:* BODY.PEEK[]");
    mustBe("Messages", reply.numbered, messages.length);
    mustBe("Octets", reply.literalBytes, bytes);
  });
  return bytes / time / 1_000;
}

/** Eight sessions read messages here and there, each after the answer to the one before. */
async function randomMessages(bench: Bench): Promise<number> {
  const each = bench.amount(1_000, 50);
  const { messages } = bench.archive;
  const clients = await Promise.all(
    Array.from({ length: 8 }, () => bench.openArchive()),
  );
  const until = performance.now() + LONG;
  let done = 0;
  const time = await timed(() =>
    Promise.all(clients.map(async (client, n) => {
      const random = new Random(bench.seed() + n);
      for (let i = 0; i < each && performance.now() < until; i++) {
        const number = random.below(messages.length);
        const expected = messages[number] as Uint8Array;
        const reply = await client.run(
          `FETCH ${number + 1} BODY.PEEK[]`,
          i > 0 ? undefined : (got) => {
            mustBe("The message's octets", contains(got, expected), true);
          },
        );
        mustBe("Octets", reply.literalBytes, expected.length);
        done++;
      }
    }))
  );
  for (const client of clients) client.close();
  return done / time * 1_000;
}

/** Whether the literal of a FETCH response is the message. */
function contains(response: Uint8Array, source: Uint8Array): boolean {
  const at = response.indexOf(10) + 1;
  for (let i = 0; i < source.length; i++) {
    if (response[at + i] !== source[i]) return false;
  }
  return true;
}

/** FETCH of the archive. */
export const fetchRows: readonly Row[] = [
  {
    name: "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE), first ever, restarted",
    unit: "ms",
    runs: 1,
    measure: (bench) => fetchCold(bench, OVERVIEW),
  },
  {
    name: "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE), server restarted",
    unit: "ms",
    runs: 3,
    measure: (bench) => fetchCold(bench, OVERVIEW),
  },
  {
    name: "FETCH 1:* (UID ENVELOPE BODYSTRUCTURE), warm",
    unit: "ms",
    runs: 5,
    measure: (bench) => warm(bench, OVERVIEW),
  },
  {
    name: "FETCH 1:* (UID FLAGS)",
    unit: "ms",
    runs: 5,
    measure: (bench) => fetchAll(bench, "FETCH 1:* (UID FLAGS)"),
  },
  {
    name: "FETCH 1:* of 8 header fields, first ever, restarted",
    unit: "ms",
    runs: 1,
    measure: (bench) => fetchCold(bench, FIELDS),
  },
  {
    name: "FETCH 1:* of 8 header fields, warm",
    unit: "ms",
    runs: 5,
    measure: (bench) => warm(bench, FIELDS),
  },
  {
    name: "FETCH 1:* BODY.PEEK[]",
    unit: "MB/s",
    runs: 5,
    measure: wholeMessages,
  },
  {
    name: "FETCH n BODY.PEEK[] here and there, 8 connections",
    unit: "/s",
    runs: 5,
    measure: randomMessages,
  },
];
