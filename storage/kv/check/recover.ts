/**
 * The last part of a repair, done by the storage itself: messages go and come as they always do.
 *
 * @module
 */

import type { MailboxId } from "../../model.ts";
import { Collector } from "../collect.ts";
import { KvMailbox } from "../mailbox.ts";
import { Process } from "../process.ts";
import { buryMailboxes } from "../sweep.ts";
import { readBody } from "./bodies.ts";
import { type ContentsOutcome, removeContents } from "./contents.ts";
import type { CheckContext } from "./context.ts";
import { evidentOwner, foundMessages } from "./lost_found.ts";

/** Removes messages that lack their contents, and makes messages of contents that have been found. */
export async function recoverMessages(
  context: CheckContext,
  { found, lacking }: ContentsOutcome,
): Promise<void> {
  const { db, summarize, carriers, damaged } = context;
  const process = new Process(db, false);
  const boxes = new Map<string, number>();
  try {
    for (const { home, number, bytes, referred } of found) {
      const user = carriers.get(home)?.user ?? evidentOwner(context, damaged);
      const source = await readBody(context, home, number, bytes);
      const message = {
        source,
        summary: summarize(source),
        flags: [],
        internalDate: db.settings.now(),
      };
      const id = boxes.get(user) ?? await foundMessages(context, user);
      boxes.set(user, id);
      await withMailbox(process, id, (mailbox) => mailbox.append([message]));
      if (!referred) await removeContents(context, home, [number]);
    }
    for (const [id, uids] of lacking) {
      const list = Uint32Array.from(uids).sort();
      await withMailbox(process, id, (mailbox) => mailbox.expunge(list));
    }
  } finally {
    await process.close();
  }
}

async function withMailbox(
  process: Process,
  id: number,
  action: (mailbox: KvMailbox) => Promise<unknown>,
): Promise<void> {
  const entry = await process.cache.open(id as MailboxId);
  const name = () => `mailbox ${id}`;
  const mailbox = new KvMailbox(process, entry, name, () => {});
  try {
    await action(mailbox);
  } finally {
    mailbox.close();
  }
}

/** Clears away what deleted mailboxes have left, and what no message has any more. */
export async function clearAway({ db }: CheckContext): Promise<void> {
  const collector = new Collector(db);
  await collector.begin();
  await buryMailboxes(db, collector);
  await collector.collect();
}
