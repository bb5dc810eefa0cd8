/**
 * An account of which a scope leaves something out.
 *
 * What is refused is refused alike whether it is there or not, so that no reply tells of mailboxes that the scope
 * hides.
 *
 * @module
 */

import type {
  MetadataChanges,
  MetadataEntry,
  MetadataFilter,
  MetadataOwner,
} from "./metadata.ts";
import { type MailboxInfo, type MailboxStatus, StorageError } from "./model.ts";
import { compareNames, INBOX } from "./names.ts";
import type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
} from "./storage.ts";
import { AppendOnlyMailbox } from "./append_only_mailbox.ts";
import { ReadOnlyMailbox } from "./read_only_mailbox.ts";
import {
  isRestricted,
  namesOf,
  normalName,
  outOfScope,
  type Scope,
} from "./scope.ts";

/**
 * The part of an account that a scope leaves.
 * @param account the account; its handle is the returned one's from now on
 * @param scope undefined for all of it, which gives the account itself
 * @param delimiter the storage's hierarchy delimiter
 */
export function scopedAccount(
  account: Account,
  scope: Scope | undefined,
  delimiter: string,
): Account {
  return isRestricted(scope)
    ? new ScopedAccount(account, scope, delimiter)
    : account;
}

class ScopedAccount implements Account {
  readonly user: string;
  readonly #inner: Account;
  readonly #scope: Scope;
  readonly #delimiter: string;
  /** The mailboxes that there are; undefined for all. */
  readonly #names: ReadonlySet<string> | undefined;

  constructor(inner: Account, scope: Scope, delimiter: string) {
    this.#inner = inner;
    this.user = inner.user;
    this.#scope = scope;
    this.#delimiter = delimiter;
    this.#names = namesOf(scope, delimiter);
  }

  async mailboxes(): Promise<readonly MailboxInfo[]> {
    const all = await this.#inner.mailboxes();
    return this.#names === undefined ? all : this.#visible(all);
  }

  async mailbox(name: string): Promise<MailboxInfo | undefined> {
    if (this.#names === undefined) return await this.#inner.mailbox(name);
    const normal = normalName(name, this.#delimiter);
    // Whether there are mailboxes below it only the whole list says.
    return (await this.mailboxes()).find((info) => info.name === normal);
  }

  async createMailbox(
    name: string,
    options?: { specialUse?: readonly string[] },
  ): Promise<MailboxInfo> {
    this.#assertMayChange(name);
    return await this.#inner.createMailbox(name, options);
  }

  async deleteMailbox(name: string): Promise<void> {
    this.#assertThere(name);
    this.#assertMayChange(name);
    await this.#inner.deleteMailbox(name);
  }

  /** Where names are hidden nothing is renamed: what is below a mailbox goes with it, be it hidden or not. */
  async renameMailbox(from: string, to: string): Promise<void> {
    this.#assertThere(from);
    if (this.#names !== undefined) throw outOfScope();
    this.#assertMayChange(from);
    await this.#inner.renameMailbox(from, to);
  }

  async updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void> {
    this.#assertMayChange(name);
    await this.#inner.updateMailbox(name, update);
  }

  async status(
    names: readonly string[],
  ): Promise<(MailboxStatus | undefined)[]> {
    if (this.#scope.appendOnly === true) throw outOfScope();
    const shown = names.filter((name) => this.#shows(name));
    const counts = await this.#inner.status(shown);
    const known = new Map(shown.map((name, place) => [name, counts[place]]));
    return names.map((name) => known.get(name));
  }

  /** Where names are hidden, what belongs to the whole account is hidden as well. */
  async metadata(
    owners: readonly MetadataOwner[],
    wanted?: MetadataFilter,
  ): Promise<(readonly MetadataEntry[] | undefined)[]> {
    if (this.#scope.appendOnly === true) throw outOfScope();
    const shown = owners.filter((owner) => this.#showsOwner(owner));
    const found = await this.#inner.metadata(shown, wanted);
    const known = new Map(shown.map((owner, place) => [owner, found[place]]));
    return owners.map((owner) =>
      known.has(owner) || typeof owner !== "string" ? known.get(owner) : []
    );
  }

  async setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    if (typeof owner === "string") {
      const { readOnly = false, appendOnly = false } = this.#scope;
      if (readOnly || appendOnly || !this.#showsOwner(owner)) {
        throw outOfScope();
      }
    } else {
      this.#assertThere(owner.mailbox);
      this.#assertMayChange(owner.mailbox);
    }
    await this.#inner.setMetadata(owner, changes, common);
  }

  async openMailbox(name: string): Promise<Mailbox> {
    this.#assertThere(name);
    const mailbox = await this.#inner.openMailbox(name);
    // Who may neither read nor append may not even look.
    if (this.#scope.appendOnly === true) {
      const blind = new AppendOnlyMailbox(mailbox);
      return this.#scope.readOnly === true ? new ReadOnlyMailbox(blind) : blind;
    }
    return this.#scope.readOnly === true
      ? new ReadOnlyMailbox(mailbox)
      : mailbox;
  }

  onChange(listener: (change: AccountChange) => void): () => void {
    return this.#inner.onChange((change) => {
      const shown = this.#shownChange(change);
      if (shown !== undefined) listener(shown);
    });
  }

  async watchMessages(
    listener: (change: MessagesChange) => void,
  ): Promise<() => void> {
    if (this.#scope.appendOnly === true) throw outOfScope();
    return await this.#inner.watchMessages((change) => {
      if (this.#shows(change.mailbox)) listener(change);
    });
  }

  close(): void {
    this.#inner.close();
  }

  #shows(name: string): boolean {
    if (this.#names === undefined) return true;
    const normal = normalName(name, this.#delimiter);
    return normal !== undefined && this.#names.has(normal);
  }

  #showsOwner(owner: MetadataOwner): boolean {
    if (owner === "account") return this.#names === undefined;
    return owner === "storage" || this.#shows(owner.mailbox);
  }

  /** Of a list, what the scope shows, and the names above that. */
  #visible(all: readonly MailboxInfo[]): MailboxInfo[] {
    const shown = all.filter(({ name }) => this.#names!.has(name));
    const parents = new Set<string>();
    for (const { name, id } of shown) {
      if (id === undefined) continue;
      const levels = name.split(this.#delimiter);
      for (let level = 1; level < levels.length; level++) {
        parents.add(levels.slice(0, level).join(this.#delimiter));
      }
    }
    const infos = new Map(
      shown.map((info) => [
        info.name,
        { ...info, hasChildren: parents.has(info.name) },
      ]),
    );
    for (const name of parents) {
      if (infos.has(name)) continue;
      const nothing = { specialUse: [], subscribed: false };
      infos.set(name, { name, ...nothing, hasChildren: true });
    }
    return [...infos.values()]
      .filter((info) =>
        info.id !== undefined || info.subscribed || info.hasChildren
      )
      .map((info) => ({ info, levels: info.name.split(this.#delimiter) }))
      .sort((a, b) => compareNames(a.levels, b.levels))
      .map(({ info }) => info);
  }

  /** What a change is to those who see but a part; undefined when it is nothing. */
  #shownChange(change: AccountChange): AccountChange | undefined {
    const { type, name, oldName } = change;
    if (type === "metadata" && this.#scope.appendOnly === true) return;
    if (type !== "rename" || oldName === undefined) {
      return this.#shows(name) ? change : undefined;
    }
    if (this.#shows(name)) {
      return this.#shows(oldName) ? change : { type: "create", name };
    }
    // INBOX stays, whatever it is said to have been renamed to.
    return this.#shows(oldName) && oldName !== INBOX
      ? { type: "delete", name: oldName }
      : undefined;
  }

  #assertThere(name: string): void {
    if (this.#shows(name)) return;
    throw new StorageError("NONEXISTENT", "There is no such mailbox");
  }

  #assertMayChange(name: string): void {
    const { readOnly = false, appendOnly = false } = this.#scope;
    if (readOnly || appendOnly || !this.#shows(name)) throw outOfScope();
  }
}
