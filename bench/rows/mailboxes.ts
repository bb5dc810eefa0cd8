/**
 * Many mailboxes: CREATE, LIST, LIST with STATUS (RFC 5819), DELETE.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { messageOfSize } from "../mail.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";

const COUNT = 500;
const PATTERN = "bench-many-*";
const encoder = new TextEncoder();

function names(): string[] {
  return Array.from({ length: COUNT }, (_, n) => `bench-many-${n + 100}`);
}

/** Makes the mailboxes, each with a message in it, unless they are there. */
async function needMany(client: Client): Promise<void> {
  const there = await client.lines(`LIST "" ${PATTERN}`);
  if (there.length === COUNT) return;
  const source = messageOfSize(1, 2_000);
  for (const name of names()) {
    await client.run(`CREATE ${name}`);
    await client.append(name, source);
  }
}

async function removeMany(client: Client): Promise<void> {
  const all = names();
  await client.pipeline(
    all.length,
    (n) => [encoder.encode(`DELETE ${all[n]}`)],
  );
}

async function list(
  bench: Bench,
  command: string,
  responses: number,
): Promise<number> {
  using client = await bench.login();
  await needMany(client);
  const time = await timed(async () => {
    const reply = await client.run(command);
    mustBe("Responses to LIST", reply.untagged, responses);
  });
  return time;
}

/** CREATE, LIST, DELETE of 500 mailboxes. */
export const mailboxRows: readonly Row[] = [
  {
    name: `CREATE, one at a time`,
    unit: "/s",
    runs: 3,
    measure: async (bench) => {
      using client = await bench.login();
      const time = await timed(async () => {
        for (const name of names()) await client.run(`CREATE ${name}`);
      });
      const there = await client.lines(`LIST "" ${PATTERN}`);
      mustBe("Mailboxes", there.length, COUNT);
      await removeMany(client);
      return COUNT / time * 1_000;
    },
  },
  {
    name: `LIST of ${COUNT} mailboxes`,
    unit: "ms",
    runs: 5,
    measure: (bench) => list(bench, `LIST "" ${PATTERN}`, COUNT),
  },
  {
    name: `LIST of ${COUNT} mailboxes with STATUS`,
    unit: "ms",
    runs: 5,
    measure: (bench) =>
      list(
        bench,
        `LIST "" ${PATTERN} RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))`,
        2 * COUNT,
      ),
  },
  {
    name: `DELETE, one at a time`,
    unit: "/s",
    runs: 3,
    measure: async (bench) => {
      using client = await bench.login();
      await needMany(client);
      const time = await timed(async () => {
        for (const name of names()) await client.run(`DELETE ${name}`);
      });
      const there = await client.lines(`LIST "" ${PATTERN}`);
      mustBe("Mailboxes left", there.length, 0);
      return COUNT / time * 1_000;
    },
  },
];
