/**
 * Which mailboxes a user has: what the callback lists, or what the storage has.
 *
 * @module
 */

import { type MailboxInfo, StorageError } from "../../storage/model.ts";
import type { Account } from "../../storage/storage.ts";
import { tryParseName } from "../../storage/names.ts";
import { call } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { GetMailboxesEvent, MailboxRename } from "./events.ts";
import {
  entriesOf,
  infosOf,
  type ListedName,
  readMailboxes,
  renamesOf,
} from "./mailbox_list.ts";
import { Problems } from "./problems.ts";
import type { SharedAccount } from "./shared_account.ts";

/** The names as they are now. */
export interface NamesNow {
  /** All of them. */
  infos(): readonly MailboxInfo[];
  /** One of them. */
  info(name: string): MailboxInfo | undefined;
  /** What the callback says of one. */
  listed(name: string): ListedName | undefined;
  /** What the renaming of a name, which there is, comes to. */
  renames(from: string, to: string): MailboxRename[];
}

/** See the module's text. */
export class Names {
  readonly #shared: SharedAccount;
  readonly #below: Account | undefined;

  /** Asks for the names of this account. */
  constructor(shared: SharedAccount, below: Account | undefined) {
    this.#shared = shared;
    this.#below = below;
  }

  /** Whether there is a list beside the storage's own. */
  get listed(): boolean {
    const { callbacks } = this.#shared.context;
    return this.#below === undefined || callbacks.getMailboxes !== undefined;
  }

  /** Asks for them all, or just for what matters of one. */
  async ask(only?: string): Promise<NamesNow> {
    const { callbacks, user, hierarchyDelimiter } = this.#shared.context;
    if (this.#shared.deleted) {
      throw new StorageError("NONEXISTENT", "The account is gone");
    }
    const stored = await this.#stored(only);
    if (!this.listed) {
      return namesNow(stored, new Map(), hierarchyDelimiter);
    }
    const problems = new Problems();
    const callback = callbacks.getMailboxes?.bind(callbacks);
    const event: GetMailboxesEvent = only === undefined
      ? { user }
      : { user, name: only };
    const read = (answer: unknown) =>
      readMailboxes(answer, hierarchyDelimiter, problems);
    const names = callback === undefined ? read([]) : (await call(
      this.#shared.context,
      "getMailboxes",
      async (event, next) => read(await callback(event, next)),
      event,
      () => Promise.resolve(entriesOf(stored)),
    )).answer;
    this.#shared.problems = problems.report(
      this.#shared.context,
      "getMailboxes",
      { user: user.name },
      this.#shared.problems,
    );
    return this.#now(names, stored);
  }

  async #stored(only: string | undefined): Promise<readonly MailboxInfo[]> {
    if (this.#below === undefined) return [];
    if (only === undefined) return await this.#below.mailboxes();
    const info = await this.#below.mailbox(only);
    return info === undefined ? [] : [info];
  }

  #now(
    names: ReadonlyMap<string, ListedName>,
    stored: readonly MailboxInfo[],
  ): NamesNow {
    const below = new Map(stored.map((info) => [info.name, info]));
    const { hierarchyDelimiter } = this.#shared.context;
    const infos = infosOf(
      this.#shared.subscriptions.applyTo(names, hierarchyDelimiter),
      hierarchyDelimiter,
      (listed) => this.#shared.identify(listed, below.get(listed.name)),
    );
    return namesNow(infos, names, hierarchyDelimiter);
  }
}

function namesNow(
  infos: readonly MailboxInfo[],
  listed: ReadonlyMap<string, ListedName>,
  delimiter: string,
): NamesNow {
  const byName = new Map(infos.map((info) => [info.name, info]));
  return {
    infos: () => infos,
    info: (name) => byName.get(name),
    listed: (name) => listed.get(name),
    renames: (from, to) => renamesOf(infos, delimiter, from, to),
  };
}

/** A name in its normal form; undefined where no mailbox can have it. */
export function normalName(
  { hierarchyDelimiter }: Pick<UserContext, "hierarchyDelimiter">,
  name: string,
): string | undefined {
  return tryParseName(name, hierarchyDelimiter)?.join(hierarchyDelimiter);
}

/** A name that may be one of a mailbox that there is. @throws {StorageError} NONEXISTENT */
export function existingName(
  context: Pick<UserContext, "hierarchyDelimiter">,
  name: string,
): string {
  const full = normalName(context, name);
  if (full === undefined) throw nonexistent();
  return full;
}

/** There is no mailbox of a name. */
export function nonexistent(): StorageError {
  return new StorageError("NONEXISTENT", "There is no such mailbox");
}
