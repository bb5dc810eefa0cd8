/**
 * What every implementation of a storage must do: one suite for all of them, for any runner of tests.
 *
 * @module
 */

import { accountContract } from "./accounts.ts";
import { appendContract } from "./appends.ts";
import { changeContract } from "./changes.ts";
import { concurrencyContract } from "./concurrency.ts";
import { contentContract } from "./contents.ts";
import { copyContract } from "./copies.ts";
import { deliveryContract } from "./deliveries.ts";
import { flagContract } from "./flags.ts";
import {
  type ConformanceTest,
  Contract,
  type OpenOptions,
  type OpenStorage,
} from "./harness.ts";
import { historyContract } from "./histories.ts";
import { metadataContract } from "./metadata.ts";
import { modseqContract } from "./modseqs.ts";
import { nameContract } from "./names.ts";
import { sessionContract } from "./sessions.ts";
import { threadContract } from "./threads.ts";

export type { ConformanceTest, OpenOptions, OpenStorage } from "./harness.ts";

/** Options of {@linkcode storageConformance}. */
export interface ConformanceOptions {
  /**
   * What the implementation cannot be told when it is opened: tests that need it are left out. Default:
   * nothing, so that all of the tests are there.
   */
  readonly without?: readonly (keyof OpenOptions)[];
  /** Where random histories begin: the same number, the same histories. Default 1. */
  readonly seed?: number;
  /** How many random histories of each kind are tried. Default 30. */
  readonly runs?: number;
}

/**
 * The tests that an implementation of {@linkcode Storage} has to pass: names, accounts, metadata, appends, flags,
 * copies and moves, contents, threads, modseqs, deliveries where the storage has them, what listeners hear, changes
 * at the same time, random histories that are compared with a simple model, and random histories of several IMAP
 * sessions at once, each of which checks all that it is told. Each opens a storage of its own and closes it.
 *
 * ```ts
 * import { MemoryStorage } from "@x/imapd";
 * import { storageConformance } from "@x/imapd/testing";
 *
 * for (const { name, fn } of storageConformance(
 *   (options) => Promise.resolve(new MemoryStorage(options)),
 * )) {
 *   console.log(name, typeof fn);
 * }
 * ```
 *
 * @param open opens an empty storage with options that it has to go by
 */
export function storageConformance(
  open: OpenStorage,
  options: ConformanceOptions = {},
): ConformanceTest[] {
  const { without = [], seed = 1, runs = 30 } = options;
  const contract = new Contract(open);
  nameContract(contract);
  accountContract(contract);
  metadataContract(contract);
  appendContract(contract);
  flagContract(contract);
  copyContract(contract);
  contentContract(contract);
  threadContract(contract);
  changeContract(contract);
  concurrencyContract(contract);
  deliveryContract(contract, { seed, runs });
  modseqContract(contract, { seed, runs });
  historyContract(contract, { seed, runs });
  sessionContract(contract, { seed, runs });
  return contract.tests.filter(({ needs }) =>
    !needs.some((need) => without.includes(need))
  );
}

/**
 * Registers the tests of {@linkcode storageConformance} with `Deno.test`.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MemoryStorage } from "@x/imapd";
 * import { testStorage } from "@x/imapd/testing";
 *
 * testStorage(
 *   "mine",
 *   (options) => Promise.resolve(new MemoryStorage(options)),
 *   { runs: 1 },
 * );
 *
 * Deno.test("mine: has nobody at first", async () => {
 *   await using storage = new MemoryStorage();
 *   assertEquals(await Array.fromAsync(storage.accounts()), []);
 * });
 * ```
 *
 * @param name the implementation's name, which stands in front of the tests' names
 */
export function testStorage(
  name: string,
  open: OpenStorage,
  options: ConformanceOptions = {},
): void {
  for (const test of storageConformance(open, options)) {
    Deno.test(`${name}: ${test.name}`, test.fn);
  }
}
