/**
 * A user's mailboxes with callbacks in front of them.
 *
 * Where `getMailboxes` is given, its list is the truth: what it does not name does not exist, and the other
 * operations are checked against it before their callbacks run. A name that it lists and the storage does
 * not have is a virtual mailbox.
 *
 * @module
 */

import {
  changeSomething,
  type MetadataChanges,
  type MetadataEntry,
  type MetadataFilter,
  type MetadataOwner,
} from "../../storage/metadata.ts";
import {
  type MailboxInfo,
  type MailboxStatus,
  StorageError,
} from "../../storage/model.ts";
import {
  checkNewName,
  INBOX,
  parseName,
  tryParseName,
} from "../../storage/names.ts";
import type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
} from "../../storage/storage.ts";
import { call, type CallbackName } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { UpdateMailboxEvent, User } from "./events.ts";
import type { ListedName } from "./mailbox_list.ts";
import { Names, type NamesNow } from "./names.ts";
import { askForStatus, statusOf } from "./status.ts";
import { StoredMailbox } from "./stored_mailbox.ts";
import type { SharedAccount } from "./shared_account.ts";
import { nextTick } from "./virtual_box.ts";
import type { Next } from "./types.ts";
import { askForMessages, measure } from "./virtual_list.ts";
import type { VirtualMailbox } from "./virtual_mailbox.ts";

/** A handle. */
export class CallbackAccount implements Account {
  readonly user: string;
  readonly #context: UserContext;
  readonly #shared: SharedAccount;
  readonly #below: Account | undefined;
  readonly #names: Names;
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
  }

  /** See {@linkcode Account.mailboxes}. */
  async mailboxes(): Promise<readonly MailboxInfo[]> {
    return (await this.#names.ask()).infos();
  }

  /** See {@linkcode Account.mailbox}. */
  async mailbox(name: string): Promise<MailboxInfo | undefined> {
    const full = this.#normal(name);
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
    const passed = await this.#change(
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
    const full = this.#there(name);
    const info = await this.#checkThere(full);
    if (full === INBOX) {
      throw new StorageError("CANNOT", "INBOX cannot be deleted");
    }
    if (info !== undefined && info.id === undefined) {
      throw new StorageError("HASCHILDREN", "There are mailboxes below it");
    }
    const { user, callbacks } = this.#context;
    const passed = await this.#change(
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
    const oldName = this.#there(from);
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
    const passed = await this.#change(
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

  /** See {@linkcode Account.updateMailbox}. */
  async updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void> {
    const { user, callbacks } = this.#context;
    const full = this.#nameToUpdate(name, update.subscribed);
    if (update.specialUse !== undefined) await this.#checkThere(full);
    const passed = await this.#change(
      "updateMailbox",
      callbacks.updateMailbox,
      { user, mailbox: { name: full }, ...update },
      (below, { mailbox, user: _, ...update }) =>
        below.updateMailbox(mailbox.name, update),
      ({ mailbox, subscribed, specialUse }) =>
        specialUse === undefined && subscribed !== undefined
          ? this.#subscribe(mailbox.name, subscribed)
          : this.#refuse(),
    );
    if (passed) return;
    const aspect = update.subscribed === undefined
      ? "specialUse"
      : "subscription";
    this.#shared.listeners.notify({ type: "update", name: full, aspect });
  }

  /** See {@linkcode Account.metadata}. That of mailboxes which the storage does not have is kept in memory. */
  async metadata(
    owners: readonly MetadataOwner[],
    wanted?: MetadataFilter,
  ): Promise<(readonly MetadataEntry[] | undefined)[]> {
    const below = await this.#below?.metadata(owners, wanted) ?? [];
    const names = await this.#names.ask();
    const { metadata, context } = this.#shared;
    return owners.map((owner, place) => {
      if (owner === "storage") {
        return below[place] ?? context.metadata.read("", wanted);
      }
      if (owner === "account") return below[place] ?? metadata.read("", wanted);
      const full = this.#normal(owner.mailbox);
      const there = full !== undefined && names.info(full)?.id !== undefined;
      return there ? below[place] ?? metadata.read(full, wanted) : undefined;
    });
  }

  /** See {@linkcode Account.setMetadata}; `updateMailbox` hears of what is a mailbox's. */
  async setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    if (typeof owner === "string") {
      if (this.#below === undefined) this.#keep(owner, changes, common);
      else await this.#below.setMetadata(owner, changes, common);
      return;
    }
    const full = this.#there(owner.mailbox);
    if ((await this.#names.ask(full)).info(full)?.id === undefined) {
      throw nonexistent();
    }
    const { user, callbacks } = this.#context;
    const event: UpdateMailboxEvent = {
      user,
      mailbox: { name: full },
      metadata: new Map(changes),
    };
    const keep = (name: string, entries: MetadataChanges) =>
      this.#keep({ mailbox: this.#there(name) }, entries, common);
    const passed = await this.#change(
      "updateMailbox",
      callbacks.updateMailbox,
      event,
      async (below, { mailbox, metadata = changes }) => {
        const { name } = mailbox;
        const stored = (await below.mailbox(name))?.id !== undefined;
        if (!stored) keep(name, metadata);
        else await below.setMetadata({ mailbox: name }, metadata, common);
      },
      // deno-lint-ignore require-await
      async ({ mailbox, metadata = changes }) => keep(mailbox.name, metadata),
    );
    if (!passed) this.#tellMetadata(full, changes);
  }

  /** Keeps metadata in memory. */
  #keep(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): void {
    const name = typeof owner === "string" ? "" : owner.mailbox;
    const { boxes, metadata, context } = this.#shared;
    const isCommon = owner === "storage";
    const apply = (isCommon ? context.metadata : metadata).plan(name, changes);
    const applyCommon = common && context.metadata.plan("", common);
    const before = (isCommon ? context.metadata : metadata).read(name);
    const values = new Map(before.map(({ name, value }) => [name, value]));
    apply();
    applyCommon?.();
    if (changeSomething(values, changes)) {
      this.#tellMetadata(name, changes, isCommon);
      if (name !== "") boxes.get(name)?.touch();
    }
    if (common !== undefined) this.#tellMetadata("", common, true);
  }

  #tellMetadata(
    name: string,
    changes: MetadataChanges,
    everybody = false,
  ): void {
    const { context, listeners } = this.#shared;
    (everybody ? context.listeners : listeners).notify({
      type: "metadata",
      name,
      entries: [...changes.keys()],
    });
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
    const full = names.map((name) => this.#normal(name) ?? "");
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
      stored ?? await statusOf(await this.#open(name, known.listed(name)));
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
    const full = this.#there(name);
    const names = await this.#names.ask(full);
    if (names.info(full)?.id === undefined) {
      this.#shared.boxes.retire(full);
      this.#shared.forget(full);
      throw nonexistent();
    }
    return await this.#open(full, names.listed(full));
  }

  /** Opens a mailbox that there is, here or below. */
  async #open(
    name: string,
    listed: ListedName | undefined,
  ): Promise<StoredMailbox | VirtualMailbox> {
    const context = this.#context;
    const { boxes } = this.#shared;
    const there = boxes.get(name);
    const readOnly = listed?.readOnly ?? false;
    const uidValidity = listed?.uidValidity ?? there?.state.uidValidity;
    if (there !== undefined && there.state.uidValidity !== uidValidity) {
      // The callbacks have begun to number the mailbox anew.
      boxes.retire(name);
      this.#shared.forget(name);
    } else if (there !== undefined) {
      there.readOnly = readOnly;
      const handle = boxes.open(there);
      try {
        await there.refresh();
        return handle;
      } catch (error) {
        handle.close();
        throw error;
      }
    }
    const below = await this.#openBelow(name);
    let used = false;
    try {
      const stored = below !== undefined;
      if (stored && context.callbacks.getMessages === undefined) {
        used = true;
        return new StoredMailbox(context, below, readOnly);
      }
      const asked = nextTick();
      const listing = await askForMessages(context, name, below);
      if (listing === undefined) {
        used = true;
        return new StoredMailbox(context, below!, readOnly);
      }
      const nothing = { name, below, has: () => false };
      const measured = await measure(context, nothing, listing);
      let box = boxes.get(name);
      if (box === undefined) {
        const identity = this.#shared.identityOf(name);
        box = boxes.make(name, identity, listed, below, measured);
        used = true;
      }
      box.readOnly = readOnly;
      box.apply(measured, asked);
      return boxes.open(box);
    } finally {
      if (!used) below?.close();
    }
  }

  async #openBelow(name: string): Promise<Mailbox | undefined> {
    try {
      return await this.#below?.openMailbox(name);
    } catch (error) {
      // A storage that has no INBOX has no account any more.
      const none = error instanceof StorageError &&
        error.code === "NONEXISTENT" && name !== INBOX;
      if (none) return undefined;
      throw error;
    }
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

  /**
   * Makes a change, through its callback if there is one.
   * @param without makes it where there is no storage below
   * @returns whether `next` has made it
   */
  async #change<Event extends { readonly user: User }>(
    name: CallbackName,
    callback:
      | ((event: Event, next: Next<Event, void>) => void | Promise<void>)
      | undefined,
    event: Event,
    change: (below: Account, event: Event) => Promise<unknown>,
    without: (event: Event) => Promise<void> = () => this.#refuse(),
  ): Promise<boolean> {
    const base = async (event: Event) => {
      if (this.#below === undefined) await without(event);
      else await change(this.#below, event);
    };
    if (callback === undefined) {
      await base(event);
      return true;
    }
    const bound = callback.bind(this.#context.callbacks);
    const { passed } = await call(this.#context, name, bound, event, base);
    return passed !== undefined;
  }

  #refuse(): Promise<never> {
    throw new StorageError("CANNOT", "That cannot be changed");
  }

  #normal(name: string): string | undefined {
    const { hierarchyDelimiter } = this.#context;
    return tryParseName(name, hierarchyDelimiter)?.join(hierarchyDelimiter);
  }

  /** A name that may be one of a mailbox that there is. */
  #there(name: string): string {
    const full = this.#normal(name);
    if (full === undefined) throw nonexistent();
    return full;
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

function nonexistent(): StorageError {
  return new StorageError("NONEXISTENT", "There is no such mailbox");
}
