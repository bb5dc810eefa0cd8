/**
 * What is noted of the threads of accounts: in memory, and now and then in the database.
 *
 * No append waits for it, and none writes it: the notes of an account are one value, written when one of its mailboxes
 * is folded and when the storage closes. What a crash takes costs an answer its thread, and only one that names but
 * the message that it answers. Processes that share a database add to the same value.
 *
 * @module
 */

import type { ThreadClues } from "../model.ts";
import { asksNotes, type ThreadNote, ThreadNotes } from "../threads.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import type { Committer } from "./commit.ts";
import type { Settings } from "./database.ts";
import { accountKey, headKey, threadsKey } from "./keys.ts";

const VERSION = 1;
/** Accounts whose notes are in memory. */
const MAX_ACCOUNTS = 500;
const MAX_ATTEMPTS = 5;

/** Whose notes. */
export interface ThreadOwner {
  /** The user. */
  readonly user: string;
  /** The number of the `INBOX`, which stands for the account. */
  readonly inbox: number;
}

/** The notes of an account. */
interface Account {
  readonly owner: ThreadOwner;
  readonly notes: ThreadNotes;
  /** Whether what the database has is among them. */
  loaded: boolean;
  /** How many notes had been made when they were written last. */
  saved: number;
}

/** See the module's text. */
export class Threads {
  readonly #kv: Deno.Kv;
  readonly #committer: Committer;
  readonly #settings: Settings;
  /** Those used last at the end. */
  readonly #accounts = new Map<number, Account>();

  /** Reads from a database, and writes by the committer. */
  constructor(kv: Deno.Kv, committer: Committer, settings: Settings) {
    this.#kv = kv;
    this.#committer = committer;
    this.#settings = settings;
  }

  /** Reads the notes where the threads of messages depend on them; nothing to wait for where they do not. */
  prepare(
    owner: ThreadOwner,
    messages: readonly { readonly clues?: ThreadClues }[],
  ): Promise<void> | undefined {
    const account = this.#account(owner);
    if (account.loaded && !this.#settings.shared) return undefined;
    return messages.some(({ clues }) => asksNotes(clues))
      ? this.#load(account)
      : undefined;
  }

  /** The thread of a message; `content` is the number of its content. */
  assign(
    owner: ThreadOwner,
    clues: ThreadClues | undefined,
    content: number,
  ): number {
    const { notes } = this.#account(owner);
    return notes.assign(clues, content, this.#settings.now());
  }

  /** Writes the notes of an account, if there are new ones. */
  async save(inbox: number): Promise<void> {
    const account = this.#accounts.get(inbox);
    if (account !== undefined) await this.#save(account);
  }

  /** Writes all new notes. */
  async close(): Promise<void> {
    for (const account of this.#accounts.values()) await this.#save(account);
  }

  #account(owner: ThreadOwner): Account {
    const { inbox } = owner;
    let account = this.#accounts.get(inbox);
    if (account === undefined) {
      const notes = new ThreadNotes();
      account = { owner, notes, loaded: false, saved: 0 };
    } else this.#accounts.delete(inbox);
    this.#accounts.set(inbox, account);
    if (this.#accounts.size > MAX_ACCOUNTS) this.#dropOldest();
    return account;
  }

  #dropOldest(): void {
    const [[inbox, oldest]] = this.#accounts as unknown as [[number, Account]];
    this.#accounts.delete(inbox);
    void this.#save(oldest);
  }

  async #load(account: Account): Promise<void> {
    const key = threadsKey(account.owner.inbox);
    const { value } = await this.#kv.get<Uint8Array>(key);
    if (value !== null) account.notes.restore(decodeNotes(value));
    account.loaded = true;
  }

  /** Adds the notes to what the database has, unless the account is gone. What fails is tried another time. */
  async #save(account: Account): Promise<void> {
    const { owner: { user, inbox }, notes } = account;
    if (notes.made === account.saved) return;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const [before, owner, head] = await this.#kv.getMany<
          [Uint8Array, Uint8Array, Uint8Array]
        >([threadsKey(inbox), accountKey(user), headKey(inbox)]);
        const { made } = notes;
        if (owner.value !== null && head.value !== null) {
          // Others may have written since.
          const known = account.loaded && !this.#settings.shared;
          if (before.value !== null && !known) {
            notes.restore(decodeNotes(before.value));
          }
          const { ok } = await this.#committer.write(
            [[threadsKey(inbox), encodeNotes(notes)]],
            [before, owner],
          );
          if (!ok) continue;
        }
        account.loaded = true;
        account.saved = made;
        return;
      }
    } catch (error) {
      this.#settings.onFault(error);
    }
  }
}

/** Notes in bytes, 18 each. */
export function encodeNotes(
  notes: Iterable<readonly [number, ThreadNote]>,
): Uint8Array {
  const to = new ByteWriter(1_024).u8(VERSION);
  for (const [key, { thread, until }] of notes) {
    to.f64(key).f64(thread).u16(until);
  }
  return to.bytes();
}

/** Notes from bytes. @throws {Error} when they are none */
export function decodeNotes(bytes: Uint8Array): [number, ThreadNote][] {
  const from = new ByteReader(bytes).version(VERSION);
  const notes: [number, ThreadNote][] = [];
  while (!from.done) {
    const key = from.f64();
    const thread = from.f64();
    if (!Number.isSafeInteger(thread) || thread < 1) {
      throw new Error(`${thread} is no thread`);
    }
    notes.push([key, { thread, until: from.u16() }]);
  }
  return notes;
}
