/**
 * Sessions and the shortest command.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";

/** What can be measured well; milliseconds. Servers differ too much for one number of commands. */
const LONG_ENOUGH = 100;
const NOOP = [new TextEncoder().encode("NOOP")];

async function sessions(
  bench: Bench,
  connections: number,
  total: number,
): Promise<number> {
  const each = Math.ceil(total / connections);
  const time = await timed(() =>
    Promise.all(Array.from({ length: connections }, async () => {
      for (let i = 0; i < each; i++) await (await bench.login()).logout();
    }))
  );
  return each * connections / time * 1_000;
}

async function withClient<T>(
  bench: Bench,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  using client = await bench.login();
  return await work(client);
}

/** LOGIN, LOGOUT and NOOP. */
export const connectionRows: readonly Row[] = [
  {
    name: "LOGIN + LOGOUT, 1 connection at a time",
    unit: "/s",
    runs: 5,
    measure: (bench) => sessions(bench, 1, bench.amount(400, 50)),
  },
  {
    name: "LOGIN + LOGOUT, 8 connections at a time",
    unit: "/s",
    runs: 5,
    measure: (bench) => sessions(bench, 8, bench.amount(800, 80)),
  },
  {
    name: "NOOP, round trip",
    unit: "µs",
    runs: 5,
    measure: (bench) =>
      withClient(bench, async (client) => {
        const count = bench.amount(10_000, 500);
        const time = await timed(async () => {
          for (let i = 0; i < count; i++) await client.run("NOOP");
        });
        return time / count * 1_000;
      }),
  },
  {
    name: "NOOP, pipelined",
    unit: "/s",
    runs: 5,
    measure: (bench) =>
      withClient(bench, async (client) => {
        for (let count = 5_000;; count *= 5) {
          const time = await timed(async () => {
            const reply = await client.pipeline(count, () => NOOP);
            mustBe("Untagged responses to NOOP", reply.untagged, 0);
          });
          if (time >= bench.amount(LONG_ENOUGH, 0)) {
            return count / time * 1_000;
          }
        }
      }),
  },
];
