/**
 * The virtual mailboxes of a user that are open, or were a while ago.
 *
 * A box that had to go because there were too many has another UIDVALIDITY when it is opened anew, unless its
 * UIDs are the callbacks' own.
 *
 * @module
 */

import type { UidList } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { UserContext } from "./context.ts";
import {
  type ListedName,
  type MailboxIdentity,
  virtualId,
} from "./mailbox_list.ts";
import type { Listing } from "./message_list.ts";
import type { Problems } from "./problems.ts";
import { cacheKey } from "./sources.ts";
import { type BoxWork, VirtualBox } from "./virtual_box.ts";
import { listBox } from "./virtual_list.ts";
import { VirtualMailbox } from "./virtual_mailbox.ts";

/** How many modseqs there are for a millisecond: where a mailbox begins is above where it was before. */
const MODSEQS_A_MILLISECOND = 1_000;

/** Called when a box comes and when one had to go. */
export interface BoxEvents {
  /** It has been made. */
  made(box: VirtualBox): void;
  /** There were too many. */
  dropped(name: string): void;
}

/** See the module's text. */
export class VirtualBoxes implements BoxWork {
  readonly #context: UserContext;
  readonly #told: BoxEvents;
  /** By name. */
  readonly #boxes = new Map<string, VirtualBox>();
  /** What was wrong with a box's last list. */
  readonly #problems = new WeakMap<VirtualBox, string | undefined>();

  /** No boxes yet. */
  constructor(context: UserContext, told: BoxEvents) {
    this.#context = context;
    this.#told = told;
  }

  /** The box of a name. */
  get(name: string): VirtualBox | undefined {
    return this.#boxes.get(name);
  }

  /** All boxes. */
  all(): VirtualBox[] {
    return [...this.#boxes.values()];
  }

  /** Whether there are none. */
  get empty(): boolean {
    return this.#boxes.size === 0;
  }

  /** Makes an empty box; what lies below is its own from now on. */
  make(
    name: string,
    identity: MailboxIdentity,
    listed: ListedName | undefined,
    below: Mailbox | undefined,
    { messages }: Listing,
  ): VirtualBox {
    const context = this.#context;
    // With the UIDs of the storage and no others, the mailbox is still the storage's to its clients.
    const asBelow = below !== undefined && messages.length > 0 &&
      messages.every(({ uid, stored }) => uid !== undefined && uid === stored);
    const lasting = listed?.uidValidity ??
      (asBelow ? below.state.uidValidity : undefined);
    const highestModseq = context.now() * MODSEQS_A_MILLISECOND;
    const uidValidity = lasting ?? identity.uidValidity;
    const id = asBelow && uidValidity === below.state.uidValidity
      ? below.state.id
      : virtualId(context.user.name, name, uidValidity);
    const box = new VirtualBox({
      id,
      name,
      uidValidity,
      lasting: lasting !== undefined,
      uidNext: listed?.uidNext ?? (asBelow ? below.state.uidNext : 1),
      firstRecent: 1,
      highestModseq: Math.max(highestModseq, below?.state.highestModseq ?? 0),
      below,
      limits: context.limits,
      now: () => context.now(),
    }, this);
    this.#boxes.set(name, box);
    this.#told.made(box);
    return box;
  }

  /** Opens a handle on a box. */
  open(box: VirtualBox): VirtualMailbox {
    this.#context.idle.remove(box);
    return new VirtualMailbox(this.#context, box, () => this.#left(box));
  }

  /** A box has got another name, and those below it with it. */
  rename(from: string, to: string): void {
    const prefix = from + this.#context.hierarchyDelimiter;
    for (const box of this.all()) {
      if (box.name !== from && !box.name.startsWith(prefix)) continue;
      this.#boxes.delete(box.name);
      box.name = to + box.name.slice(from.length);
      this.#boxes.set(box.name, box);
    }
  }

  /** The mailbox of a name has been deleted. */
  retire(name: string): void {
    const box = this.#boxes.get(name);
    if (box === undefined) return;
    this.#boxes.delete(name);
    this.#context.idle.remove(box);
    box.retire();
  }

  /** All of them have. */
  retireAll(): void {
    for (const name of [...this.#boxes.keys()]) this.retire(name);
  }

  /** Gives everything back. */
  close(): void {
    for (const box of this.#boxes.values()) {
      this.#context.idle.remove(box);
      box.close();
    }
    this.#boxes.clear();
  }

  /** See {@linkcode BoxWork.list}. */
  list(box: VirtualBox): Promise<Listing> {
    return listBox(this.#context, box);
  }

  /** See {@linkcode BoxWork.failed}. */
  failed(box: VirtualBox, error: unknown): void {
    this.#context.report(error, this.#about(box));
  }

  /** See {@linkcode BoxWork.problems}. */
  problems(box: VirtualBox, problems: Problems): void {
    const before = this.#problems.get(box);
    this.#problems.set(
      box,
      problems.report(this.#context, "getMessages", this.#about(box), before),
    );
  }

  /** See {@linkcode BoxWork.keep}. */
  keep({ state }: VirtualBox, uid: number, source: Uint8Array): void {
    this.#context.sources.set(cacheKey(state, uid), source);
  }

  /** See {@linkcode BoxWork.forget}. */
  forget({ state }: VirtualBox, uids: UidList): void {
    for (const uid of uids) {
      const key = cacheKey(state, uid);
      this.#context.sources.delete(key);
      this.#context.summaries.delete(key);
    }
  }

  #about(box: VirtualBox): Record<string, unknown> {
    return {
      callback: "getMessages",
      user: this.#context.user.name,
      mailbox: box.name,
    };
  }

  #left(box: VirtualBox): void {
    if (box.handles > 0 || this.#boxes.get(box.name) !== box) return;
    this.#context.idle.add(box, () => {
      this.#boxes.delete(box.name);
      box.close();
      this.#told.dropped(box.name);
    });
  }
}
