/**
 * What one session has been told of its selected mailbox: the map of sequence numbers.
 *
 * The mailbox's state moves on with every commit of every session; the client's picture moves only by what
 * it is told. The view is that picture. It turns sequence numbers into UIDs before anything else sees them,
 * and it alone turns committed changes into EXPUNGE, EXISTS, RECENT and FETCH, at the moments when each may
 * be sent (RFC 9051 § 7.5.1, § 5.5).
 *
 * It costs a session a reference: as long as the client has been told of all expunges, the view shares the
 * state's array of UIDs and differs from it by a length at most.
 *
 * @module
 */

import {
  concatUids,
  lowerBound,
  type MailboxState,
} from "../../storage/mailbox_state.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { UidList } from "../../storage/model.ts";
import { intersect, resolve, type SequenceSet } from "../wire/sequence_set.ts";
import { Bad } from "./errors.ts";

/** What has become of the mailbox since the client was told last. */
export interface Pending {
  /** Sequence numbers to report as expunged, one after the other, each counted after those before it went. */
  readonly expunged: readonly number[];
  /** The UIDs of the expunged messages, ascending. */
  readonly expungedUids: UidList;
  /** The new number of messages, when messages have come. */
  readonly exists: number | undefined;
  /** The messages that have come: their UIDs, ascending. */
  readonly came: UidList;
  /** Messages that the client knew and whose flags have changed: their UIDs, ascending. */
  readonly changed: UidList;
}

/** What of the selected mailbox a client wants to hear of (RFC 5465); otherwise all. */
export interface Wanted {
  /** Messages that come. */
  readonly messages: boolean;
  /** Flags that change. */
  readonly flags: boolean;
}

const ALL: Wanted = { messages: true, flags: true };

const NONE: UidList = new Uint32Array(0);

/** How many changes of its own a session may have whose result is not looked at. */
const MANY_OWN = 256;

function lastOf({ uids, length }: MailboxState): number {
  return length === 0 ? 0 : uids[length - 1]!;
}

/** See the module's text. */
export class View {
  /** The mailbox. */
  readonly mailbox: Mailbox;
  /** Whether the mailbox was opened by EXAMINE. */
  readonly readOnly: boolean;
  /** The UIDs that the client has been told of: sequence number n is `uids[n - 1]`, up to `length`. */
  uids: Uint32Array;
  /** How many messages the client has been told of. */
  length: number;
  /** How many of the mailbox's keywords the client has been told of. */
  toldKeywords: number;
  /** The state's epoch that `uids` belongs to. */
  #epoch: number;
  /** Changes up to this modseq have been looked at. */
  #modseq: number;
  /** The client has been told of all changes up to this modseq. */
  #settled: number;
  /** The highest modseq that has been told since that was last looked at. */
  #toldModseq = 0;
  /** Whether there is what the client does not want to be told (RFC 5465). */
  #withholds = false;
  /** Messages whose flags the client has to be told of. */
  #changed = new Set<number>();
  /** Changes by this session, whose result the client knows without being told. */
  #own = new Set<number>();
  /** Messages that are `\Recent` in this session: from each first UID up to before the second, ascending. */
  #recent: [number, number][] = [];
  #recentCount = 0;
  readonly #claimsRecent: boolean;

  /**
   * Starts from the mailbox as it is now; the caller announces it.
   * @param claimsRecent whether the session takes the `\Recent` messages for itself (not by EXAMINE, and not
   * where IMAP4rev2 is on, which has no `\Recent`)
   */
  constructor(mailbox: Mailbox, readOnly: boolean, claimsRecent: boolean) {
    this.mailbox = mailbox;
    this.readOnly = readOnly;
    const state = mailbox.state;
    this.uids = state.uids;
    this.length = state.length;
    this.#epoch = state.epoch;
    this.#modseq = state.highestModseq;
    this.#settled = state.highestModseq;
    this.toldKeywords = state.flagTable.keywordCount;
    this.#claimsRecent = claimsRecent && !readOnly;
    this.#takeRecent(readOnly ? state.firstRecent : this.#claim());
  }

  /** The mailbox's committed state. */
  get state(): MailboxState {
    return this.mailbox.state;
  }

  /** The client has been told of all that was changed up to this modseq: from here it may resynchronize. */
  get settled(): number {
    return this.#settled;
  }

  /**
   * Whether the client has been told a modseq that it must not take for the one to resynchronize from, since there
   * was a change before it which it has not been told of: an EXPUNGE that has to wait (RFC 7162 § 3.2), or one of
   * several that were made while it was told of others. It is true once; the client is told then.
   */
  takeAhead(): boolean {
    const isAhead = this.#toldModseq > this.#settled;
    this.#toldModseq = 0;
    return isAhead;
  }

  /** Notes that the client is told a message's modseq. */
  toldModseq(modseq: number): void {
    this.#toldModseq = Math.max(this.#toldModseq, modseq);
  }

  /** How many of the messages that the client knows of are `\Recent` in this session. */
  get recentCount(): number {
    return this.#recentCount;
  }

  /** Whether a message is `\Recent` in this session. */
  isRecent(uid: number): boolean {
    let low = 0;
    let high = this.#recent.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#recent[middle]![1] <= uid) low = middle + 1;
      else high = middle;
    }
    return low < this.#recent.length && uid >= this.#recent[low]![0];
  }

  /** The sequence number of a UID, or 0 when the client has not been told of it. */
  numberOf(uid: number): number {
    const index = lowerBound(this.uids, this.length, uid);
    return index < this.length && this.uids[index] === uid ? index + 1 : 0;
  }

  /** The UID of the last message that the client knows of, or 0. */
  get lastUid(): number {
    return this.length === 0 ? 0 : this.uids[this.length - 1]!;
  }

  /**
   * The UIDs of a set of sequence numbers.
   * @throws {Bad} for a number above that of the last message, `*` in an empty mailbox included
   * (RFC 9051 § 9, seq-number)
   */
  uidsOfNumbers(set: SequenceSet, saved: () => UidList): UidList {
    if (set.kind === "saved") return this.known(saved());
    if (this.length === 0) throw new Bad("The mailbox is empty");
    const ranges = resolve(set, this.length);
    const parts: UidList[] = [];
    for (const [from, to] of ranges) {
      if (from < 1 || to > this.length) {
        throw new Bad("Invalid message sequence number");
      }
      parts.push(this.uids.slice(from - 1, to));
    }
    return parts.length === 1 ? parts[0]! : concatUids(parts);
  }

  /** Of a set of UIDs, those that the client has been told of; others are passed over (RFC 9051 § 6.4.9). */
  uidsOfSet(set: SequenceSet, saved: () => UidList): UidList {
    if (set.kind === "saved") return this.known(saved());
    return intersect(resolve(set, this.lastUid), this.uids, this.length);
  }

  /** The messages that the client has been told of, from one UID to another, both included; not to be written to. */
  uidsBetween(first: number, last: number): UidList {
    return this.uids.subarray(
      lowerBound(this.uids, this.length, first),
      lowerBound(this.uids, this.length, last + 1),
    );
  }

  /** Of a list of UIDs, those that the client has been told of. */
  known(uids: UidList): UidList {
    return uids.filter((uid) => this.numberOf(uid) !== 0);
  }

  /** Of a list of UIDs that the client has been told of, those that are still there. */
  present(uids: UidList): UidList {
    const state = this.state;
    if (state.epoch === this.#epoch) return uids;
    return uids.filter((uid) => state.indexOf(uid) >= 0);
  }

  /** The messages that the client knows of and that are not there any more. */
  gone(): UidList {
    const { uids, length } = this.state;
    const gone: number[] = [];
    let there = 0;
    for (let told = 0; told < this.length; told++) {
      const uid = this.uids[told]!;
      while (there < length && uids[there]! < uid) there++;
      if (there === length || uids[there] !== uid) gone.push(uid);
    }
    return Uint32Array.from(gone);
  }

  /** Notes that a change is this session's own and that the client knows or is being told what came of it. */
  own(modseqs: readonly number[]): void {
    for (const modseq of modseqs) this.#own.add(modseq);
  }

  /** Notes that the client has to be told the flags of messages, whether they have changed or not. */
  tell(uids: UidList): void {
    for (const uid of uids) this.#changed.add(uid);
  }

  /** Notes that the client has just been told a message's flags. */
  told(uid: number): void {
    this.#changed.delete(uid);
  }

  /** Takes note of what others have changed so far, so that {@linkcode told} can strike it off. */
  gather(): void {
    this.#lookAtChanges();
  }

  /** Whether {@linkcode take} would have anything to say. */
  get stale(): boolean {
    const state = this.state;
    return state.highestModseq !== this.#modseq ||
      state.highestModseq !== this.#settled ||
      state.epoch !== this.#epoch ||
      state.length !== this.length ||
      this.#changed.size > 0;
  }

  /**
   * Moves the picture on and says what the client has to be told for it.
   * @param mayExpunge whether EXPUNGE may be sent now; if not, messages that have gone keep their numbers
   * @param wanted what else may be sent; what may not is left for later
   */
  take(mayExpunge: boolean, wanted: Wanted = ALL): Pending {
    const state = this.state;
    if (wanted.flags || this.#own.size > MANY_OWN) this.#lookAtChanges();
    let expunged: number[] = [];
    let expungedUids = NONE;
    const before = this.length;
    const last = this.lastUid;
    if (state.epoch === this.#epoch) {
      this.uids = state.uids;
      if (wanted.messages) this.length = state.length;
    } else if (mayExpunge) {
      ({ expunged, expungedUids } = this.#takeExpunged());
      this.uids = state.uids;
      this.length = wanted.messages
        ? state.length
        : lowerBound(state.uids, state.length, last + 1);
      this.#epoch = state.epoch;
    } else if (!wanted.messages) {
      // Nothing that moves a number.
    } else if (state.length > 0 && state.uids[state.length - 1]! > last) {
      // Messages have come while others that have gone still hold their numbers: an array of our own.
      const from = lowerBound(state.uids, state.length, last + 1);
      this.uids = concatUids([
        this.uids.subarray(0, this.length),
        state.uids.subarray(from, state.length),
      ]);
      this.length = this.uids.length;
    }
    this.#withholds = !wanted.messages && this.lastUid < lastOf(state) ||
      !wanted.flags &&
        (this.#modseq !== state.highestModseq || this.#changed.size > 0);
    if (state.epoch === this.#epoch && !this.#withholds) {
      this.#settled = state.highestModseq;
    }
    const known = before - expunged.length;
    const came = this.length > known;
    if (came) this.#takeRecent(this.#claim(), last + 1);
    return {
      expunged,
      expungedUids,
      exists: came ? this.length : undefined,
      came: came ? this.uids.subarray(known, this.length) : NONE,
      changed: wanted.flags ? this.#takeChanged() : NONE,
    };
  }

  /** Gathers the messages whose flags others have changed. */
  #lookAtChanges(): void {
    const state = this.state;
    if (state.highestModseq === this.#modseq) return;
    const changes = state.changedSince(this.#modseq);
    if (changes !== undefined) {
      for (const change of changes) {
        if (change.type !== "flags" || this.#own.has(change.modseq)) continue;
        for (const uid of change.uids) this.#changed.add(uid);
      }
    } else {
      for (let index = 0; index < state.length; index++) {
        if (state.modseqs[index]! > this.#modseq) {
          this.#changed.add(state.uids[index]!);
        }
      }
    }
    this.#modseq = state.highestModseq;
    this.#own.clear();
  }

  /** The changed messages that the client knows and that are still there; others need no telling. */
  #takeChanged(): UidList {
    if (this.#changed.size === 0) return NONE;
    const state = this.state;
    const uids = new Uint32Array(this.#changed.size);
    let count = 0;
    for (const uid of this.#changed) {
      if (state.indexOf(uid) >= 0 && this.numberOf(uid) > 0) {
        uids[count++] = uid;
      }
    }
    this.#changed.clear();
    return uids.subarray(0, count).sort();
  }

  /** Compares the told UIDs with those there, both ascending. */
  #takeExpunged(): { expunged: number[]; expungedUids: UidList } {
    const { uids, length } = this.state;
    const expunged: number[] = [];
    const gone: number[] = [];
    let there = 0;
    for (let told = 0; told < this.length; told++) {
      const uid = this.uids[told]!;
      while (there < length && uids[there]! < uid) there++;
      if (there < length && uids[there] === uid) continue;
      expunged.push(told + 1 - expunged.length);
      gone.push(uid);
      if (this.isRecent(uid)) this.#recentCount--;
    }
    return { expunged, expungedUids: Uint32Array.from(gone) };
  }

  #claim(): number {
    return this.#claimsRecent
      ? this.mailbox.claimRecent()
      : this.state.firstRecent;
  }

  /** Makes messages from a UID on `\Recent` here, of those from `newFrom` on that the client now knows. */
  #takeRecent(firstRecent: number, newFrom = 1): void {
    const from = Math.max(firstRecent, newFrom);
    const to = this.lastUid + 1;
    if (from >= to) return;
    const latest = this.#recent.at(-1);
    if (latest !== undefined && latest[1] >= from) latest[1] = to;
    else this.#recent.push([from, to]);
    this.#recentCount += this.length - lowerBound(this.uids, this.length, from);
  }
}
