/**
 * What clients do all day: open a mailbox, look at a page of messages, read one, mark it.
 *
 * @module
 */

import { Random } from "../mail.ts";
import { ARCHIVE, type Bench, LONG, mustBe, type Row, timed } from "../row.ts";

const CONNECTIONS = 8;
const PAGE = 50;

/** Eight sessions do it over and over, each at its own place; returns commands a second. */
export async function mixedWork(bench: Bench): Promise<number> {
  const rounds = bench.amount(400, 10);
  const { messages } = bench.archive;
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => bench.openArchive()),
  );
  const page = Math.min(PAGE, messages.length);
  const until = performance.now() + LONG;
  let left = rounds * CONNECTIONS;
  const time = await timed(() =>
    Promise.all(clients.map(async (client, n) => {
      const random = new Random(bench.seed() + n);
      // Who is served sooner does more: where connections are spread over threads, these are not equally busy.
      while (left > 0 && performance.now() < until) {
        left--;
        const first = 1 + random.below(messages.length - page + 1);
        const one = first + random.below(page);
        await client.run(`SELECT ${ARCHIVE}`);
        const list = await client.run(
          `FETCH ${first}:${first + page - 1} (UID FLAGS ENVELOPE)`,
        );
        mustBe("Envelopes", list.numbered >= page, true);
        const read = await client.run(`FETCH ${one} BODY.PEEK[]`);
        mustBe("Octets", read.literalBytes, messages[one - 1]!.length);
        await client.run(`STORE ${one} +FLAGS (\\Seen)`);
        await client.run("NOOP");
      }
    }))
  );
  for (const client of clients) client.close();
  return (rounds * CONNECTIONS - left) * 5 / time * 1_000;
}

/** Mixed work. */
export const mixedRows: readonly Row[] = [{
  name: "Mixed: SELECT, 50 envelopes, a body, STORE, NOOP; 8 connections",
  unit: "/s",
  runs: 5,
  measure: mixedWork,
}];
