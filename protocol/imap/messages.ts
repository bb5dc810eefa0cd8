/**
 * From the sequence sets of commands to UIDs.
 *
 * @module
 */

import type { UidList } from "../../storage/model.ts";
import type { SequenceSet } from "../wire/sequence_set.ts";
import { Bad } from "./errors.ts";
import type { Session } from "./session.ts";

/**
 * The messages that a command names, of those that the client has been told of, as UIDs.
 * @param uid whether the set holds UIDs: then it may name what is not there (RFC 9051 § 6.4.9)
 * @throws {Bad} for a sequence number that is not there
 */
export function messageUids(
  session: Session,
  set: SequenceSet,
  uid: boolean,
): UidList {
  const saved = () => session.selected.saved;
  return uid
    ? session.view.uidsOfSet(set, saved)
    : session.view.uidsOfNumbers(set, saved);
}

/** Why a sequence number is not taken where UIDONLY is on (RFC 9586 § 3). */
export function uidRequired(): Bad {
  return new Bad("Messages are named by UID here", "UIDREQUIRED");
}
