/**
 * Every key that the database has, and how large what lies under it gets.
 *
 * Sizes: a key takes 2,048 bytes at the most, a value 65,536, a commit 819,200 with 1,000 mutations. Values
 * are our own packed binary, little-endian, a version byte first. Numbers in keys sort as numbers.
 *
 * @module
 */

/** The largest piece of a body, a summary, a page or a record, in bytes. */
export const MAX_VALUE = 64_000;

/** `["account", user]`: head of an account, 9 bytes. Every change to its list of mailboxes checks it. */
export const accountKey = (user: string): Deno.KvKey => ["account", user];

/** All accounts. */
export const ACCOUNTS: Deno.KvKey = ["account"];

/**
 * `["mailbox", user, node]`: a level of a name, 20 bytes and its name. Names above it are found through its
 * parent, so that a rename writes one node whatever lies below.
 */
export const nodeKey = (user: string, node: number): Deno.KvKey => [
  "mailbox",
  user,
  node,
];

/** All nodes of an account. */
export const nodesOf = (user: string): Deno.KvKey => ["mailbox", user];

/** `["subscription", user, name]`: a subscribed name, 1 byte. */
export const subscriptionKey = (user: string, name: string): Deno.KvKey => [
  "subscription",
  user,
  name,
];

/** All subscriptions of an account. */
export const subscriptionsOf = (user: string): Deno.KvKey => [
  "subscription",
  user,
];

/** `["common"]`: what an account's head is, of the metadata of all accounts together; 13 bytes. */
export const COMMON: Deno.KvKey = ["common"];

/**
 * `["metadata", user, mailbox]`: which entries of metadata a mailbox has, 18 bytes and the name each, up to 64,000;
 * of mailbox 0 those of the account itself, of user "" those of all accounts together.
 */
export const indexKey = (user: string, mailbox: number): Deno.KvKey => [
  "metadata",
  user,
  mailbox,
];

/** All indexes of metadata. */
export const INDEXES: Deno.KvKey = ["metadata"];

/** All indexes of metadata of an account. */
export const indexesOf = (user: string): Deno.KvKey => ["metadata", user];

/** `["entry", home, slot]`: the value of an entry of metadata, up to 60,001 bytes. */
export const entryKey = (home: number, slot: number): Deno.KvKey => [
  "entry",
  home,
  slot,
];

/** All values of metadata. */
export const ENTRIES: Deno.KvKey = ["entry"];

/** `["head", mailbox]`: UIDNEXT, HIGHESTMODSEQ, counts; 73 bytes. Every change to the mailbox checks it. */
export const headKey = (mailbox: number): Deno.KvKey => ["head", mailbox];

/** `["dead", mailbox]`: the head of a deleted mailbox whose messages are being collected; 77 bytes. */
export const deadKey = (mailbox: number): Deno.KvKey => ["dead", mailbox];

/** All deleted mailboxes. */
export const DEAD: Deno.KvKey = ["dead"];

/**
 * `["log", mailbox, modseq, part]`: one change, 30 bytes to 64,000; in several parts, written by one commit,
 * when it is larger. 34 bytes a message appended or copied, at most 4 a message stored or expunged.
 */
export const logKey = (
  mailbox: number,
  modseq: number,
  part: number,
): Deno.KvKey => ["log", mailbox, modseq, part];

/** The log of a mailbox. */
export const logOf = (mailbox: number): Deno.KvKey => ["log", mailbox];

/** `["page", mailbox, firstUid]`: messages in columns, 54 bytes each, up to 64,000 bytes. */
export const pageKey = (mailbox: number, firstUid: number): Deno.KvKey => [
  "page",
  mailbox,
  firstUid,
];

/** All pages of a mailbox. */
export const pagesOf = (mailbox: number): Deno.KvKey => ["page", mailbox];

/**
 * `["expunged", mailbox, firstModseq, part]`: what the log knew of expunged messages, up to 64,000 bytes; one
 * change that takes more goes on in the next part.
 */
export const expungedKey = (
  mailbox: number,
  modseq: number,
  part: number,
): Deno.KvKey => ["expunged", mailbox, modseq, part];

/** All expunged messages that a mailbox remembers. */
export const expungedOf = (mailbox: number): Deno.KvKey => [
  "expunged",
  mailbox,
];

/** `["body", home, number, chunk]`: 64,000 bytes of a source; the last chunk has the rest. */
export const bodyKey = (
  home: number,
  number: number,
  chunk: number,
): Deno.KvKey => ["body", home, number, chunk];

/** `["body", home, number, -1]`: there where a source is in a file instead, before where chunks would be; 1 byte. */
export const bodyFileKey = (
  { home, number }: { readonly home: number; readonly number: number },
): Deno.KvKey => ["body", home, number, IN_FILE];

/** See {@linkcode bodyFileKey}. */
export const IN_FILE = -1;

/** `["body-files"]`: how large a source has to be that is in a file; the least that it ever was, 9 bytes. */
export const BODY_FILES: Deno.KvKey = ["body-files"];

/** `["summary", home, number, part]`: a summary as appended; part 0 says how long it is. */
export const summaryKey = (
  home: number,
  number: number,
  part: number,
): Deno.KvKey => ["summary", home, number, part];

/** `["summaries", home, firstNumber]`: many small summaries, up to 32,000 bytes. */
export const summariesKey = (home: number, number: number): Deno.KvKey => [
  "summaries",
  home,
  number,
];

/** `["shared", serial]`: contents that got one more message each, 16 bytes a content, up to 64,000. */
export const sharedKey = (serial: number): Deno.KvKey => ["shared", serial];

/** All records of contents that got one more message. */
export const SHARED: Deno.KvKey = ["shared"];

/** `["garbage", serial]`: contents that have one message less each, 16 bytes a content, up to 64,000. */
export const garbageKey = (serial: number): Deno.KvKey => ["garbage", serial];

/** All records of contents that have one message less. */
export const GARBAGE: Deno.KvKey = ["garbage"];

/** `["extra", home, firstNumber]`: how many messages beyond one contents have, 12 bytes each, up to 32,000. */
export const extraKey = (home: number, number: number): Deno.KvKey => [
  "extra",
  home,
  number,
];

/** `["upload", home, number]`: contents written ahead of the change that links them, 13 bytes and 4 each. */
export const uploadKey = (home: number, number: number): Deno.KvKey => [
  "upload",
  home,
  number,
];

/** All uploads under way. */
export const UPLOADS: Deno.KvKey = ["upload"];

/** `["copying", mailbox, serial]`: what a copy of several commits has copied so far, 13 bytes and 8 a commit. */
export const copyKey = (mailbox: number, serial: number): Deno.KvKey => [
  "copying",
  mailbox,
  serial,
];

/** All copies of several commits under way. */
export const COPIES: Deno.KvKey = ["copying"];

/** `["thread", inbox]`: what is noted of the threads of an account, by its `INBOX`; 18 bytes a note, up to 61,201. */
export const threadsKey = (inbox: number): Deno.KvKey => ["thread", inbox];

/** `["secret"]`: what numbers are shown to clients by, 33 bytes; written once. */
export const SECRET: Deno.KvKey = ["secret"];

/** `["counter", name]`: the first number that nobody has reserved, 9 bytes. */
export const counterKey = (name: string): Deno.KvKey => ["counter", name];

/** `["collector"]`: written by each step of the collector, so that there is one at a time; 9 bytes. */
export const COLLECTOR: Deno.KvKey = ["collector"];

/** `["recent"]`: the mailboxes that were in memory when a server was closed, 4 bytes each, up to 133. */
export const RECENT: Deno.KvKey = ["recent"];

/** `["user", name]`: a user with the hash of the password. */
export const userKey = (name: string): Deno.KvKey => ["user", name];

/** All users. */
export const USERS: Deno.KvKey = ["user"];

/** `["user-token", user, id]`: a token of a user, by its hash. */
export const userTokenKey = (user: string, id: string): Deno.KvKey => [
  "user-token",
  user,
  id,
];

/** All tokens of a user. */
export const userTokensOf = (user: string): Deno.KvKey => ["user-token", user];

/** `["otp", user]`: the series of one-time passwords of a user, four fields. */
export const otpKey = (user: string): Deno.KvKey => ["otp", user];

/** `["user-secret"]`: random text that stays the same, in base64. */
export const USER_SECRET: Deno.KvKey = ["user-secret"];

/** `["receipt", process]`: the number of a process's last commit in a database that others share; 9 bytes. */
export const receiptKey = (process: string): Deno.KvKey => ["receipt", process];

/** `["journal"]`: up to which commit the database has what is in the journal beside it; 25 bytes. */
export const JOURNAL: Deno.KvKey = ["journal"];

/** A key and a value as they are written, and in how many milliseconds the value goes; null deletes. */
export type Write = readonly [
  key: Deno.KvKey,
  value: Uint8Array | null,
  options?: { readonly expireIn: number },
];

/** About how many bytes a key takes in a commit. */
export function keySize(key: Deno.KvKey): number {
  let size = 4;
  for (const part of key) {
    size += typeof part === "string" ? 2 + 3 * part.length : 9;
  }
  return size;
}
