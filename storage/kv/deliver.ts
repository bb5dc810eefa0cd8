/**
 * Putting one message at the end of several mailboxes, its content stored once.
 *
 * As many mailboxes as one commit can check take the message together. Are there more, the first ones are
 * asked until one of them has it, and the others then share the content with that message; should it have
 * gone by then, the content is stored anew. So whatever a crash leaves is the work of whole commits, and
 * each of them is right by itself.
 *
 * @module
 */

import { checkSizes } from "../limits.ts";
import {
  type AppendResult,
  type ContentId,
  type NewMessage,
  StorageError,
  type Uid,
} from "../model.ts";
import { storeContents } from "./contents.ts";
import {
  deliverChange,
  GONE,
  type Holder,
  type Origin,
  type Outcome,
  type Recipient,
  type Taken,
} from "./deliver_change.ts";
import { flagSetSize } from "./flag_sets.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import type { Process } from "./process.ts";
import { listsFor, uniqueFlags } from "./steps.ts";

/** What the records of one commit may take together, beside the content. */
const MAX_BYTES = 200_000;
/** What a record takes beside its flags, and what the mailbox's head and keys take: more than that. */
const RECORD = 250;
/** What each further message in the same mailbox takes in its record and among the shared contents. */
const AGAIN = 50;

/** A mailbox that waits for its message. */
interface Addressee extends Omit<Recipient, "thread"> {
  times: number;
  /** See {@linkcode MailboxEntry.takeTurn}. */
  readonly turn: ReturnType<MailboxEntry["takeTurn"]>;
}

/** A message that has come of a delivery. */
interface Copy extends Holder {
  readonly content: ContentId;
}

/**
 * Delivers a message.
 * @param mailboxes those that are to have it; one that stands there twice gets two messages
 * @returns what became of each, in their order
 */
export async function deliver(
  process: Process,
  message: NewMessage,
  mailboxes: readonly MailboxEntry[],
): Promise<PromiseSettledResult<AppendResult>[]> {
  const delivery = new Delivery(process, message, mailboxes);
  await process.run(() => delivery.run());
  return delivery.results(mailboxes);
}

/** One delivery under way. */
class Delivery {
  readonly #process: Process;
  readonly #message: NewMessage;
  readonly #flags: readonly string[];
  readonly #addressees = new Map<MailboxEntry, Addressee>();
  readonly #outcomes = new Map<MailboxEntry, PromiseSettledResult<Taken>>();
  /** The threads that the message is in, by account. */
  readonly #threads = new Map<number, number>();
  #copies: Copy[] = [];

  /** Takes its turn in all of the mailboxes at once, so that no two deliveries wait for each other. */
  constructor(
    process: Process,
    message: NewMessage,
    mailboxes: readonly MailboxEntry[],
  ) {
    this.#process = process;
    this.#message = message;
    this.#flags = uniqueFlags(message.flags);
    for (const entry of mailboxes) {
      const known = this.#addressees.get(entry);
      if (known !== undefined) known.times++;
      else {
        const turn = entry.takeTurn();
        this.#addressees.set(entry, { entry, turn, times: 1 });
        entry.pins++;
      }
    }
  }

  /** Delivers; fails only together with all of the mailboxes. */
  async run(): Promise<void> {
    try {
      const left = this.#slices();
      while (left.length > 0 && this.#copies.length === 0) {
        await this.#settle(left.shift()!, (slice) => this.#store(slice));
      }
      await Promise.all(
        left.map((slice) =>
          this.#settle(
            slice,
            async (slice) =>
              await this.#share(slice) ?? await this.#store(slice),
          )
        ),
      );
    } finally {
      for (const { entry, turn } of this.#addressees.values()) {
        turn.pass();
        this.#process.cache.unpin(entry);
      }
    }
    // What is shared is counted by the collector.
    this.#process.maintenance.garbage();
  }

  /** What became of the mailboxes, each as often as it is among them. */
  results(
    mailboxes: readonly MailboxEntry[],
  ): PromiseSettledResult<AppendResult>[] {
    const seen = new Map<MailboxEntry, number>();
    return mailboxes.map((entry) => {
      const outcome = this.#outcomes.get(entry)!;
      if (outcome.status === "rejected") return outcome;
      const { uids, modseq } = outcome.value;
      const at = seen.get(entry) ?? 0;
      seen.set(entry, at + 1);
      return {
        status: "fulfilled",
        value: { uids: uids.slice(at, at + 1), modseq },
      };
    });
  }

  /** The mailboxes, as many together as one commit takes. */
  #slices(): Addressee[][] {
    const { maxChecks } = this.#process.db.committer;
    // One check is for an upload's marker or for the message that has the content, one is to spare.
    const most = maxChecks - 2;
    const record = RECORD + flagSetSize(this.#flags);
    const slices: Addressee[][] = [];
    let bytes = Infinity;
    for (const addressee of this.#addressees.values()) {
      const size = record + addressee.times * AGAIN;
      const last = slices.at(-1);
      if (last?.length === most || bytes + size > MAX_BYTES) {
        slices.push([addressee]);
        bytes = size;
      } else {
        last!.push(addressee);
        bytes += size;
      }
    }
    return slices;
  }

  /** Notes what becomes of some mailboxes; where it fails altogether, so it does for each of them. */
  async #settle(
    slice: readonly Addressee[],
    deliver: (slice: readonly Addressee[]) => Promise<Outcome>,
  ): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await deliver(slice);
    } catch (reason) {
      for (const { entry } of slice) {
        this.#outcomes.set(entry, { status: "rejected", reason });
      }
      return;
    }
    for (const [entry, result] of outcome) {
      if (result instanceof StorageError) {
        this.#outcomes.set(entry, { status: "rejected", reason: result });
        continue;
      }
      this.#outcomes.set(entry, { status: "fulfilled", value: result });
      const { content } = result;
      this.#copies.push({ entry, uid: result.uids[0]! as Uid, content });
    }
  }

  /** Stores the content for the first mailbox that is there, and delivers. */
  async #store(slice: readonly Addressee[]): Promise<Outcome> {
    const { db, maintenance } = this.#process;
    checkSizes([this.#message], db.settings.limits);
    const home = slice.find(({ entry }) => !entry.gone)?.entry.id;
    if (home === undefined) {
      throw new StorageError("NONEXISTENT", "The mailbox is gone");
    }
    const storing = storeContents(db, home, [this.#message]);
    // As with an append: a message waits for those before it, however long they take to store.
    await Promise.allSettled([storing, ...slice.map(({ turn }) => turn.come)]);
    const stored = await storing;
    let outcome: Outcome | typeof GONE | undefined;
    try {
      outcome = await this.#submit(slice, stored, {
        home,
        number: stored.first,
      });
    } finally {
      const used = outcome !== undefined && outcome !== GONE &&
        [...outcome.values()].some((one) => !(one instanceof StorageError));
      if (!used) {
        await stored.discard().catch(db.settings.onFault);
        maintenance.garbage();
      }
    }
    db.contents.added(home, stored.first, [this.#message]);
    return outcome as Outcome;
  }

  /** Has some mailboxes share the content of a message; undefined when there is none any more. */
  async #share(slice: readonly Addressee[]): Promise<Outcome | undefined> {
    await Promise.all(slice.map(({ turn }) => turn.come));
    for (const copy of [...this.#copies]) {
      const outcome = await this.#submit(slice, copy, copy.content);
      if (outcome !== GONE) return outcome;
    }
    return undefined;
  }

  /** Submits one commit's worth; who comes after may go then. */
  async #submit(
    slice: readonly Addressee[],
    origin: Origin,
    content: ContentId,
  ): Promise<Outcome | typeof GONE> {
    const { settings: { limits, now }, contentNumbers } = this.#process.db;
    const { source, internalDate } = this.#message;
    const recipients = await this.#inThreads(slice, content);
    const times = slice.reduce((sum, { times }) => sum + times, 0);
    const serial = await contentNumbers.take(listsFor(times));
    const time = now();
    const message = {
      flags: this.#flags,
      size: source.length,
      internalDate,
      saveDate: time,
      content,
    };
    const change = deliverChange(recipients, message, origin, {
      limits,
      now: time,
      serial,
    });
    const submitted = this.#process.submit(change);
    for (const { turn } of slice) turn.pass();
    return await submitted;
  }

  /** The mailboxes with the thread that the message is in there, the same for all of an account. */
  async #inThreads(
    slice: readonly Addressee[],
    { number }: ContentId,
  ): Promise<Recipient[]> {
    const { threads } = this.#process.db;
    const messages = [this.#message];
    await Promise.all(
      slice.map(({ entry }) => threads.prepare(entry.owner, messages)),
    );
    return slice.map(({ entry, times }) => {
      const { inbox } = entry.owner;
      let thread = this.#threads.get(inbox);
      if (thread === undefined) {
        thread = threads.assign(entry.owner, this.#message.clues, number);
        this.#threads.set(inbox, thread);
      }
      return { entry, times, thread };
    });
  }
}
