/**
 * A mailbox whose messages are what a callback lists: its state, kept by the library.
 *
 * Each list is compared with the state, and what differs becomes changes: messages that are not listed any
 * more are expunged, new ones appended, other flags applied, each with the next modseq. Sessions see those
 * changes as they see any other, so that their numbers stay right whatever a list holds or in which order.
 *
 * A message is known by its `uid`, or by its `id`; the first list that is not empty settles which. Whoever
 * gives UIDs decides when one can come: not at or below any that was there before. Whoever gives ids gets
 * UIDs in the order of the list; an id that was away and comes back is a new message.
 *
 * Flags follow the list when the list changes. What clients change of them in memory stays until then.
 *
 * Lists may be under way together, so that one that hangs holds up nobody else; one that was begun before
 * another that has been applied is too old to count.
 *
 * @module
 */

import { checkFlags, NO_FLAGS } from "../../storage/flag_change.ts";
import { MAX_UID, type StorageLimits } from "../../storage/limits.ts";
import { Listeners } from "../../storage/listeners.ts";
import {
  MailboxState,
  type MessageRecord,
} from "../../storage/mailbox_state.ts";
import {
  type FlagChange,
  type MailboxChange,
  type Modseq,
  StorageError,
  type Uid,
  type UidList,
} from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { ListedMessage, Listing } from "./message_list.ts";
import type { Problems } from "./problems.ts";
import { bytesOf } from "./source.ts";

/** How many lists may be asked for at the same time. */
const LISTS_AT_ONCE = 4;

/** How a box begins. */
export interface VirtualBoxOptions {
  /** Its identifier. */
  readonly id: number;
  /** The mailbox's name. */
  readonly name: string;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** Whether UIDs outlive the process, so that the library may not give any out. */
  readonly lasting: boolean;
  /** UIDNEXT at the least, once the first list has been applied. */
  readonly uidNext: number;
  /** The first message that no session has been told of. */
  readonly firstRecent: number;
  /** The modseq from which changes count. */
  readonly highestModseq: number;
  /** The mailbox of the same name in the storage below. The box closes it. */
  readonly below: Mailbox | undefined;
  /** Limits of keywords. */
  readonly limits: StorageLimits;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** What a box is worked by. */
export interface BoxWork {
  /** Asks for the list, with the sizes of messages that the box does not know. */
  list(box: VirtualBox): Promise<Listing>;
  /** Takes why a list that no client waits for could not be had. */
  failed(box: VirtualBox, error: unknown): void;
  /** Takes what was wrong with a list. */
  problems(box: VirtualBox, problems: Problems): void;
  /** Keeps the source of a message that had to be read for its size. */
  keep(box: VirtualBox, uid: number, source: Uint8Array): void;
  /** Forgets what is kept of messages that have gone. */
  forget(box: VirtualBox, uids: UidList): void;
}

/** A change of flags that a client has asked for and that a callback is making. */
export interface AwaitedChange {
  /** What the flags of messages would be if nobody else changed them, by UID. */
  readonly expected: ReadonlyMap<number, readonly string[]>;
  /** The modseqs of changes that did just that. */
  readonly modseqs: Modseq[];
}

/** What is kept of a message beside its state. */
interface Kept {
  readonly id: string | undefined;
  /** Its UID in the storage below. */
  stored: number | undefined;
  /** The flags that the list had last, or undefined where it had none. */
  flags: string | undefined;
  /** Its source, if the list had it. */
  source: Uint8Array | string | undefined;
}

/** See the module's text. */
export class VirtualBox {
  /** The state, shared by all sessions. */
  readonly state: MailboxState;
  /** Who hears of changes. */
  readonly listeners: Listeners<MailboxChange> = new Listeners();
  /** The mailbox's name now. */
  name: string;
  /** Whether nothing in it can be changed, by what was listed last. */
  readOnly = false;
  /** The mailbox of the same name in the storage below. */
  readonly below: Mailbox | undefined;
  /** How many handles are open. */
  handles = 0;
  readonly #options: VirtualBoxOptions;
  readonly #work: BoxWork;
  readonly #kept = new Map<number, Kept>();
  readonly #uids = new Map<string, number>();
  readonly #awaited = new Set<AwaitedChange>();
  readonly #unlisten: (() => void) | undefined;
  /** What messages are known by; undefined until there was one. */
  #known: "uid" | "id" | undefined;
  /** Whether a list has more keywords than there may be. */
  #full = false;
  #underway = 0;
  #next: PromiseWithResolvers<void> | undefined;
  /** When the list that was applied last was asked for. */
  #applied = 0;

  /** An empty box; {@linkcode apply} or {@linkcode refresh} fills it. */
  constructor(options: VirtualBoxOptions, work: BoxWork) {
    this.#options = options;
    this.#work = work;
    this.name = options.name;
    this.below = options.below;
    this.#known = options.lasting ? "uid" : undefined;
    this.state = new MailboxState({
      ...options,
      id: options.id as MailboxState["id"],
      uidNext: 1,
      maxExpunged: options.limits.maxExpunged,
    });
    this.#unlisten = this.below?.onChange((change) => {
      if (change.type === "delete") this.retire();
      else this.refresh().catch((error) => this.#work.failed(this, error));
    });
  }

  /** The UID of the message with this id. */
  uidOf(id: string): number | undefined {
    return this.#uids.get(id);
  }

  /** The id of a message that has one. */
  idOf(uid: number): string | undefined {
    return this.#kept.get(uid)?.id;
  }

  /** The UID in the storage below of a message that came from there. */
  storedOf(uid: number): number | undefined {
    return this.#kept.get(uid)?.stored;
  }

  /** The UIDs here of messages of the storage below; undefined when one of them is not here. */
  fromStored(stored: UidList): UidList | undefined {
    const uids = new Map<number, number>();
    for (const [uid, kept] of this.#kept) {
      if (kept.stored !== undefined) uids.set(kept.stored, uid);
    }
    const here = Array.from(stored, (uid) => uids.get(uid));
    return here.includes(undefined)
      ? undefined
      : Uint32Array.from(here as number[]);
  }

  /** The source of a message whose list had it. */
  sourceOf(uid: number): Uint8Array | string | undefined {
    return this.#kept.get(uid)?.source;
  }

  /** Whether a listed message is here. */
  has(message: ListedMessage): boolean {
    return this.#find(message) !== undefined;
  }

  /** Settles when the state is what a list says that was asked for after the call. */
  refresh(): Promise<void> {
    if (this.state.deleted) return Promise.resolve();
    if (this.#underway < LISTS_AT_ONCE) return this.#refresh();
    this.#next ??= Promise.withResolvers<void>();
    return this.#next.promise;
  }

  async #refresh(): Promise<void> {
    this.#underway++;
    const asked = nextTick();
    try {
      this.apply(await this.#work.list(this), asked);
    } finally {
      this.#underway--;
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.#refresh().then(next.resolve, next.reject);
    }
  }

  /** Notes a change of flags that is being made; the function that comes back ends that. */
  await(change: AwaitedChange): () => void {
    this.#awaited.add(change);
    return () => void this.#awaited.delete(change);
  }

  /** The mailbox has been deleted: sessions that have it selected end. */
  retire(): void {
    if (this.state.deleted) return;
    this.state.deleted = true;
    this.listeners.notify({ type: "delete" });
    this.close();
  }

  /** Gives back what lies below. */
  close(): void {
    this.#unlisten?.();
    this.below?.close();
  }

  /**
   * Makes the state what a list says.
   * @param asked when the list was asked for, by {@linkcode nextTick}
   */
  apply({ messages, problems }: Listing, asked: number): void {
    if (asked < this.#applied || this.state.deleted) return;
    const isFirst = this.#applied === 0;
    this.#applied = asked;
    this.#full = false;
    const present = new Set<number>();
    const ids = new Set<string>();
    const fresh: ListedMessage[] = [];
    const flagged = new Map<number, readonly string[]>();
    for (const message of messages) {
      const fault = this.#sort(message, present, ids, fresh, flagged);
      if (fault !== undefined) problems.add(fault);
    }
    this.#expunge(present);
    this.#append(fresh, problems);
    const { uidNext } = this.#options;
    if (isFirst && uidNext > this.state.uidNext) {
      this.state.uidNext = uidNext as Uid;
    }
    this.#applyFlags(flagged, problems);
    this.#work.problems(this, problems);
  }

  /** Changes flags in memory. */
  setFlags(uids: UidList, change: FlagChange): Modseq {
    const { state } = this;
    const modseq = this.#modseq();
    const changer = state.flagTable.changer(change);
    this.listeners.notify(state.applyFlags(modseq, uids, changer));
    return modseq;
  }

  /** The mailbox has changed, and no message: it gets a modseq (RFC 7162 § 3.2.3). */
  touch(): void {
    this.setFlags(new Uint32Array(), NO_FLAGS);
  }

  /** Says what a listed message is: one that is here, a new one, or why it is none. */
  #sort(
    message: ListedMessage,
    present: Set<number>,
    ids: Set<string>,
    fresh: ListedMessage[],
    flagged: Map<number, readonly string[]>,
  ): string | undefined {
    const known = this.#known ??= message.uid === undefined ? "id" : "uid";
    if (message[known] === undefined) {
      return known === "id"
        ? `uid ${message.uid} among messages with ids`
        : `id ${message.id} where messages have UIDs of their own`;
    }
    const uid = this.#find(message);
    const fault = uid === undefined
      ? this.#faultOfNew(message, present, ids)
      : present.has(uid)
      ? "twice"
      : message.wrong;
    if (uid !== undefined && fault !== "twice") {
      present.add(uid);
      const kept = this.#kept.get(uid)!;
      kept.source = message.source;
      kept.stored = message.stored;
      const { flags, flagKey } = message;
      if (flags !== undefined && flagKey !== kept.flags) {
        kept.flags = flagKey;
        flagged.set(uid, flags);
      }
    } else if (fault === undefined) {
      if (known === "uid") present.add(message.uid!);
      else ids.add(message.id!);
      fresh.push(message);
    }
    return fault && `${known} ${message[known]}: ${fault}`;
  }

  /** Why a listed message that is not here cannot come. */
  #faultOfNew(
    { uid = 0, id = "", wrong }: ListedMessage,
    present: ReadonlySet<number>,
    ids: ReadonlySet<string>,
  ): string | undefined {
    if (this.#known === "id") return ids.has(id) ? "twice" : wrong;
    if (present.has(uid)) return "twice";
    if (wrong !== undefined) return wrong;
    return uid < this.state.uidNext
      ? "not above all that were there before it"
      : undefined;
  }

  #find(message: ListedMessage): number | undefined {
    if (this.#known === "id") {
      return message.id === undefined ? undefined : this.#uids.get(message.id);
    }
    return message.uid !== undefined && this.#kept.has(message.uid)
      ? message.uid
      : undefined;
  }

  #expunge(present: ReadonlySet<number>): void {
    const { state } = this;
    const gone = state.uids.subarray(0, state.length)
      .filter((uid) => !present.has(uid));
    if (gone.length === 0) return;
    for (const uid of gone) {
      const id = this.#kept.get(uid)?.id;
      if (id !== undefined) this.#uids.delete(id);
      this.#kept.delete(uid);
    }
    this.#work.forget(this, gone);
    this.listeners.notify(state.applyExpunge(this.#modseq(), gone));
  }

  #append(fresh: ListedMessage[], problems: Problems): void {
    const { state } = this;
    if (this.#known === "uid") fresh.sort((a, b) => a.uid! - b.uid!);
    const modseq = this.#modseq();
    const now = this.#options.now();
    const records: MessageRecord[] = [];
    let next: number = state.uidNext;
    for (const message of fresh) {
      if (message.size === undefined && message.source === undefined) {
        problems.add(`the size of ${message.uid ?? message.id} is not known`);
        continue;
      }
      const uid = this.#known === "uid" ? message.uid! : next;
      if (uid > MAX_UID) {
        problems.add(`no UID is left for id ${message.id}`);
        break;
      }
      next = uid + 1;
      const { id, source, stored } = message;
      const below = stored === undefined
        ? undefined
        : this.#recordBelow(stored);
      this.#kept.set(uid, { id, source, stored, flags: message.flagKey });
      if (id !== undefined && this.#known === "id") this.#uids.set(id, uid);
      if (message.bytes !== undefined) {
        this.#work.keep(this, uid, message.bytes);
      }
      records.push({
        uid: uid as Uid,
        flags: this.#possible(message.flags ?? [], problems),
        modseq,
        size: message.size ?? bytesOf(source!).length,
        internalDate: message.internalDate ?? now,
        saveDate: below?.saveDate ?? 0,
        thread: below?.thread ?? 0,
        content: below?.content ?? { home: 0, number: uid },
      });
    }
    if (records.length === 0) return;
    this.listeners.notify(state.applyAppend(modseq, records));
  }

  /** What the storage below knows of a message that is its own. */
  #recordBelow(stored: number): MessageRecord | undefined {
    const state = this.below?.state;
    const index = state?.indexOf(stored) ?? -1;
    return index < 0 ? undefined : state!.recordAt(index);
  }

  /** Applies flags in as few changes as there are clients that wait for theirs, and one for the rest. */
  #applyFlags(
    flagged: ReadonlyMap<number, readonly string[]>,
    problems: Problems,
  ): void {
    const { state } = this;
    const groups = new Map<AwaitedChange | undefined, number[]>();
    const sets = new Map<number, readonly string[]>();
    for (const [uid, listed] of flagged) {
      const flags = this.#possible(listed, problems);
      const before = state.flagsAt(state.indexOf(uid)).flags;
      if (isSame(before, flags)) continue;
      sets.set(uid, flags);
      const awaited = this.#awaitedBy(uid, flags);
      const group = groups.get(awaited);
      if (group === undefined) groups.set(awaited, [uid]);
      else group.push(uid);
    }
    for (const [awaited, uids] of groups) {
      const modseq = this.#modseq();
      awaited?.modseqs.push(modseq);
      this.listeners.notify(
        state.applyFlags(
          modseq,
          Uint32Array.from(uids).sort(),
          (_, uid) => state.flagTable.intern(sets.get(uid)!),
        ),
      );
    }
  }

  /** The change that is awaited and that these flags are the result of. */
  #awaitedBy(uid: number, flags: readonly string[]): AwaitedChange | undefined {
    for (const one of this.#awaited) {
      const expected = one.expected.get(uid);
      if (expected !== undefined && isSame(expected, flags)) return one;
    }
    return undefined;
  }

  /** Flags without the keywords that are too many or too long. */
  #possible(flags: readonly string[], problems: Problems): readonly string[] {
    const { limits } = this.#options;
    const { flagTable } = this.state;
    try {
      if (!this.#full) {
        checkFlags(this.state, flags, limits);
        return flags;
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      problems.add(error.message);
      // Looking for room takes a look at every message: once a list is enough.
      this.#full = true;
    }
    return flags.filter((flag) => flagTable.has(flag));
  }

  #modseq(): Modseq {
    return this.state.highestModseq + 1 as Modseq;
  }
}

let tick = 0;

/** Counts: a later call gives a greater number. */
export function nextTick(): number {
  return ++tick;
}

/** Whether flags are what a change of flags was to make of them. */
export function isDone(change: FlagChange, flags: readonly string[]): boolean {
  const has = new Set(flags.map((flag) => flag.toLowerCase()));
  const wanted = new Set(change.flags.map((flag) => flag.toLowerCase()));
  switch (change.mode) {
    case "add":
      return wanted.isSubsetOf(has);
    case "remove":
      return wanted.isDisjointFrom(has);
    case "replace":
      return wanted.size === has.size && wanted.isSubsetOf(has);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return isDone({ mode: "replace", flags: a }, b);
}
