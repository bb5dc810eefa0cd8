/**
 * THREAD of the archive, whose messages answer one another in fives.
 *
 * @module
 */

import { facts } from "../mail.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";

/** Checks that all messages are there once, each in one thread with what it answers. */
function checkThreads(response: string, messages: number): void {
  const threadOf = new Map<number, number>();
  let depth = 0;
  let threads = 0;
  let told = 0;
  for (const [token] of response.matchAll(/[()]|\d+/g)) {
    if (token === "(") {
      if (depth++ === 0) threads++;
    } else if (token === ")") depth--;
    else {
      threadOf.set(Number(token) - 1, threads);
      told++;
    }
  }
  mustBe("Messages in THREAD", told, messages);
  mustBe("Different messages in THREAD", threadOf.size, messages);
  for (let n = 0; n < messages; n++) {
    const { thread } = facts(n);
    mustBe(`The thread of ${n + 1}`, threadOf.get(n)!, threadOf.get(thread)!);
  }
}

async function thread(bench: Bench): Promise<number> {
  using client = await bench.openArchive();
  const command = "THREAD REFERENCES UTF-8 ALL";
  await client.run(command);
  let response = "";
  const time = await timed(async () => {
    response = (await client.lines(command))
      .find((line) => line.startsWith("* THREAD")) ?? "";
  });
  checkThreads(response, bench.archive.messages.length);
  return time;
}

/** THREAD. */
export const threadRows: readonly Row[] = [
  {
    name: "THREAD REFERENCES of all, again",
    unit: "ms",
    runs: 9,
    measure: thread,
  },
];
