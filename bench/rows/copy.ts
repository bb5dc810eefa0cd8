/**
 * COPY, MOVE and EXPUNGE of the whole archive.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";

/** Copies the archive into a new mailbox; returns its name and the time in ms. */
async function copyArchive(
  bench: Bench,
  client: Client,
): Promise<{ mailbox: string; time: number }> {
  const mailbox = bench.newName();
  await client.run(`CREATE ${mailbox}`);
  const time = await timed(() => client.run(`COPY 1:* ${mailbox}`));
  await mustHold(client, mailbox, bench.archive.messages.length);
  return { mailbox, time };
}

async function mustHold(
  client: Client,
  mailbox: string,
  count: number,
): Promise<void> {
  const status = (await client.lines(`STATUS ${mailbox} (MESSAGES)`)).join();
  mustBe(mailbox, Number(/MESSAGES (\d+)/.exec(status)?.[1]), count);
}

async function copy(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const { mailbox, time } = await copyArchive(bench, client);
  await bench.remove(mailbox);
  return time;
}

async function move(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const { mailbox } = await copyArchive(bench, client);
  const target = bench.newName();
  await client.run(`CREATE ${target}`);
  await client.run(`SELECT ${mailbox}`);
  const time = await timed(() => client.run(`MOVE 1:* ${target}`));
  await mustHold(client, target, bench.archive.messages.length);
  await client.run("CLOSE");
  await mustHold(client, mailbox, 0);
  await bench.remove(mailbox, target);
  return time;
}

async function expunge(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const { mailbox } = await copyArchive(bench, client);
  await client.run(`SELECT ${mailbox}`);
  await client.run("STORE 1:* +FLAGS.SILENT (\\Deleted)");
  let told = 0;
  const time = await timed(async () => {
    await client.run("EXPUNGE", (response) => {
      // "EXPUNGE" ends the line.
      if (response.at(-1) === 69) told++;
    });
  });
  mustBe("EXPUNGE told", told, bench.archive.messages.length);
  await client.run("CLOSE");
  await mustHold(client, mailbox, 0);
  await bench.remove(mailbox);
  return time;
}

/** COPY, MOVE, EXPUNGE. */
export const copyRows: readonly Row[] = [
  { name: "COPY 1:*", unit: "ms", runs: 3, measure: copy },
  { name: "MOVE 1:*", unit: "ms", runs: 3, measure: move },
  { name: "EXPUNGE of all", unit: "ms", runs: 3, measure: expunge },
];
