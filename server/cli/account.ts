/**
 * The account that a command works on.
 *
 * @module
 */

import type { Storage } from "../../storage/storage.ts";

/** Whether there is an account; opening it would make it. */
export async function hasAccount(
  storage: Storage,
  user: string,
): Promise<boolean> {
  for await (const account of storage.accounts()) {
    if (account === user) return true;
  }
  return false;
}
