/**
 * Flags as callbacks give them.
 *
 * @module
 */

import { ATOM_CHAR, isMadeOf } from "../../protocol/wire/char_class.ts";
import type { FlagSet, FlagTable } from "../../storage/flag_set.ts";
import {
  type FlagChange,
  StorageError,
  SYSTEM_FLAGS,
} from "../../storage/model.ts";

const SYSTEM: ReadonlySet<string> = new Set(
  SYSTEM_FLAGS.map((flag) => flag.toLowerCase()),
);

/** Whether something is a flag that a message can have: one of the five, or a keyword (RFC 9051 § 2.3.2). */
export function isMessageFlag(flag: unknown): flag is string {
  return typeof flag === "string" &&
    (SYSTEM.has(flag.toLowerCase()) || isMadeOf(flag, ATOM_CHAR));
}

/**
 * A copy of flags that a callback passes on.
 * @throws {StorageError} CANNOT when one of them is none
 */
export function checkedFlags(flags: readonly string[]): readonly string[] {
  const copy = [...flags];
  for (const flag of copy) {
    if (!isMessageFlag(flag)) {
      throw new StorageError("CANNOT", "That is no flag");
    }
  }
  return copy;
}

/** Flags spelled as a mailbox spells them; keywords that it has not met stay as they are. */
export function spelledIn(
  table: FlagTable,
  flags: readonly string[],
): readonly string[] {
  const spelled = new Map<string, string>();
  for (const flag of [...SYSTEM_FLAGS, ...table.keywords]) {
    spelled.set(flag.toLowerCase(), flag);
  }
  return flags.map((flag) => spelled.get(flag.toLowerCase()) ?? flag);
}

/** What a change of flags, spelled as the mailbox spells them, makes of sets of flags; each is worked out once. */
export function flagsAfter(
  { mode, flags }: FlagChange,
): (before: FlagSet) => readonly string[] {
  const known = new Map<FlagSet, readonly string[]>();
  const change = new Set(flags);
  return (before) => {
    let after = known.get(before);
    if (after === undefined) {
      const had = new Set(mode === "replace" ? [] : before.flags);
      after = [
        ...mode === "remove" ? had.difference(change) : had.union(change),
      ];
      known.set(before, after);
    }
    return after;
  };
}
