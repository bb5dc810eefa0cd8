/**
 * A mailbox of the storage below, with callbacks in front of it. Its state is the storage's.
 *
 * @module
 */

import type { MailboxState } from "../../storage/mailbox_state.ts";
import type {
  AppendResult,
  ExpungeResult,
  FlagChange,
  MailboxChange,
  MessageBytes,
  NewMessage,
  StoreResult,
  Uid,
  UidList,
} from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { UserContext } from "./context.ts";
import type { MessageKey, MessageRef } from "./events.ts";
import { CallbackMailbox } from "./mailbox.ts";
import { MessageSources } from "./sources.ts";

/** A handle. */
export class StoredMailbox extends CallbackMailbox {
  readonly stored: Mailbox;
  readonly readOnly: boolean;
  /** Reads sources through the callback; undefined where there is none. */
  readonly #sources: MessageSources | undefined;

  /**
   * @param stored the storage's handle, which is this one's from now on
   * @param readOnly whether nothing in it can be changed
   */
  constructor(context: UserContext, stored: Mailbox, readOnly: boolean) {
    super(context);
    this.stored = stored;
    this.readOnly = readOnly;
    if (context.callbacks.getMessageSource === undefined) return;
    this.#sources = new MessageSources(context, {
      state: stored.state,
      get name() {
        return stored.name;
      },
      keyOf: (uid) => ({ uid }),
      ownSource: ({ uid }) => stored.readSource(uid as Uid),
    });
  }

  get state(): MailboxState {
    return this.stored.state;
  }

  get name(): string {
    return this.stored.name;
  }

  refresh(): Promise<void> {
    return this.stored.refresh();
  }

  async readSource(
    uid: Uid,
    start = 0,
    end = Infinity,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    if (this.#sources === undefined) {
      return await this.stored.readSource(uid, start, end, room);
    }
    const bytes = await this.#sources.read(uid);
    return bytes?.subarray(start, Math.max(start, end));
  }

  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#sources?.readAll(uids) ?? this.stored.readSources(uids);
  }

  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#sources?.readSummaries(uids) ??
      this.stored.readSummaries(uids);
  }

  claimRecent(): Uid {
    return this.stored.claimRecent();
  }

  onChange(listener: (change: MailboxChange) => void): () => void {
    return this.stored.onChange(listener);
  }

  close(): void {
    this.stored.close();
  }

  refOf(uid: number): MessageRef {
    return { uid };
  }

  find({ uid }: MessageKey): number | undefined {
    return uid !== undefined && this.state.indexOf(uid) >= 0 ? uid : undefined;
  }

  async receive(messages: readonly NewMessage[]): Promise<UidList> {
    return (await this.stored.append(messages)).uids;
  }

  assertRemovable(): void {}

  async removeMoved(uids: UidList): Promise<void> {
    await this.stored.expunge(uids);
  }

  /** The storage has limits of its own. */
  protected checkLimits(): void {}

  protected catchUp(): Promise<void> {
    return this.stored.refresh();
  }

  protected ownAppend(messages: readonly NewMessage[]): Promise<AppendResult> {
    return this.stored.append(messages);
  }

  protected ownStore(uids: UidList, change: FlagChange): Promise<StoreResult> {
    return this.stored.storeFlags(uids, change);
  }

  protected ownExpunge(uids: UidList): Promise<ExpungeResult> {
    return this.stored.expunge(uids);
  }

  protected awaitChange(): { modseqs: StoreResult["modseqs"]; end(): void } {
    return { modseqs: [], end() {} };
  }
}
