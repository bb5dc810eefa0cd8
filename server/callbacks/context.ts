/**
 * What the mailboxes of a user share.
 *
 * @module
 */

import type { StorageLimits } from "../../storage/limits.ts";
import type { ByteCache } from "../../storage/byte_cache.ts";
import type { Listeners } from "../../storage/listeners.ts";
import type { AccountChange } from "../../storage/storage.ts";
import type { CallContext } from "./call.ts";
import type { User } from "./events.ts";
import type { IdleBoxes } from "./idle_boxes.ts";
import type { KeptMetadata } from "./kept_metadata.ts";
import type { Callbacks } from "./types.ts";
import type { UidValidities } from "./uid_validities.ts";

/** See the module's text. */
export interface CallbackContext extends CallContext {
  /** The callbacks. */
  readonly callbacks: Callbacks;
  /** Limits of names, flags and sizes of what is not stored below. */
  readonly limits: StorageLimits;
  /** Sources that callbacks gave, by mailbox and UID. */
  readonly sources: ByteCache;
  /** Summaries of messages whose sources callbacks gave. */
  readonly summaries: ByteCache;
  /** What separates the levels of a mailbox name. */
  readonly hierarchyDelimiter: string;
  /** The time in milliseconds since 1970. */
  now(): number;
  /** Virtual mailboxes that nobody has open. */
  readonly idle: IdleBoxes;
  /** Metadata of all users together, where there is no storage. */
  readonly metadata: KeptMetadata;
  /** Who hears of changes to it. */
  readonly listeners: Listeners<AccountChange>;
  /** UIDVALIDITYs from the clock. */
  readonly uidValidities: UidValidities;
}

/** The same for one user. */
export interface UserContext extends CallbackContext {
  /** Whose mailboxes. */
  readonly user: User;
}
