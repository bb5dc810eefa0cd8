/**
 * Checks that counters are above every number that has been given.
 *
 * @module
 */

import { ByteWriter } from "../binary.ts";
import { decodeCounter } from "../counter.ts";
import { counterKey } from "../keys.ts";
import { decodeNode } from "../tree.ts";
import { type CheckContext, numbersIn, tryDecode } from "./context.ts";

const VERSION = 1;

/** Checks the numbers of mailboxes and of levels of names. */
export async function checkMailboxNumbers(
  context: CheckContext,
): Promise<void> {
  const { kv } = context;
  let highest = 0;
  for (const kind of ["head", "dead", "page", "log", "expunged", "entry"]) {
    for await (const id of numbersIn(kv, kind)) {
      highest = Math.max(highest, id);
    }
  }
  const nodes = kv.list({ prefix: ["mailbox"] }, { batchSize: 500 });
  for await (const { key, value } of nodes) {
    const number = key[2] as number;
    const node = tryDecode(value, (bytes) => decodeNode(number, bytes));
    highest = Math.max(highest, number, node?.mailbox ?? 0);
  }
  await checkCounter(context, "mailbox", highest);
}

/** Checks a counter, given the highest number that there is. */
export async function checkCounter(
  { kv, repair, found, writer }: CheckContext,
  name: string,
  highest: number,
): Promise<void> {
  const key = counterKey(name);
  const { value } = await kv.get(key);
  const next = value === null ? 1 : tryDecode(value, decodeCounter);
  if (next !== undefined && next > highest) return;
  found({
    kind: "counter",
    where: `numbers of ${name === "mailbox" ? "mailboxes" : "contents"}`,
    what: next === undefined
      ? "the counter cannot be read"
      : `the counter is at ${next}, though there is number ${highest}`,
    repair: "set it above all that there are",
  });
  if (!repair) return;
  const after = new ByteWriter(9).u8(VERSION).f64(highest + 1).bytes();
  await writer.write(key, after);
  await writer.flush();
}
