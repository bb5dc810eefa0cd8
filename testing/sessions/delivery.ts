/**
 * What comes and goes behind the sessions' backs.
 *
 * @module
 */

import type { NewMessage, UidList } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { sourceOf } from "./commands.ts";
import type { World } from "./world.ts";

/** Takes messages out of a mailbox. */
export async function remove(
  mailbox: Mailbox,
  uids: UidList,
  world: World,
): Promise<void> {
  world.removes(mailbox.state.uidValidity, uids);
  await mailbox.expunge(uids);
}

/** Puts so many new messages into a mailbox. */
export async function deliver(
  mailbox: Mailbox,
  count: number,
  flags: readonly string[],
  world: World,
): Promise<void> {
  const tokens = Array.from({ length: count }, () => world.newToken());
  const { uids } = await mailbox.append(tokens.map((token): NewMessage => ({
    source: new TextEncoder().encode(sourceOf(token)),
    flags,
    internalDate: 1_000_000_000_000,
    summary: new Uint8Array(0),
  })));
  for (const [index, uid] of uids.entries()) {
    world.hasContent(mailbox.state.uidValidity, uid, tokens[index]!);
  }
}
