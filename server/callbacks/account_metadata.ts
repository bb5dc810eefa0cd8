/**
 * Metadata of an account with callbacks: that of mailboxes which the storage does not have is kept in memory, and
 * `updateMailbox` hears of what is a mailbox's.
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
import type { Account } from "../../storage/storage.ts";
import type { Changer } from "./changer.ts";
import type { UpdateMailboxEvent } from "./events.ts";
import { existingName, type Names, nonexistent, normalName } from "./names.ts";
import type { SharedAccount } from "./shared_account.ts";

/** See the module's text. */
export class AccountMetadata {
  readonly #shared: SharedAccount;
  readonly #below: Account | undefined;
  readonly #names: Names;
  readonly #changer: Changer;

  /** @param below the storage's handle */
  constructor(
    shared: SharedAccount,
    below: Account | undefined,
    names: Names,
    changer: Changer,
  ) {
    this.#shared = shared;
    this.#below = below;
    this.#names = names;
    this.#changer = changer;
  }

  /** See {@linkcode Account.metadata}. */
  async read(
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
      const full = normalName(context, owner.mailbox);
      const there = full !== undefined && names.info(full)?.id !== undefined;
      return there ? below[place] ?? metadata.read(full, wanted) : undefined;
    });
  }

  /** See {@linkcode Account.setMetadata}. */
  async set(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    if (typeof owner === "string") {
      if (this.#below === undefined) this.#keep(owner, changes, common);
      else await this.#below.setMetadata(owner, changes, common);
      return;
    }
    const { context } = this.#shared;
    const { user, callbacks } = context;
    const full = existingName(context, owner.mailbox);
    if ((await this.#names.ask(full)).info(full)?.id === undefined) {
      throw nonexistent();
    }
    const event: UpdateMailboxEvent = {
      user,
      mailbox: { name: full },
      metadata: new Map(changes),
    };
    const keep = (name: string, entries: MetadataChanges) =>
      this.#keep({ mailbox: existingName(context, name) }, entries, common);
    const passed = await this.#changer.change(
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
}
