/** Item 11 of the hostile input: time does not tell who there is. */

import { assert } from "@std/assert";
import { Guesser, RECORDS, serveRecord } from "../hostile/guesser.ts";

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

const TRIES = 200;

/** Chance makes a measurement bad, but not this many; a server that tells is never good. */
const MEASUREMENTS = 12;

for (const [scheme, make] of Object.entries(RECORDS)) {
  Deno.test(`a wrong password, a disabled user and nobody take the same time: ${scheme}`, async () => {
    await using server = serveRecord(await make());
    using guesser = await Guesser.open(server);
    const deviations: number[] = [];
    for (let n = 0; n < MEASUREMENTS; n++) {
      const times: Record<string, number[]> = {
        alice: [],
        bobby: [],
        carol: [],
      };
      for (let n = 0; n < TRIES; n++) {
        for (const [user, list] of Object.entries(times)) {
          list.push((await guesser.guess(user)).time);
        }
      }
      const medians = Object.values(times).map(median);
      deviations.push(Math.max(...medians) / Math.min(...medians) - 1);
      if (deviations.at(-1)! <= 0.05) break;
    }
    const shown = deviations.map((one) => one.toFixed(3)).join(", ");
    console.log(`medians differ by ${shown}`);
    assert(deviations.at(-1)! <= 0.05, `The medians differ by ${shown}`);
  });
}
