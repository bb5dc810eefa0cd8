/**
 * A mailbox that is nothing but its state, to see what views make of it.
 *
 * @module
 */

import { View } from "../../protocol/imap/view.ts";
import { MailboxState } from "../../storage/mailbox_state.ts";
import type { MailboxId, Modseq, Uid } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";

/** See the module's text. UIDs count from 1. */
export class Box {
  /** Its state. */
  readonly state: MailboxState;

  /** @param maxRecentChanges how many UIDs the list of changes holds */
  constructor(messages: number, maxRecentChanges = 1_000) {
    this.state = new MailboxState({
      id: 1 as MailboxId,
      uidValidity: 1,
      uidNext: 1,
      highestModseq: 1,
      firstRecent: 1,
      maxRecentChanges,
    });
    if (messages > 0) this.append(messages);
  }

  /** Messages come. */
  append(count: number): void {
    const modseq = this.#next();
    this.state.applyAppend(
      modseq,
      Array.from({ length: count }, (_, index) => ({
        uid: this.state.uidNext + index as Uid,
        flags: [],
        modseq,
        size: 1,
        internalDate: 0,
        saveDate: 0,
        content: { home: 1, number: this.state.uidNext + index },
      })),
    );
  }

  /** Messages go. */
  expunge(...uids: number[]): void {
    this.state.applyExpunge(this.#next(), Uint32Array.from(uids));
  }

  /** Turns a flag on or off; the modseq of that. */
  toggle(uids: readonly number[], flag = "\\Flagged"): number {
    const modseq = this.#next();
    const { flagTable } = this.state;
    this.state.applyFlags(modseq, Uint32Array.from(uids), (index) => {
      const { flags } = flagTable.at(index);
      return flagTable.intern(
        flags.includes(flag)
          ? flags.filter((other) => other !== flag)
          : [...flags, flag],
      );
    });
    return modseq;
  }

  /** A session selects it. */
  view(how: { readOnly?: boolean; claimsRecent?: boolean } = {}): View {
    const { state } = this;
    const mailbox: Pick<Mailbox, "state" | "claimRecent"> = {
      state,
      claimRecent() {
        const first = state.firstRecent;
        state.firstRecent = state.uidNext;
        return first;
      },
    };
    const { readOnly = false, claimsRecent = true } = how;
    return new View(mailbox as Mailbox, readOnly, claimsRecent);
  }

  #next(): Modseq {
    return this.state.highestModseq + 1 as Modseq;
  }
}

/** The UIDs that the client has been told of. */
export function told(view: View): number[] {
  return [...view.uids.subarray(0, view.length)];
}
