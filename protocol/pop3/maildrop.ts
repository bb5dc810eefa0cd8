/**
 * A maildrop: INBOX as it was when the client logged in (RFC 1939 § 4).
 *
 * RFC 1939 wants the maildrop locked, so that nothing changes under a session. Nothing is locked here: several
 * POP3 sessions and IMAP sessions share INBOX, since a lock that a broken connection leaves behind keeps people
 * from their mail, and a client that checks mail every minute would keep IMAP out. What the lock is there to
 * prevent cannot happen all the same. A number means the UID that it meant at login for as long as the session
 * lasts; a message has one content for good; messages that come are not seen, and one that somebody else
 * removes is as if it were marked as deleted. Marks are the session's own until QUIT.
 *
 * @module
 */

import type { MailboxState } from "../../storage/mailbox_state.ts";
import { StorageError, type Uid, type UidList } from "../../storage/model.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { No } from "../imap/errors.ts";
import { measure } from "./sizes.ts";

/** A message that is there. */
export interface MaildropMessage {
  /** Its number. */
  readonly number: number;
  /** Its UID. */
  readonly uid: Uid;
  /** Its size on the wire, without dots that are stuffed in. */
  readonly size: number;
}

/** How many messages there are, and their size. */
export interface Totals {
  /** How many. */
  readonly messages: number;
  /** The sum of their sizes. */
  readonly octets: number;
}

/** See the module's text. */
export class Maildrop {
  /** INBOX. */
  readonly mailbox: Mailbox;
  readonly #state: MailboxState;
  /** By number - 1; never written to below `#count`. */
  readonly #uids: UidList;
  readonly #count: number;
  readonly #growth: ReadonlyMap<number, number>;
  /** The numbers of the messages that are marked as deleted. */
  readonly #deleted = new Set<number>();
  /** The numbers of those that the client has got. */
  readonly #retrieved = new Set<number>();
  /** Right as long as nobody else has removed a message: the state's epoch says so. */
  #totals: { messages: number; octets: number } | undefined;
  #epoch = -1;

  private constructor(mailbox: Mailbox, growth: ReadonlyMap<number, number>) {
    const { state } = mailbox;
    this.mailbox = mailbox;
    this.#state = state;
    this.#uids = state.uids;
    this.#count = state.length;
    this.#growth = growth;
  }

  /**
   * Opens the INBOX of an account.
   * @param fault takes what kept sizes from being exact
   */
  static async open(
    account: Account,
    fault: (error: unknown) => void,
  ): Promise<Maildrop> {
    const mailbox = await account.openMailbox("INBOX");
    try {
      await mailbox.refresh();
      let growth: ReadonlyMap<number, number> = new Map();
      try {
        growth = await measure(mailbox);
      } catch (error) {
        if (mailbox.state.deleted) throw error;
        fault(error);
      }
      return new Maildrop(mailbox, growth);
    } catch (error) {
      mailbox.close();
      throw error;
    }
  }

  /** How many messages there are that are neither marked nor gone, and their size. */
  totals(): Totals {
    if (this.#totals === undefined || this.#epoch !== this.#state.epoch) {
      this.#epoch = this.#state.epoch;
      let messages = 0;
      let octets = 0;
      for (const { size } of this.messages()) {
        messages++;
        octets += size;
      }
      this.#totals = { messages, octets };
    }
    return this.#totals;
  }

  /** The messages that are neither marked nor gone, in order. Others may go while this goes on. */
  *messages(): Generator<MaildropMessage, void, undefined> {
    const state = this.#state;
    let at = 0;
    for (let index = 0; index < this.#count; index++) {
      if (this.#deleted.has(index + 1)) continue;
      const uid = this.#uids[index]! as Uid;
      // Both arrays ascend: the next place is most often the next one.
      if (state.uids[at] !== uid || at >= state.length) at = state.indexOf(uid);
      if (at < 0) {
        at = 0;
        continue;
      }
      yield { number: index + 1, uid, size: this.#sizeAt(at, uid) };
      at++;
    }
  }

  /** The message of a number. @throws {No} when there is none, it is marked, or it has gone */
  message(number: number): MaildropMessage {
    const uid = this.#uids[number - 1];
    if (number > this.#count || uid === undefined) {
      throw new No(undefined, "There is no such message");
    }
    if (this.#deleted.has(number)) {
      throw new No(undefined, "The message is marked as deleted");
    }
    const at = this.#state.indexOf(uid);
    if (at < 0 || this.#state.deleted) throw gone();
    return { number, uid: uid as Uid, size: this.#sizeAt(at, uid) };
  }

  /** The size of a message in the mailbox, as it is stored. @throws {No} when it has gone */
  storedSize({ uid }: MaildropMessage): number {
    const at = this.#state.indexOf(uid);
    if (at < 0) throw gone();
    return this.#state.sizes[at]!;
  }

  /** Marks a message as deleted. @throws {No} as {@linkcode message} does, and where INBOX is read-only */
  delete(number: number): void {
    const { size } = this.message(number);
    if (this.mailbox.readOnly === true) {
      throw new No(undefined, "Nothing can be removed here");
    }
    this.#deleted.add(number);
    this.#adjust(-1, size);
  }

  /** Takes all marks away. */
  reset(): void {
    for (const number of this.#deleted) {
      const uid = this.#uids[number - 1]!;
      const at = this.#state.indexOf(uid);
      if (at >= 0) this.#adjust(1, this.#sizeAt(at, uid));
    }
    this.#deleted.clear();
  }

  /** Notes that the client has got all of a message: it becomes `\Seen` when the session ends. */
  retrieved({ number }: MaildropMessage): void {
    this.#retrieved.add(number);
  }

  /** Removes what is marked and still there, of the UPDATE state (RFC 1939 § 6). */
  async update(): Promise<void> {
    const uids = this.#uidsOf(this.#deleted);
    if (uids.length > 0) await this.mailbox.expunge(uids);
  }

  /**
   * Sets `\Seen` on what was retrieved and is still there, as one change for the session, so that RETR need not
   * wait for one each. TOP sets nothing, like BODY.PEEK.
   */
  async storeSeen(): Promise<void> {
    const state = this.#state;
    const unseen = this.#uidsOf(this.#retrieved)
      .filter((uid) => !state.flagsAt(state.indexOf(uid)).seen);
    this.#retrieved.clear();
    if (
      unseen.length === 0 || state.deleted || this.mailbox.readOnly === true
    ) {
      return;
    }
    try {
      await this.mailbox.storeFlags(unseen, { mode: "add", flags: ["\\Seen"] });
    } catch (error) {
      const deleted = error instanceof StorageError &&
        error.code === "NONEXISTENT";
      if (!deleted) throw error;
    }
  }

  /** Gives the mailbox back. */
  close(): void {
    this.mailbox.close();
  }

  /** The UIDs of those messages that are there. */
  #uidsOf(numbers: ReadonlySet<number>): UidList {
    return Uint32Array.from(numbers, (number) => this.#uids[number - 1]!)
      .filter((uid) => this.#state.indexOf(uid) >= 0)
      .sort();
  }

  /** Counts a message in or out, where the totals are known. */
  #adjust(sign: 1 | -1, size: number): void {
    if (this.#totals === undefined) return;
    this.#totals.messages += sign;
    this.#totals.octets += sign * size;
  }

  #sizeAt(at: number, uid: number): number {
    return this.#state.sizes[at]! + (this.#growth.get(uid) ?? 0);
  }
}

/** The refusal for a message that somebody else has removed. */
export function gone(): No {
  return new No(undefined, "The message has been removed");
}
