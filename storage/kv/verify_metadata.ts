/**
 * Looks for metadata that contradicts itself.
 *
 * @module
 */

import { ENTRIES, INDEXES } from "./keys.ts";
import { decodeIndex, decodeValue, NO_MAILBOX } from "./metadata.ts";

/**
 * The faults of all indexes and values.
 * @param users the accounts, and that of nobody
 * @param mailboxes the mailboxes that there are
 */
export async function verifyMetadata(
  kv: Deno.Kv,
  users: ReadonlySet<string>,
  mailboxes: ReadonlyMap<number, string>,
): Promise<string[]> {
  const faults: string[] = [];
  const sizes = new Map<string, number>();
  const options = { batchSize: 100 };
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: INDEXES }, options)
  ) {
    const [, user, mailbox] = key as [string, string, number];
    const about = `metadata of mailbox ${mailbox} of ${user || "everybody"}`;
    const there = users.has(user) &&
      (mailbox === NO_MAILBOX || mailboxes.has(mailbox));
    if (!there) faults.push(`${about} is of nothing`);
    const { home, nextSlot, entries } = decodeIndex(value);
    if (entries.size === 0) faults.push(`${about} is empty`);
    for (const [name, { slot, size }] of entries) {
      const place = `${home} ${slot}`;
      if (slot >= nextSlot) faults.push(`${about}: ${name} is beyond its end`);
      if (sizes.has(place)) faults.push(`${about}: ${name} shares its value`);
      sizes.set(place, size);
    }
  }
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: ENTRIES }, options)
  ) {
    const place = `${key[1] as number} ${key[2] as number}`;
    const size = sizes.get(place);
    sizes.delete(place);
    if (size === undefined) faults.push(`value ${place} is in no index`);
    else if (decodeValue(value).length !== size) {
      faults.push(`value ${place} has another size than its index says`);
    }
  }
  for (const place of sizes.keys()) faults.push(`value ${place} is missing`);
  return faults;
}
