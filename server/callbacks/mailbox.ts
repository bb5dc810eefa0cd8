/**
 * A mailbox with callbacks in front of what is done to its messages.
 *
 * What a kind of mailbox does without callbacks is its own; here is when they are called, and what is made of
 * their answers. No answer is believed: what an operation did is read from the state.
 *
 * @module
 */

import { concatUids, type MailboxState } from "../../storage/mailbox_state.ts";
import {
  type AppendResult,
  type CopyResult,
  type ExpungeResult,
  type FlagChange,
  type MailboxChange,
  type MessageBytes,
  type NewMessage,
  StorageError,
  type StoreResult,
  type Uid,
  type UidList,
} from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { appendThrough } from "./append.ts";
import { call } from "./call.ts";
import type { UserContext } from "./context.ts";
import type {
  CopyMessagesEvent,
  MessageKey,
  MessageRef,
  MessagesEvent,
  UpdatedMessage,
  UpdateMessagesEvent,
} from "./events.ts";
import { checkedFlags, flagsAfter, spelledIn } from "./flags.ts";
import { copyResult, type CopyRoute, transferThrough } from "./transfer.ts";
import { isDone } from "./virtual_box.ts";

/** No UIDs. */
export const NO_UIDS: UidList = new Uint32Array(0);

/** See the module's text. */
export abstract class CallbackMailbox implements Mailbox, CopyRoute {
  /** What the mailboxes of the user share. */
  readonly context: UserContext;

  /** A handle on a mailbox of this user. */
  constructor(context: UserContext) {
    this.context = context;
  }

  /** See {@linkcode Mailbox.state}. */
  abstract readonly state: MailboxState;
  /** See {@linkcode Mailbox.name}. */
  abstract readonly name: string;
  /** See {@linkcode Mailbox.readOnly}. */
  abstract readonly readOnly: boolean;
  /** See {@linkcode CopyRoute.stored}. */
  abstract readonly stored: Mailbox | undefined;
  /** See {@linkcode CopyRoute.receive}. */
  abstract receive(messages: readonly NewMessage[]): Promise<UidList>;
  /** See {@linkcode CopyRoute.assertRemovable}. */
  abstract assertRemovable(uids: UidList): void;
  /** See {@linkcode CopyRoute.removeMoved}. */
  abstract removeMoved(uids: UidList): Promise<void>;
  /** See {@linkcode Mailbox.refresh}. */
  abstract refresh(): Promise<void>;
  /** See {@linkcode Mailbox.readSource}. */
  abstract readSource(
    uid: Uid,
    start?: number,
    end?: number,
  ): Promise<Uint8Array | undefined>;
  /** See {@linkcode Mailbox.readSources}. */
  abstract readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]>;
  /** See {@linkcode Mailbox.readSummaries}. */
  abstract readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]>;
  /** See {@linkcode Mailbox.claimRecent}. */
  abstract claimRecent(): Uid;
  /** See {@linkcode Mailbox.onChange}. */
  abstract onChange(listener: (change: MailboxChange) => void): () => void;
  /** See {@linkcode Mailbox.close}. */
  abstract close(): void;

  /** How events name a message. */
  abstract refOf(uid: number): MessageRef;
  /** The message of a name that a callback gave, if it is there. */
  abstract find(key: MessageKey): number | undefined;
  /** Brings the state up to date with what a callback has done. */
  protected abstract catchUp(): Promise<void>;
  /** Refuses flags or a message that the mailbox cannot take, before a callback is asked to. */
  protected abstract checkLimits(flags: readonly string[], size?: number): void;
  /** Appends without callback. */
  protected abstract ownAppend(
    messages: readonly NewMessage[],
  ): Promise<AppendResult>;
  /** Changes flags without callback. */
  protected abstract ownStore(
    uids: UidList,
    change: FlagChange,
  ): Promise<StoreResult>;
  /** Removes without callback. */
  protected abstract ownExpunge(uids: UidList): Promise<ExpungeResult>;
  /** Notes a change of flags while a callback makes it; gives the modseqs of what did just that. */
  protected abstract awaitChange(
    messages: readonly UpdatedMessage[],
  ): { readonly modseqs: StoreResult["modseqs"]; end(): void };

  /** See {@linkcode Mailbox.append}. */
  async append(messages: readonly NewMessage[]): Promise<AppendResult> {
    this.#checkWritable();
    if (messages.length === 0) {
      return { uids: NO_UIDS, modseq: this.state.highestModseq };
    }
    const { callbacks } = this.context;
    if (callbacks.appendMessage === undefined) {
      return await this.ownAppend(messages);
    }
    for (const { source, flags } of messages) {
      this.checkLimits(flags, source.length);
    }
    let own: AppendResult | undefined;
    const { keys, passed } = await appendThrough(
      this.context,
      this,
      messages,
      async (messages) => {
        own = await this.ownAppend(messages);
        return Array.from(
          messages,
          (_, place) =>
            own!.uids.length === 0 ? {} : this.refOf(own!.uids[place]!),
        );
      },
    );
    if (passed && own !== undefined) return own;
    await this.#afterwards();
    const uids = keys.map((key) => key && this.find(key));
    return {
      uids: ascending(uids) ?? NO_UIDS,
      modseq: this.state.highestModseq,
    };
  }

  /** See {@linkcode Mailbox.storeFlags}. */
  async storeFlags(uids: UidList, change: FlagChange): Promise<StoreResult> {
    this.#checkWritable();
    const { callbacks } = this.context;
    const callback = callbacks.updateMessages?.bind(callbacks);
    if (callback === undefined) return await this.ownStore(uids, change);
    const { wanted, modified } = this.#unchanged(uids, change);
    const missing = () => uids.filter((uid) => this.state.indexOf(uid) < 0);
    if (wanted.length === 0) {
      return { changed: NO_UIDS, modified, missing: missing(), modseqs: [] };
    }
    if (change.mode !== "remove") this.checkLimits(change.flags);
    const before = this.#modseqsOf(wanted);
    const { unchangedSince } = change;
    const limit = unchangedSince === undefined ? {} : { unchangedSince };
    const event = this.updateEvent(wanted, change);
    const awaited = this.awaitChange(event.messages);
    let own: StoreResult | undefined;
    let asked = false;
    try {
      await call(
        this.context,
        "updateMessages",
        callback,
        event,
        async ({ messages, mode, flags }) => {
          asked = messages === event.messages && mode === event.mode &&
            flags === event.flags;
          own = await this.ownStore(
            this.#among(messages, wanted),
            {
              mode,
              flags: flags === event.flags ? flags : checkedFlags(flags),
              ...limit,
            },
          );
          return { changed: [...own.changed], missing: [...own.missing] };
        },
      );
      if (own !== undefined && asked) {
        return {
          ...own,
          modified: concatUids([modified, own.modified]).sort(),
          missing: missing(),
        };
      }
      await this.#afterwards();
    } finally {
      awaited.end();
    }
    return {
      changed: this.#changedSince(before, wanted),
      missing: missing(),
      modified: concatUids([modified, own?.modified ?? NO_UIDS]).sort(),
      modseqs: awaited.modseqs,
      unmet: this.unmet(wanted, change),
    };
  }

  /** See {@linkcode Mailbox.expunge}. */
  async expunge(uids: UidList): Promise<ExpungeResult> {
    this.#checkWritable();
    const { callbacks } = this.context;
    const callback = callbacks.deleteMessages?.bind(callbacks);
    if (callback === undefined) return await this.ownExpunge(uids);
    const there = this.present(uids);
    const { state } = this;
    if (there.length === 0) return { uids: there, modseq: state.highestModseq };
    await call(
      this.context,
      "deleteMessages",
      callback,
      this.#eventOf(there),
      async ({ messages }) => {
        const own = await this.ownExpunge(this.#among(messages, there));
        return { deleted: [...own.uids] };
      },
    );
    await this.#afterwards();
    const gone = there.filter((uid) => state.indexOf(uid) < 0);
    return { uids: gone, modseq: state.highestModseq };
  }

  /** See {@linkcode Mailbox.copyTo}. */
  async copyTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    const there = this.present(uids);
    if (there.length < uids.length) {
      throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
    }
    return await this.#transfer("copyMessages", there, target);
  }

  /** See {@linkcode Mailbox.moveTo}. */
  async moveTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    return await this.#transfer("moveMessages", this.present(uids), target);
  }

  /** Of a list of UIDs, those that are there. */
  present(uids: UidList): UidList {
    return uids.filter((uid) => this.state.indexOf(uid) >= 0);
  }

  async #transfer(
    name: "copyMessages" | "moveMessages",
    uids: UidList,
    given: Mailbox,
  ): Promise<CopyResult> {
    this.#checkThere();
    if (!(given instanceof CallbackMailbox)) {
      throw new TypeError("The other mailbox is in another storage");
    }
    const target: CallbackMailbox = given;
    target.#checkWritable();
    if (name === "moveMessages") this.#checkWritable();
    if (uids.length === 0) return { source: NO_UIDS, target: NO_UIDS };
    const contents = new Map(
      Array.from(uids, (uid) => [uid, contentOf(this.state, uid)]),
    );
    const result = await this.#transferred(name, uids, target);
    const { source, target: copies } = result;
    const renewed = source.some((uid, place) =>
      contents.get(uid) !== contentOf(target.state, copies[place]!)
    );
    return renewed ? { ...result, renewed } : result;
  }

  async #transferred(
    name: "copyMessages" | "moveMessages",
    uids: UidList,
    target: CallbackMailbox,
  ): Promise<CopyResult> {
    const { callbacks } = this.context;
    const callback = callbacks[name]?.bind(callbacks);
    const own = (uids: UidList) =>
      transferThrough(this, target, uids, name === "moveMessages");
    if (callback === undefined) return await own(uids);
    const event: CopyMessagesEvent = {
      ...this.#eventOf(uids),
      target: { name: target.name },
    };
    const { answer, passed } = await call(
      this.context,
      name,
      callback,
      event,
      async ({ messages }) => {
        const { source, target: copies } = await own(
          this.#among(messages, uids),
        );
        return Array.from(source, (uid, place) => ({
          uid,
          copy: target.refOf(copies[place]!),
        }));
      },
    );
    if (passed === undefined) {
      await target.#afterwards();
      if (target.state !== this.state) await this.#afterwards();
    }
    return copyResult(passed?.result ?? answer, uids, target);
  }

  /** Looks at what a callback has done; the mailbox may have gone meanwhile. */
  async #afterwards(): Promise<void> {
    await this.catchUp();
    this.#checkThere();
  }

  #checkThere(): void {
    if (this.state.deleted) {
      throw new StorageError("NONEXISTENT", "The mailbox is gone");
    }
  }

  #checkWritable(): void {
    this.#checkThere();
    if (this.readOnly) {
      throw new StorageError("NOPERM", "This mailbox can only be read");
    }
  }

  #eventOf(uids: UidList): MessagesEvent {
    return {
      user: this.context.user,
      mailbox: { name: this.name },
      messages: Array.from(uids, (uid) => this.refOf(uid)),
    };
  }

  /** What a change of flags is to callbacks. */
  protected updateEvent(
    uids: UidList,
    change: FlagChange,
  ): UpdateMessagesEvent {
    const { state } = this;
    const { mode } = change;
    const flags = spelledIn(state.flagTable, change.flags);
    const after = flagsAfter({ mode, flags });
    const { user, mailbox, messages } = this.#eventOf(uids);
    const updated = messages.map((message) => ({
      ...message,
      flags: [...after(state.flagsAt(state.indexOf(message.uid)))],
    }));
    return { user, mailbox, messages: updated, mode, flags };
  }

  /** The UIDs of messages that a callback passes on, of those that it was given. */
  #among(messages: readonly MessageRef[], given: UidList): UidList {
    const passed = new Set(Array.from(messages, ({ uid }) => uid));
    return given.filter((uid) => passed.has(uid));
  }

  /** Those that are there, and have not changed since the change wants them not to have (RFC 7162 § 3.1.3). */
  #unchanged(
    uids: UidList,
    { unchangedSince = Infinity }: FlagChange,
  ): { wanted: UidList; modified: UidList } {
    const { state } = this;
    const there = this.present(uids);
    const isModified = (uid: number) =>
      state.modseqs[state.indexOf(uid)]! > unchangedSince;
    return {
      wanted: there.filter((uid) => !isModified(uid)),
      modified: there.filter(isModified),
    };
  }

  #modseqsOf(uids: UidList): Map<number, number> {
    const { state } = this;
    return new Map(
      Array.from(uids, (uid) => [uid, state.modseqs[state.indexOf(uid)]!]),
    );
  }

  #changedSince(
    before: ReadonlyMap<number, number>,
    uids: UidList,
  ): UidList {
    const { state } = this;
    return uids.filter((uid) => {
      const index = state.indexOf(uid);
      return index >= 0 && state.modseqs[index] !== before.get(uid);
    });
  }

  /** Messages whose flags have not become what was asked for. */
  protected unmet(uids: UidList, change: FlagChange): UidList {
    const { state } = this;
    return this.present(uids).filter((uid) =>
      !isDone(change, state.flagsAt(state.indexOf(uid)).flags)
    );
  }
}

/** A list of UIDs if all are known and they ascend; what cannot be said of all is not said (RFC 4315 § 3). */
function ascending(
  uids: readonly (number | undefined)[],
): UidList | undefined {
  for (let place = 0; place < uids.length; place++) {
    const uid = uids[place];
    if (uid === undefined || uid <= (uids[place - 1] ?? 0)) return undefined;
  }
  return Uint32Array.from(uids as readonly number[]);
}

/** What a message's content is known by; undefined where it is not there. */
function contentOf(state: MailboxState, uid: number): string | undefined {
  const index = state.indexOf(uid);
  if (index < 0) return undefined;
  const { home, number } = state.contentAt(index);
  return `${home} ${number}`;
}
