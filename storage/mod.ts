/**
 * The interface of a message store and what it is about, for those who use one or write their own.
 *
 * @module
 */

export type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
  Storage,
} from "./storage.ts";
export * from "./model.ts";
export type { ExpungedEntry, ExpungedHistory } from "./change_history.ts";
export { type FlagSet, FlagTable } from "./flag_set.ts";
export {
  type MailboxChangeRecord,
  MailboxState,
  type MailboxStateOptions,
  type MessageColumns,
  type MessageRecord,
} from "./mailbox_state.ts";
export type {
  MetadataChanges,
  MetadataEntry,
  MetadataFilter,
  MetadataOwner,
} from "./metadata.ts";
export { type ThreadNote, ThreadNotes } from "./threads.ts";
export { DEFAULT_STORAGE_LIMITS, type StorageLimits } from "./limits.ts";
export type { OtpRecord, OtpStore } from "./otp.ts";
