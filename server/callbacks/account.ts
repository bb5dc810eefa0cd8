/**
 * A user's mailboxes with callbacks in front of them.
 *
 * Where `getMailboxes` is given, its list is the truth: what it does not name does not exist, and the other
 * operations are checked against it before their callbacks run. A name that it lists and the storage does
 * not have is a virtual mailbox.
 *
 * @module
 */

import type {
  MetadataChanges,
  MetadataEntry,
  MetadataFilter,
  MetadataOwner,
} from "../../storage/metadata.ts";
import {
  type MailboxInfo,
  type MailboxStatus,
  StorageError,
} from "../../storage/model.ts";
import { checkNewName, INBOX, parseName } from "../../storage/names.ts";
import type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
} from "../../storage/storage.ts";
import { AccountMetadata } from "./account_metadata.ts";
import { Changer, refuse } from "./changer.ts";
import type { UserContext } from "./context.ts";
import {
  existingName,
  Names,
  type NamesNow,
  nonexistent,
  normalName,
} from "./names.ts";
import { openMailbox } from "./open_mailbox.ts";
import type { SharedAccount } from "./shared_account.ts";
import { askForStatus, statusOf } from "./status.ts";

/** A handle. */
export class CallbackAccount implements Account {
  readonly user: string;
  readonly #context: UserContext;
  readonly #shared: SharedAccount;
  readonly #below: Account | undefined;
  readonly #names: Names;
  readonly #changer: Changer;
  readonly #metadata: AccountMetadata;
  readonly #release: () => void;
  #closed = false;

  /**
   * @param below the storage's handle, which is this one's from now on
   * @param release called once when the handle is closed
   */
  constructor(
    shared: SharedAccount,
    below: Account | undefined,
    release: () => void,
  ) {
    this.#context = shared.context;
    this.#shared = shared;
    this.#below = below;
    this.#release = release;
    this.user = shared.context.user.name;
    this.#names = new Names(shared, below);
    this.#changer = new Changer(shared.context, below);
    this.#metadata = new AccountMetadata(
      shared,
      below,
      this.#names,
      this.#changer,
    );
  }

  /** See {@linkcode Account.mailboxes}. */
  async mailboxes(): Promise<readonly MailboxInfo[]> {
    return (await this.#names.ask()).infos();
  }

  /** See {@linkcode Account.mailbox}. */
  async mailbox(name: string): Promise<MailboxInfo | undefined> {
    const full = normalName(this.#context, name);
    if (full === undefined) return undefined;
    // Whether there are mailboxes below it only the whole list says.
    return (await this.#names.ask()).info(full);
  }

  /** See {@linkcode Account.createMailbox}. */
  async createMailbox(
    name: string,
    options: { specialUse?: readonly string[] } = {},
  ): Promise<MailboxInfo> {
    const full = this.#newName(name);
    await this.#checkFree(full);
    const { user, callbacks } = this.#context;
    const specialUse = [...options.specialUse ?? []];
    let made: MailboxInfo | undefined;
    const passed = await this.#changer.change(
      "createMailbox",
      callbacks.createMailbox,
      { user, mailbox: { name: full }, specialUse },
      async (below, { mailbox, specialUse }) => {
        made = await below.createMailbox(mailbox.name, { specialUse });
      },
    );
    if (!passed) this.#shared.listeners.notify({ type: "create", name: full });
    if (made !== undefined) return made;
    // What lists them knows which mailbox it is.
    const listed = this.#names.listed
      ? (await this.#names.ask()).info(full)
      : undefined;
    if (listed?.id !== undefined) return listed;
    const identity = this.#shared.identityOf(full);
    const about = { subscribed: false, hasChildren: false };
    return { name: full, ...identity, specialUse, ...about };
  }

  /** See {@linkcode Account.deleteMailbox}. */
  async deleteMailbox(name: string): Promise<void> {
    const full = existingName(this.#context, name);
    const info = await this.#checkThere(full);
    if (full === INBOX) {
      throw new StorageError("CANNOT", "INBOX cannot be deleted");
    }
    if (info !== undefined && info.id === undefined) {
      throw new StorageError("HASCHILDREN", "There are mailboxes below it");
    }
    const { user, callbacks } = this.#context;
    const passed = await this.#changer.change(
      "deleteMailbox",
      callbacks.deleteMailbox,
      { user, mailbox: { name: full } },
      (below, { mailbox }) => below.deleteMailbox(mailbox.name),
    );
    this.#shared.boxes.retire(full);
    this.#shared.forget(full);
    this.#shared.metadata.delete(full);
    if (!passed) this.#shared.listeners.notify({ type: "delete", name: full });
  }

  /** See {@linkcode Account.renameMailbox}. */
  async renameMailbox(from: string, to: string): Promise<void> {
    const oldName = existingName(this.#context, from);
    await this.#checkThere(oldName);
    const name = this.#newName(to);
    const names = await this.#checkFree(name, true);
    const { user, callbacks, hierarchyDelimiter } = this.#context;
    if (oldName !== INBOX && name.startsWith(oldName + hierarchyDelimiter)) {
      throw new StorageError("CANNOT", "A mailbox cannot go below itself");
    }
    const renames = callbacks.renameMailbox === undefined
      ? []
      : (names ?? await this.#names.ask()).renames(oldName, name);
    const copyMetadata = oldName === INBOX
      ? this.#shared.metadata.planCopy(oldName, name)
      : undefined;
    const passed = await this.#changer.change(
      "renameMailbox",
      callbacks.renameMailbox,
      { user, mailbox: { name: oldName }, newName: name, renames },
      (below, { mailbox, newName }) =>
        below.renameMailbox(mailbox.name, newName),
    );
    const { boxes, listeners, metadata } = this.#shared;
    if (copyMetadata !== undefined) {
      copyMetadata();
      await boxes.get(INBOX)?.refresh();
    } else {
      metadata.rename(oldName, name, hierarchyDelimiter);
      boxes.rename(oldName, name);
      this.#shared.forget(oldName);
    }
    if (!passed) listeners.notify({ type: "rename", name, oldName });
  }

  /** See {@linkcode Account.metadata}. */
  metadata(
    owners: readonly MetadataOwner[],
    wanted?: MetadataFilter,
  ): Promise<(readonly MetadataEntry[] | undefined)[]> {
    return this.#metadata.read(owners, wanted);
  }

  /** See {@linkcode Account.setMetadata}. */
  setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    return this.#metadata.set(owner, changes, common);
  }

  /** See {@linkcode Account.updateMailbox}. */
  async updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void> {
    const { user, callbacks } = this.#context;
    const full = this.#nameToUpdate(name, update.subscribed);
    if (update.specialUse !== undefined) await this.#checkThere(full);
    const passed = await this.#changer.change(
      "updateMailbox",
      callbacks.updateMailbox,
      { user, mailbox: { name: full }, ...update },
      (below, { mailbox, user: _, ...update }) =>
        below.updateMailbox(mailbox.name, update),
      ({ mailbox, subscribed, specialUse }) =>
        specialUse === undefined && subscribed !== undefined
          ? this.#subscribe(mailbox.name, subscribed)
          : refuse(),
    );
    if (passed) return;
    const aspect = update.subscribed === undefined
      ? "specialUse"
      : "subscription";
    this.#shared.listeners.notify({ type: "update", name: full, aspect });
  }

  /** Keeps in memory whether a name is subscribed. */
  async #subscribe(name: string, subscribed: boolean): Promise<void> {
    const full = this.#nameToUpdate(name, subscribed);
    const { listed } = await this.#names.ask();
    const { subscriptions, listeners } = this.#shared;
    subscriptions.set(full, subscribed, listed(full)?.subscribed ?? false);
    const aspect = "subscription";
    listeners.notify({ type: "update", name: full, aspect });
  }

  /** A name of which anything may be said; one that is to be subscribed has to be one of a mailbox that can be. */
  #nameToUpdate(name: string, subscribed?: boolean): string {
    if (subscribed) return this.#newName(name);
    const { hierarchyDelimiter } = this.#context;
    return parseName(name, hierarchyDelimiter).join(hierarchyDelimiter);
  }

  /** See {@linkcode Account.status}. */
  async status(
    names: readonly string[],
  ): Promise<(MailboxStatus | undefined)[]> {
    const { callbacks } = this.#context;
    if (
      this.#below !== undefined && callbacks.status === undefined &&
      callbacks.getMessages === undefined &&
      callbacks.getMailboxes === undefined
    ) return await this.#below.status(names);
    const full = names.map((name) => normalName(this.#context, name) ?? "");
    const known = await this.#names.ask(
      full.length === 1 ? full[0] : undefined,
    );
    const stored = callbacks.getMessages === undefined
      ? await this.#below?.status(full)
      : undefined;
    const all: (MailboxStatus | undefined)[] = [];
    for (const [place, name] of full.entries()) {
      const there = known.info(name)?.id !== undefined;
      all.push(
        there ? await this.#statusOf(name, known, stored?.[place]) : undefined,
      );
    }
    return all;
  }

  async #statusOf(
    name: string,
    known: NamesNow,
    stored: MailboxStatus | undefined,
  ): Promise<MailboxStatus | undefined> {
    const own = async () =>
      stored ?? await statusOf(await this.#open(name, known));
    try {
      return await askForStatus(this.#context, name, own);
    } catch (error) {
      const gone = error instanceof StorageError &&
        error.code === "NONEXISTENT";
      if (gone) return undefined;
      throw error;
    }
  }

  /** See {@linkcode Account.openMailbox}. */
  async openMailbox(name: string): Promise<Mailbox> {
    const full = existingName(this.#context, name);
    const names = await this.#names.ask(full);
    if (names.info(full)?.id === undefined) {
      this.#shared.boxes.retire(full);
      this.#shared.forget(full);
      throw nonexistent();
    }
    return await this.#open(full, names);
  }

  async #open(name: string, names: NamesNow) {
    return await openMailbox(this.#shared, this.#below, name, names);
  }

  /** See {@linkcode Account.onChange}. */
  onChange(listener: (change: AccountChange) => void): () => void {
    const ends = [
      this.#shared.listeners.add(listener),
      this.#context.listeners.add(listener),
      this.#below?.onChange(listener),
    ];
    return () => {
      for (const end of ends) end?.();
    };
  }

  /** See {@linkcode Account.watchMessages}. */
  async watchMessages(
    listener: (change: MessagesChange) => void,
  ): Promise<() => void> {
    const here = this.#shared.messageListeners.add(listener);
    try {
      const below = await this.#below?.watchMessages(listener);
      return () => {
        here();
        below?.();
      };
    } catch (error) {
      here();
      throw error;
    }
  }

  /** See {@linkcode Account.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#below?.close();
    this.#release();
  }

  #newName(name: string): string {
    const { hierarchyDelimiter, limits } = this.#context;
    const path = parseName(name, hierarchyDelimiter);
    checkNewName(path, hierarchyDelimiter, limits);
    return path.join(hierarchyDelimiter);
  }

  /** Refuses a name that is not in the list; what is only in the storage it knows best itself. */
  async #checkThere(name: string): Promise<MailboxInfo | undefined> {
    if (!this.#names.listed) return undefined;
    const info = (await this.#names.ask()).info(name);
    if (info === undefined || info.id === undefined && !info.hasChildren) {
      throw nonexistent();
    }
    return info;
  }

  /** Refuses a name that is in the list, or that has mailboxes below it where there may be none. */
  async #checkFree(
    name: string,
    childless = false,
  ): Promise<NamesNow | undefined> {
    if (!this.#names.listed) return undefined;
    const names = await this.#names.ask();
    const info = names.info(name);
    const { maxMailboxes } = this.#context.limits;
    if (this.#below === undefined && names.infos().length >= maxMailboxes) {
      throw new StorageError("LIMIT", "Too many mailboxes");
    }
    if (info?.id !== undefined || childless && info?.hasChildren) {
      throw new StorageError("ALREADYEXISTS", "There is such a mailbox");
    }
    return names;
  }
}
