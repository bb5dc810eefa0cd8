/**
 * What a change of flags would do, before anything is done.
 *
 * @module
 */

import type { FlagSet, FlagTable } from "./flag_set.ts";
import type { StorageLimits } from "./limits.ts";
import type { MailboxState } from "./mailbox_state.ts";
import { type FlagChange, StorageError, type UidList } from "./model.ts";

/** The change of no flag, of which a mailbox that has changed otherwise gets a modseq. */
export const NO_FLAGS: FlagChange = { mode: "add", flags: [] };

/** Which messages a change of flags would touch. */
export interface FlagPlan {
  /** Those whose flags it makes other than they are. */
  readonly changed: UidList;
  /** Those changed since `unchangedSince`. */
  readonly modified: UidList;
  /** Those that are not there. */
  readonly missing: UidList;
  /** How many more messages are without `\Seen` afterwards. */
  readonly unseen: number;
  /** How many more have `\Deleted` afterwards. */
  readonly deleted: number;
}

/** Works out a change of flags on the state as it is. */
export function planFlagChange(
  state: MailboxState,
  uids: UidList,
  change: FlagChange,
): FlagPlan {
  const { flagTable, flagSets, modseqs, length, uids: there } = state;
  const changer = flagTable.changer(change);
  const changed = new Uint32Array(uids.length);
  const modified: number[] = [];
  const missing: number[] = [];
  const limit = change.unchangedSince ?? Infinity;
  let count = 0;
  let unseen = 0;
  let deleted = 0;
  let index = 0;
  // Messages beside one another have the same flags most often. No set is asked for that no message has: it would be
  // made, with keywords that clients are told of.
  let before: FlagSet | undefined;
  let after: FlagSet | undefined;
  for (let at = 0; at < uids.length; at++) {
    const uid = uids[at]!;
    if (index >= length || there[index] !== uid) index = state.indexOf(uid);
    if (index < 0) {
      missing.push(uid);
      index = 0;
      continue;
    }
    const place = index++;
    if (modseqs[place]! > limit) {
      modified.push(uid);
      continue;
    }
    if (
      before === undefined || after === undefined ||
      flagSets[place] !== before.index
    ) {
      before = flagTable.at(flagSets[place]!);
      after = changer(before.index);
    }
    if (after === before) continue;
    changed[count++] = uid;
    unseen += Number(before.seen) - Number(after.seen);
    deleted += Number(after.deleted) - Number(before.deleted);
  }
  return {
    changed: changed.slice(0, count),
    modified: Uint32Array.from(modified),
    missing: Uint32Array.from(missing),
    unseen,
    deleted,
  };
}

/**
 * Refuses keywords that a mailbox cannot take. Keywords that no message has any more are forgotten first.
 * @throws {StorageError} LIMIT for too many or too long ones, CANNOT for what is no flag
 */
export function checkFlags(
  state: MailboxState,
  flags: readonly string[],
  limits: StorageLimits,
): void {
  let unknown = unknownKeywords(state.flagTable, flags);
  if (unknown.size === 0) return;
  for (const flag of unknown) {
    if (flag.length > limits.maxKeywordLength) {
      throw new StorageError("LIMIT", "The keyword is too long");
    }
    if (!/^[!-~]+$/.test(flag)) {
      throw new StorageError("CANNOT", "That is no keyword");
    }
  }
  if (state.flagTable.keywords.length + unknown.size > limits.maxKeywords) {
    state.compactFlags();
    unknown = unknownKeywords(state.flagTable, flags);
    if (state.flagTable.keywords.length + unknown.size > limits.maxKeywords) {
      throw new StorageError("LIMIT", "Too many keywords in the mailbox");
    }
  }
}

function unknownKeywords(
  table: FlagTable,
  flags: readonly string[],
): Set<string> {
  const unknown = new Set<string>();
  for (const flag of flags) {
    if (!table.has(flag)) unknown.add(flag.toLowerCase());
  }
  return unknown;
}
