/**
 * APPEND: one by one, from several connections, pipelined; and large messages.
 *
 * @module
 */

import type { Client } from "../client.ts";
import { messageOfSize } from "../mail.ts";
import { ARCHIVE, type Bench, mustBe, type Row, timed } from "../row.ts";

const SMALL = 4_096;
const LARGE = 5_000_000;
const LARGE_MAILBOX = "bench-large";

/** Each connection appends to its mailbox, one message after the other's answer. */
async function appendFrom(
  bench: Bench,
  connections: number,
  mailboxes: number,
  total: number,
): Promise<number> {
  const names = Array.from({ length: mailboxes }, () => bench.newName());
  const clients = await Promise.all(
    Array.from({ length: connections }, () => bench.login()),
  );
  const first = clients[0] as Client;
  for (const name of names) await first.run(`CREATE ${name}`);
  const each = Math.ceil(total / connections);
  const source = messageOfSize(1, SMALL);
  const time = await timed(() =>
    Promise.all(clients.map(async (client, n) => {
      const mailbox = names[n % mailboxes] as string;
      for (let i = 0; i < each; i++) await client.append(mailbox, source);
    }))
  );
  for (const name of names) {
    const status = (await first.lines(`STATUS ${name} (MESSAGES)`)).join();
    const count = Number(/MESSAGES (\d+)/.exec(status)?.[1]);
    mustBe("Messages appended", count, each * connections / mailboxes);
  }
  for (const client of clients) client.close();
  await bench.remove(...names);
  return each * connections / time * 1_000;
}

async function fillArchive(bench: Bench): Promise<number> {
  using client = await bench.login();
  const time = await bench.fill(client, ARCHIVE);
  const { messages } = bench.archive;
  await client.run(`EXAMINE ${ARCHIVE}`);
  const sizes = (await client.lines("FETCH 1:* RFC822.SIZE"))
    .map((line) => Number(/RFC822\.SIZE (\d+)/.exec(line)?.[1]));
  mustBe("Messages", sizes.length, messages.length);
  const outOfPlace = sizes.filter((size, n) => size !== messages[n]?.length);
  mustBe("Messages in another order", outOfPlace.length, 0);
  return messages.length / time * 1_000;
}

/** Opens a session with one large message in the selected mailbox. */
async function openLarge(bench: Bench): Promise<Client> {
  const client = await bench.login();
  try {
    await client.run(`SELECT ${LARGE_MAILBOX}`);
  } catch {
    await client.run(`CREATE ${LARGE_MAILBOX}`);
    await client.append(LARGE_MAILBOX, messageOfSize(3, LARGE));
    await client.run(`SELECT ${LARGE_MAILBOX}`);
  }
  return client;
}

/** Reads the large message whole; returns megabytes a second. */
export async function fetchLarge(bench: Bench): Promise<number> {
  using client = await openLarge(bench);
  const { length } = messageOfSize(3, LARGE);
  const times = bench.amount(5, 1);
  const time = await timed(async () => {
    for (let left = times; left > 0; left--) {
      const reply = await client.run("FETCH 1 BODY.PEEK[]");
      mustBe("Octets", reply.literalBytes, length);
    }
  });
  return times * length / time / 1_000;
}

/** APPEND and large messages both ways. */
export const appendRows: readonly Row[] = [
  {
    name: "APPEND 4 KB, 1 connection",
    unit: "/s",
    runs: 5,
    measure: (bench) => appendFrom(bench, 1, 1, bench.amount(500, 100)),
  },
  {
    name: "APPEND 4 KB, 8 connections, 8 mailboxes",
    unit: "/s",
    runs: 5,
    measure: (bench) => appendFrom(bench, 8, 8, bench.amount(1_600, 240)),
  },
  {
    name: "APPEND 4 KB, 8 connections, 1 mailbox",
    unit: "/s",
    runs: 5,
    measure: (bench) => appendFrom(bench, 8, 1, bench.amount(1_600, 240)),
  },
  {
    name: "APPEND 4-20 KB, the whole archive pipelined",
    unit: "/s",
    runs: 1,
    measure: fillArchive,
  },
  {
    name: "APPEND 5 MB",
    unit: "MB/s",
    runs: 5,
    measure: async (bench) => {
      using client = await bench.login();
      const mailbox = bench.newName();
      await client.run(`CREATE ${mailbox}`);
      const source = messageOfSize(3, LARGE);
      const times = bench.amount(5, 1);
      const time = await timed(async () => {
        for (let left = times; left > 0; left--) {
          await client.append(mailbox, source);
        }
      });
      await client.run(`DELETE ${mailbox}`);
      return times * source.length / time / 1_000;
    },
  },
  {
    name: "FETCH 5 MB",
    unit: "MB/s",
    runs: 5,
    measure: fetchLarge,
  },
  {
    name: "FETCH 5 MB in parts of 64 KB",
    unit: "MB/s",
    runs: 5,
    measure: async (bench) => {
      using client = await openLarge(bench);
      const { length } = messageOfSize(3, LARGE);
      const times = bench.amount(5, 1);
      const time = await timed(async () => {
        for (let left = times; left > 0; left--) {
          for (let at = 0; at < length; at += 65_536) {
            const part = Math.min(65_536, length - at);
            const reply = await client.run(
              `FETCH 1 BODY.PEEK[]<${at}.65536>`,
            );
            mustBe("Octets of the part", reply.literalBytes, part);
          }
        }
      });
      return times * length / time / 1_000;
    },
  },
];
