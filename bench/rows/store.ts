/**
 * STORE on the whole archive and on one message at a time.
 *
 * @module
 */

import { type Bench, mustBe, type Row, timed, timedCommand } from "../row.ts";

/** Sets a flag on all, looks whether it is there, and takes it off again. */
async function storeAll(bench: Bench, item: string): Promise<number> {
  using client = await bench.openArchive();
  const { length } = bench.archive.messages;
  const command = `STORE 1:* ${item} (\\Flagged)`;
  // Cyrus answers even where it is asked not to.
  const time = item.endsWith(".SILENT")
    ? await timed(() => client.run(command))
    : await timedCommand(client, command, length);
  const last = (await client.lines(`FETCH ${length} FLAGS`)).join();
  mustBe("Flag set", last.includes("\\Flagged"), true);
  await client.run("STORE 1:* -FLAGS.SILENT (\\Flagged)");
  return time;
}

async function storeOne(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const count = Math.min(bench.amount(500, 100), bench.archive.messages.length);
  const time = await timed(async () => {
    for (let n = 1; n <= count; n++) {
      const reply = await client.run(`STORE ${n} +FLAGS (\\Flagged)`);
      mustBe("Answers to STORE", reply.numbered, 1);
    }
  });
  await client.run("STORE 1:* -FLAGS.SILENT (\\Flagged)");
  return count / time * 1_000;
}

/** STORE. */
export const storeRows: readonly Row[] = [
  {
    name: "STORE 1:* +FLAGS (\\Flagged)",
    unit: "ms",
    runs: 5,
    measure: (bench) => storeAll(bench, "+FLAGS"),
  },
  {
    name: "STORE 1:* +FLAGS.SILENT (\\Flagged)",
    unit: "ms",
    runs: 5,
    measure: (bench) => storeAll(bench, "+FLAGS.SILENT"),
  },
  {
    name: "STORE n +FLAGS (\\Flagged), one at a time",
    unit: "/s",
    runs: 5,
    measure: storeOne,
  },
];
