/**
 * SELECT of the archive.
 *
 * @module
 */

import { ARCHIVE, type Bench, mustBe, type Row, timed } from "../row.ts";
import type { Client } from "../client.ts";

async function select(bench: Bench, client: Client): Promise<number> {
  let lines: string[] = [];
  const time = await timed(async () => {
    lines = await client.lines(`SELECT ${ARCHIVE}`);
  });
  const exists = `* ${bench.archive.messages.length} EXISTS`;
  mustBe("EXISTS told", lines.includes(exists), true);
  return time;
}

async function selectNew(bench: Bench): Promise<number> {
  await bench.needArchive();
  using client = await bench.login();
  return await select(bench, client);
}

/** SELECT, cold and warm. */
export const selectRows: readonly Row[] = [
  {
    name: "SELECT, server restarted",
    unit: "ms",
    runs: 3,
    measure: async (bench) => {
      await bench.needArchive();
      if (bench.target.restart === undefined) return undefined;
      await bench.target.restart();
      // The first login pays for what a server does once.
      (await bench.login()).close();
      return await selectNew(bench);
    },
  },
  { name: "SELECT, new session", unit: "ms", runs: 11, measure: selectNew },
  {
    name: "SELECT, again in the session",
    unit: "ms",
    runs: 11,
    measure: async (bench) => {
      using client = await bench.openArchive();
      const times = bench.amount(20, 5);
      let time = 0;
      for (let n = 0; n < times; n++) time += await select(bench, client);
      return time / times;
    },
  },
];
