/**
 * A handle on a mailbox whose messages are what a callback lists.
 *
 * Without callbacks for changes flags are kept in memory, and everything else is refused, unless the message
 * came from the storage below: then the change is made there, and the next list says what became of it.
 *
 * @module
 */

import type { MailboxState } from "../../storage/mailbox_state.ts";
import { checkFlags, planFlagChange } from "../../storage/flag_change.ts";
import {
  type AppendResult,
  type ExpungeResult,
  type FlagChange,
  type MailboxChange,
  type MessageBytes,
  type Modseq,
  type NewMessage,
  StorageError,
  type StoreResult,
  type Uid,
  type UidList,
} from "../../storage/model.ts";
import type { UserContext } from "./context.ts";
import type { MessageKey, MessageRef, UpdatedMessage } from "./events.ts";
import { CallbackMailbox, NO_UIDS } from "./mailbox.ts";
import { MessageSources } from "./sources.ts";
import { ownSourceOf } from "./virtual_list.ts";
import type { AwaitedChange, VirtualBox } from "./virtual_box.ts";

/** See the module's text. */
export class VirtualMailbox extends CallbackMailbox {
  readonly stored: undefined = undefined;
  readonly #box: VirtualBox;
  readonly #sources: MessageSources;
  readonly #release: () => void;
  #closed = false;
  /** Whether nothing has been asked since the mailbox was opened, which was with a list as new as could be. */
  #new = true;

  /** @param release called once when the handle is closed */
  constructor(context: UserContext, box: VirtualBox, release: () => void) {
    super(context);
    this.#box = box;
    this.#release = release;
    box.handles++;
    this.#sources = new MessageSources(context, {
      state: box.state,
      get name() {
        return box.name;
      },
      keyOf: (uid) => this.refOf(uid),
      ownSource: (key) => ownSourceOf(box, key),
    });
  }

  get state(): MailboxState {
    return this.#box.state;
  }

  get name(): string {
    return this.#box.name;
  }

  get readOnly(): boolean {
    return this.#box.readOnly;
  }

  /** The first one after opening has been done by that. */
  refresh(): Promise<void> {
    if (!this.#new) return this.#box.refresh();
    this.#new = false;
    return Promise.resolve();
  }

  async readSource(
    uid: Uid,
    start = 0,
    end = Infinity,
  ): Promise<Uint8Array | undefined> {
    const bytes = await this.#sources.read(uid);
    return bytes?.subarray(start, Math.max(start, end));
  }

  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#sources.readAll(uids);
  }

  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#sources.readSummaries(uids);
  }

  claimRecent(): Uid {
    const { state } = this;
    const first = state.firstRecent;
    state.firstRecent = state.uidNext;
    return first;
  }

  onChange(listener: (change: MailboxChange) => void): () => void {
    return this.#box.listeners.add(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#box.handles--;
    this.#release();
  }

  refOf(uid: number): MessageRef {
    const id = this.#box.idOf(uid);
    return id === undefined ? { uid } : { uid, id };
  }

  find({ uid, id }: MessageKey): number | undefined {
    const found = uid ?? (id === undefined ? undefined : this.uidOf(id));
    return found !== undefined && this.state.indexOf(found) >= 0
      ? found
      : undefined;
  }

  /** The UID of the message with this id. */
  uidOf(id: string): number | undefined {
    return this.#box.uidOf(id);
  }

  async receive(messages: readonly NewMessage[]): Promise<UidList> {
    return (await this.append(messages)).uids;
  }

  assertRemovable(uids: UidList): void {
    if (this.context.callbacks.deleteMessages === undefined) {
      this.#storedOf(uids);
    }
  }

  async removeMoved(uids: UidList): Promise<void> {
    await this.expunge(uids);
  }

  protected checkLimits(flags: readonly string[], size = 0): void {
    const { limits } = this.context;
    checkFlags(this.state, flags, limits);
    if (size > limits.maxMessageSize) {
      throw new StorageError("TOOBIG", "The message is too big");
    }
  }

  protected catchUp(): Promise<void> {
    this.#new = false;
    return this.#box.refresh();
  }

  protected async ownAppend(
    messages: readonly NewMessage[],
  ): Promise<AppendResult> {
    const { below } = this.#box;
    if (below === undefined) {
      throw new StorageError("CANNOT", "Nothing can be put into this mailbox");
    }
    const appended = await below.append(messages);
    await this.catchUp();
    const uids = this.#box.fromStored(appended.uids);
    return { uids: uids ?? NO_UIDS, modseq: this.state.highestModseq };
  }

  protected async ownStore(
    uids: UidList,
    change: FlagChange,
  ): Promise<StoreResult> {
    const box = this.#box;
    const { state } = box;
    if (change.mode !== "remove") this.checkLimits(change.flags);
    const isBelow = (uid: number) => box.storedOf(uid) !== undefined;
    const { changed, modified, missing } = planFlagChange(state, uids, change);
    const here = changed.filter((uid) => !isBelow(uid));
    const below = changed.filter(isBelow);
    const modseqs = here.length === 0 ? [] : [box.setFlags(here, change)];
    if (below.length === 0) return { changed, modified, missing, modseqs };
    const { messages } = this.updateEvent(below, change);
    const awaited = this.awaitChange(messages);
    try {
      const { mode, flags } = change;
      await box.below!.storeFlags(this.#storedOf(below), { mode, flags });
      await this.catchUp();
    } finally {
      awaited.end();
    }
    modseqs.push(...awaited.modseqs);
    const unmet = this.unmet(below, change);
    return { changed, modified, missing, modseqs, unmet };
  }

  protected async ownExpunge(uids: UidList): Promise<ExpungeResult> {
    const box = this.#box;
    const there = this.present(uids);
    const stored = this.#storedOf(there);
    if (stored.length > 0) {
      await box.below!.expunge(stored);
      await this.catchUp();
    }
    const gone = there.filter((uid) => this.state.indexOf(uid) < 0);
    return { uids: gone, modseq: this.state.highestModseq };
  }

  protected awaitChange(
    messages: readonly UpdatedMessage[],
  ): { modseqs: readonly Modseq[]; end(): void } {
    const awaited: AwaitedChange = {
      expected: new Map(messages.map(({ uid, flags }) => [uid, flags])),
      modseqs: [],
    };
    return { modseqs: awaited.modseqs, end: this.#box.await(awaited) };
  }

  /**
   * Where messages are in the storage below.
   * @throws {StorageError} CANNOT when one of them is not there
   */
  #storedOf(uids: UidList): UidList {
    const stored = Array.from(uids, (uid) => this.#box.storedOf(uid));
    if (stored.includes(undefined)) {
      throw new StorageError("CANNOT", "Nothing can be removed here");
    }
    return Uint32Array.from(stored as number[]).sort();
  }
}
