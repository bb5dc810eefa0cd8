/** Random histories of several sessions at once, with the server between them and the storage. */

import fc from "fast-check";
import { play } from "../sessions/history.ts";
import { histories } from "../sessions/steps.ts";
import type { Contract } from "./harness.ts";

/** The same in every run, so that UIDVALIDITY is. */
const now = () => 1_000_000_000_000;

/** Adds the test. */
export function sessionContract(
  contract: Contract,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): void {
  contract.add("sessions at once are told the truth", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        await using storage = await contract.open({ now });
        await play(history, storage);
      }),
      { numRuns: runs, seed },
    );
  });
}
