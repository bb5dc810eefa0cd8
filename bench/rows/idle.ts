/**
 * Sessions that wait: how soon they hear of a message, and what they cost.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { messageOfSize } from "../mail.ts";
import { type Bench, median, type Row, timed } from "../row.ts";
import { type Memory, memoryOf } from "../target.ts";

/** What the rows of the memory of a session share: it is measured once for both. */
const measured = new WeakMap<Bench, Promise<Memory | undefined>>();

async function idleSessions(
  bench: Bench,
  count: number,
  mailbox: string,
): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const client = await bench.login();
    await client.run(`SELECT ${mailbox}`);
    await client.idle();
    clients.push(client);
  }
  return clients;
}

/** From the first octet of the APPEND until the last of the sessions has its EXISTS. */
async function appendToExists(bench: Bench): Promise<number> {
  const mailbox = bench.newName();
  using writer = await bench.login();
  await writer.run(`CREATE ${mailbox}`);
  const idlers = await idleSessions(bench, 100, mailbox);
  const source = messageOfSize(1, 4_096);
  const times: number[] = [];
  for (let n = 0; n < bench.amount(9, 3); n++) {
    const heard = idlers.map((client) => client.waitFor("EXISTS"));
    times.push(
      await timed(() =>
        Promise.all([writer.append(mailbox, source), ...heard])
      ),
    );
  }
  for (const client of idlers) client.close();
  await writer.run(`DELETE ${mailbox}`);
  return median(times);
}

async function memoryOfSession(
  bench: Bench,
  kind: keyof Memory,
): Promise<number | undefined> {
  const known = measured.get(bench) ?? measureSession(bench);
  measured.set(bench, known);
  return (await known)?.[kind];
}

async function measureSession(bench: Bench): Promise<Memory | undefined> {
  const { processes } = bench.target;
  if (processes === undefined) return undefined;
  await bench.needArchive();
  await bench.target.restart?.();
  const count = bench.amount(400, 50);
  // A few sessions first, so that what is made once is not counted.
  const first = await idleSessions(bench, 5, "bench-archive");
  await settle();
  const before = memoryOf(processes());
  const more = await idleSessions(bench, count, "bench-archive");
  await settle();
  const after = memoryOf(processes());
  for (const client of [...first, ...more]) client.close();
  return {
    pss: (after.pss - before.pss) / count,
    rss: (after.rss - before.rss) / count,
  };
}

/** Lets a server do what it does when nobody asks, so that figures are steady. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

/** IDLE and memory. */
export const idleRows: readonly Row[] = [
  {
    name: "APPEND to EXISTS on the last of 100 idle sessions",
    unit: "ms",
    runs: 3,
    measure: appendToExists,
  },
  {
    name: "Memory of the server without sessions, PSS",
    unit: "KiB",
    runs: 1,
    measure: async ({ target }) => {
      if (target.processes === undefined) return undefined;
      await target.restart?.();
      await settle();
      return memoryOf(target.processes()).pss;
    },
  },
  {
    name: "Memory of an idle session with the archive open, PSS",
    unit: "KiB",
    runs: 1,
    measure: (bench) => memoryOfSession(bench, "pss"),
  },
  {
    name: "Memory of an idle session with the archive open, RSS",
    unit: "KiB",
    runs: 1,
    measure: (bench) => memoryOfSession(bench, "rss"),
  },
];
