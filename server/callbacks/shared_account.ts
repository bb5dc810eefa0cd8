/**
 * What all handles on a user's account share.
 *
 * @module
 */

import { Listeners } from "../../storage/listeners.ts";
import type { AccountChange, MessagesChange } from "../../storage/storage.ts";
import type { MailboxInfo } from "../../storage/model.ts";
import type { UserContext } from "./context.ts";
import {
  type ListedName,
  type MailboxIdentity,
  virtualId,
} from "./mailbox_list.ts";
import { KeptMetadata } from "./kept_metadata.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { VirtualBox } from "./virtual_box.ts";
import { VirtualBoxes } from "./virtual_boxes.ts";

/** How many names are remembered, of mailboxes that are no longer listed too. */
const MAX_NAMES = 200_000;

/** See the module's text. */
export class SharedAccount {
  /** What the mailboxes share. */
  readonly context: UserContext;
  /** The virtual mailboxes. */
  readonly boxes: VirtualBoxes;
  /** What clients have subscribed to, where nobody else keeps it. */
  readonly subscriptions: Subscriptions;
  /** Metadata that nobody else keeps; under no name, that of the account itself. */
  readonly metadata: KeptMetadata;
  /** Who hears of changes to the list that callbacks have made. */
  readonly listeners: Listeners<AccountChange> = new Listeners();
  /** Who hears of messages in virtual mailboxes. */
  readonly messageListeners: Listeners<MessagesChange> = new Listeners();
  /** Whether the account is gone. */
  deleted = false;
  /** How many handles are open. */
  handles = 0;
  /** What was wrong with the last list of mailboxes. */
  problems: string | undefined;
  readonly #identities = new Map<string, MailboxIdentity>();

  /** @param emptied called when the last virtual mailbox has gone by itself */
  constructor(context: UserContext, emptied: () => void) {
    this.context = context;
    this.metadata = new KeptMetadata(context.limits);
    this.subscriptions = new Subscriptions(context.limits.maxMailboxes);
    this.boxes = new VirtualBoxes(context, {
      made: (box) => this.#listenTo(box),
      dropped: (name) => {
        this.forget(name);
        if (this.boxes.empty) emptied();
      },
    });
  }

  /** Whether there is anything to remember when nobody has the account open. */
  get empty(): boolean {
    return this.boxes.empty && this.subscriptions.empty && this.metadata.empty;
  }

  /** The account goes, and its mailboxes with it. */
  delete(): void {
    this.deleted = true;
    this.boxes.retireAll();
  }

  #listenTo(box: VirtualBox): void {
    box.listeners.add((change) => {
      if (change.type === "delete") return;
      const { type, uids: { length: count } } = change;
      this.messageListeners.notify({ mailbox: box.name, type, count });
    });
  }

  /** Which mailbox a name means: one that callbacks have taken over, one that is stored, or a virtual one. */
  identify(listed: ListedName, stored?: MailboxInfo): MailboxIdentity {
    const { name, uidValidity } = listed;
    if (this.boxes.get(name) === undefined && stored?.id !== undefined) {
      return { id: stored.id, uidValidity: stored.uidValidity! };
    }
    const box = this.boxes.get(name)?.state;
    if (uidValidity === undefined || box?.uidValidity === uidValidity) {
      return this.identityOf(name);
    }
    const { user } = this.context;
    return { id: virtualId(user.name, name, uidValidity), uidValidity };
  }

  /** What a virtual mailbox is known by, from when it is first listed until it goes. */
  identityOf(name: string): MailboxIdentity {
    const state = this.boxes.get(name)?.state;
    if (state !== undefined) {
      return { id: state.id, uidValidity: state.uidValidity };
    }
    let identity = this.#identities.get(name);
    if (identity === undefined) {
      if (this.#identities.size >= MAX_NAMES) this.#identities.clear();
      const { user, uidValidities } = this.context;
      const uidValidity = uidValidities.next(user.name);
      const id = virtualId(user.name, name, uidValidity);
      identity = { id, uidValidity };
      this.#identities.set(name, identity);
    }
    return identity;
  }

  /** The mailbox of a name has gone: the next one is another. */
  forget(name: string): void {
    this.#identities.delete(name);
  }
}
