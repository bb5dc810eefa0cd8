/**
 * Checks the threads that are noted of accounts, and the secret of the database.
 *
 * Notes are but a help for messages to come: those that say nothing, or belong to no account, go. Which threads the
 * messages are in is in their mailboxes.
 *
 * @module
 */

import { SECRET, threadsKey } from "../keys.ts";
import { decodeSecret } from "../secret.ts";
import { decodeNotes } from "../threads.ts";
import { type CheckContext, numbersIn, tryDecode } from "./context.ts";

/** Checks all that is noted; the mailboxes are known by then. */
export async function checkThreads(context: CheckContext): Promise<void> {
  const { kv, carriers, dead, found, repair, writer } = context;
  for await (const inbox of numbersIn(kv, "thread")) {
    // What a deleted mailbox has is cleared away with it.
    if (dead.has(inbox)) continue;
    const key = threadsKey(inbox);
    const carrier = carriers.get(inbox);
    const { value } = await kv.get(key);
    const sound = tryDecode(value, decodeNotes) !== undefined;
    if (sound && carrier !== undefined) continue;
    found({
      kind: "thread",
      where: carrier?.user ?? `mailbox ${inbox}`,
      what: carrier === undefined
        ? "the notes of threads belong to no account"
        : "the notes of threads cannot be read",
      repair: "removed them",
    });
    if (repair) await writer.write(key, null);
  }
  if (repair) await writer.flush();
}

/** Checks the secret. */
export async function checkSecret(
  { kv, found, repair, writer }: CheckContext,
): Promise<void> {
  const { value } = await kv.get(SECRET);
  if (value === null || tryDecode(value, decodeSecret) !== undefined) return;
  found({
    kind: "value",
    where: "the secret of the database",
    what: "it cannot be read",
    repair: "removed it, so that another one is made",
  });
  if (!repair) return;
  await writer.write(SECRET, null);
  await writer.flush();
}
