/**
 * Looks for what contradicts itself in an account in memory.
 *
 * @module
 */

import { verifyState } from "../verify_state.ts";
import type { MemoryAccount } from "./account.ts";

/**
 * The faults of an account.
 * @param references counts, for each content, the messages that have it; added to
 */
export function* verifyAccount(
  user: string,
  account: MemoryAccount,
  references: Map<number, number>,
): Iterable<string> {
  if (!account.boxes.has("INBOX")) yield `${user} has no INBOX`;
  const { contents } = account.context;
  for (const [name, { state, name: ownName }] of account.boxes) {
    const about = `${name} of ${user}`;
    if (name !== ownName) yield `${about} takes itself for ${ownName}`;
    for (const fault of verifyState(state)) yield `${about}: ${fault}`;
    for (let index = 0; index < state.length; index++) {
      const id = state.contentAt(index);
      const content = contents.get(id);
      references.set(id.number, (references.get(id.number) ?? 0) + 1);
      if (content?.source.length !== state.sizes[index]) {
        yield `${about}: the content of ${state.uids[index]} is not right`;
      }
    }
  }
}
