/**
 * A mailbox that can be read and not changed.
 *
 * @module
 */

import type { MailboxState } from "./mailbox_state.ts";
import type { MailboxChange, MessageBytes, Uid, UidList } from "./model.ts";
import type { Mailbox } from "./storage.ts";
import { outOfScope } from "./scope.ts";

/** See the module's text. */
export class ReadOnlyMailbox implements Mailbox {
  readonly readOnly = true;
  /** The mailbox itself. */
  readonly inner: Mailbox;

  /** @param inner the mailbox; its handle is this one's from now on */
  constructor(inner: Mailbox) {
    this.inner = inner;
  }

  get state(): MailboxState {
    return this.inner.state;
  }

  get name(): string {
    return this.inner.name;
  }

  refresh(): Promise<void> {
    return this.inner.refresh();
  }

  append(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  storeFlags(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  expunge(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  /** Where this mailbox is read-only, so is whichever the copies are for. */
  copyTo(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  moveTo(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  readSource(
    uid: Uid,
    start?: number,
    end?: number,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    return this.inner.readSource(uid, start, end, room);
  }

  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.inner.readSources(uids);
  }

  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.inner.readSummaries(uids);
  }

  /** Takes none. */
  claimRecent(): Uid {
    return this.inner.state.firstRecent;
  }

  onChange(listener: (change: MailboxChange) => void): () => void {
    return this.inner.onChange(listener);
  }

  close(): void {
    this.inner.close();
  }
}

/** The mailbox behind one that a scope restricts. */
export function unscoped(mailbox: Mailbox): Mailbox {
  return mailbox instanceof ReadOnlyMailbox ? mailbox.inner : mailbox;
}
