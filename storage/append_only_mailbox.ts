/**
 * A mailbox that messages can be put into, and that shows nothing: it cannot be brought up to date, which whoever
 * selects it begins with, and its state is that of a mailbox without messages.
 *
 * @module
 */

import { MailboxState } from "./mailbox_state.ts";
import type { AppendResult, MessageBytes, NewMessage, Uid } from "./model.ts";
import type { Mailbox } from "./storage.ts";
import { outOfScope } from "./scope.ts";

/** See the module's text. */
export class AppendOnlyMailbox implements Mailbox {
  readonly state: MailboxState;
  readonly #inner: Mailbox;

  /** @param inner the mailbox; its handle is this one's from now on */
  constructor(inner: Mailbox) {
    this.#inner = inner;
    const { id, uidValidity, uidNext } = inner.state;
    this.state = new MailboxState({
      id,
      uidValidity,
      uidNext,
      highestModseq: 1,
      firstRecent: uidNext,
    });
  }

  get name(): string {
    return this.#inner.name;
  }

  /** Which UIDs they have got would say something of the others there. */
  async append(messages: readonly NewMessage[]): Promise<AppendResult> {
    const result = await this.#inner.append(messages);
    return { ...result, uids: new Uint32Array(0) };
  }

  refresh(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  storeFlags(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  expunge(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  copyTo(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  moveTo(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  readSource(): Promise<never> {
    return Promise.reject(outOfScope());
  }

  readSources(): AsyncIterable<readonly MessageBytes[]> {
    return refused();
  }

  readSummaries(): AsyncIterable<readonly MessageBytes[]> {
    return refused();
  }

  claimRecent(): Uid {
    return this.state.firstRecent;
  }

  /** Nobody hears of anything. */
  onChange(): () => void {
    return () => {};
  }

  close(): void {
    this.#inner.close();
  }
}

// deno-lint-ignore require-yield
async function* refused(): AsyncGenerator<readonly MessageBytes[], void> {
  throw await Promise.resolve(outOfScope());
}
