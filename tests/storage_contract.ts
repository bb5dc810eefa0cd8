/**
 * What every implementation of a storage must do: one suite for all of them.
 *
 * @module
 */

import { accountContract } from "./storage/accounts.ts";
import { appendContract } from "./storage/appends.ts";
import { changeContract } from "./storage/changes.ts";
import { concurrencyContract } from "./storage/concurrency.ts";
import { contentContract } from "./storage/contents.ts";
import { copyContract } from "./storage/copies.ts";
import { flagContract } from "./storage/flags.ts";
import { historyContract } from "./storage/histories.ts";
import type { OpenStorage } from "./storage/harness.ts";
import { nameContract } from "./storage/names.ts";

/** Registers the tests of the contract for an implementation. */
export function storageContract(name: string, open: OpenStorage): void {
  nameContract(name, open);
  accountContract(name, open);
  appendContract(name, open);
  flagContract(name, open);
  copyContract(name, open);
  contentContract(name, open);
  changeContract(name, open);
  concurrencyContract(name, open);
  historyContract(name, open);
}
