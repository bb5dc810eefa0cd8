/**
 * Checks metadata: every index against the mailboxes, and every value against its index.
 *
 * @module
 */

import { EVERYBODY } from "../account_entry.ts";
import { ENTRIES, entryKey, headKey, INDEXES, indexKey } from "../keys.ts";
import {
  decodeIndex,
  decodeValue,
  encodeIndex,
  type MetadataIndex,
  NO_MAILBOX,
} from "../metadata.ts";
import { type CheckContext, tryDecode } from "./context.ts";

/** Checks all metadata; `carriers` and `users` have been filled in. */
export async function checkMetadata(context: CheckContext): Promise<void> {
  const { kv, found, repair, writer } = context;
  const used = new Set<string>();
  const options = { batchSize: 100 };
  for await (const { key, value } of kv.list({ prefix: INDEXES }, options)) {
    const fault = await ownerFault(context, key);
    const index = tryDecode(value, decodeIndex);
    if (fault !== undefined || index === undefined) {
      const what = fault ?? "the list of entries cannot be read";
      found({
        kind: "metadata",
        where: whereOf(context, key),
        what,
        repair: "removed it",
      });
      if (repair) await writer.write(key, null);
      continue;
    }
    await checkIndex(context, key, index, used);
  }
  for await (const { key } of kv.list({ prefix: ENTRIES }, options)) {
    if (used.has(`${key[1] as number} ${key[2] as number}`)) continue;
    const where = `value ${key.slice(1).join(" ")} of metadata`;
    found({
      kind: "metadata",
      where,
      what: "no entry has it",
      repair: "removed it",
    });
    if (repair) await writer.write(key, null);
  }
  await writer.flush();
}

/** Why an index cannot be anybody's; undefined when it can. */
async function ownerFault(
  { kv, users, carriers }: CheckContext,
  key: Deno.KvKey,
): Promise<string | undefined> {
  const [, user, mailbox] = key;
  if (key.length !== 3 || typeof user !== "string") return "it is nobody's";
  if (user !== EVERYBODY && !users.has(user)) return "there is no such account";
  if (mailbox === NO_MAILBOX) return undefined;
  const carrier = carriers.get(mailbox as number);
  if (carrier?.user === user) return undefined;
  // A mailbox that has lost its name may have found another one in this pass.
  const { value } = carrier === undefined
    ? await kv.get(headKey(mailbox as number))
    : { value: null };
  return value === null ? "there is no such mailbox" : undefined;
}

/** Checks the values of an index; entries without a right one go. */
async function checkIndex(
  context: CheckContext,
  key: Deno.KvKey,
  index: MetadataIndex,
  used: Set<string>,
): Promise<void> {
  const { kv, found, repair, writer } = context;
  const entries = new Map(index.entries);
  let { nextSlot } = index;
  for (const [name, { slot, size }] of index.entries) {
    const place = `${index.home} ${slot}`;
    const { value } = await kv.get(entryKey(index.home, slot));
    const bytes = tryDecode(value, decodeValue);
    nextSlot = Math.max(nextSlot, slot + 1);
    if (bytes?.length === size && !used.has(place)) {
      used.add(place);
      continue;
    }
    entries.delete(name);
    const where = whereOf(context, key);
    const what = `the value of ${name} is missing or not as it was`;
    found({ kind: "metadata", where, what, repair: "removed the entry" });
  }
  const right = nextSlot === index.nextSlot;
  if (!right) {
    const what = "it would give numbers of values again";
    const where = whereOf(context, key);
    found({ kind: "metadata", where, what, repair: "set it above them" });
  }
  if (!repair || right && entries.size === index.entries.size) return;
  const [, user, mailbox] = key as [string, string, number];
  await writer.write(
    indexKey(user, mailbox),
    entries.size === 0 ? null : encodeIndex({ ...index, nextSlot, entries }),
  );
}

function whereOf({ carriers }: CheckContext, key: Deno.KvKey): string {
  const [, user, mailbox] = key;
  const carrier = carriers.get(mailbox as number);
  const whose = user === EVERYBODY ? "everybody" : `${String(user)}`;
  return `metadata of ${
    carrier === undefined ? "" : `${carrier.name} of `
  }${whose}`;
}
