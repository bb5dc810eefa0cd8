/**
 * Which mailboxes a user has: what the callback lists, or what the storage has.
 *
 * @module
 */

import { type MailboxInfo, StorageError } from "../../storage/model.ts";
import type { Account } from "../../storage/storage.ts";
import { call } from "./call.ts";
import type { GetMailboxesEvent } from "./events.ts";
import {
  entriesOf,
  infosOf,
  type ListedName,
  readMailboxes,
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
      const byName = new Map(stored.map((info) => [info.name, info]));
      return {
        infos: () => stored,
        info: (name) => byName.get(name),
        listed: () => undefined,
      };
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
    const infos = infosOf(
      names,
      this.#shared.context.hierarchyDelimiter,
      (listed) => this.#shared.identify(listed, below.get(listed.name)),
    );
    const byName = new Map(infos.map((info) => [info.name, info]));
    return {
      infos: () => infos,
      info: (name) => byName.get(name),
      listed: (name) => names.get(name),
    };
  }
}
