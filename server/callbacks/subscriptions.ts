/**
 * Which names a user has subscribed to, kept in memory where neither a callback nor a storage keeps it.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import { parseName } from "../../storage/names.ts";
import { type ListedName, nameOnly } from "./mailbox_list.ts";

/** Where clients differ from what callbacks list, since the server started. */
export class Subscriptions {
  readonly #said = new Map<string, boolean>();
  readonly #max: number;

  /** @param max how many names it may hold */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether there is nothing to remember. */
  get empty(): boolean {
    return this.#said.size === 0;
  }

  /**
   * SUBSCRIBE, UNSUBSCRIBE (RFC 9051 §§ 6.3.7, 6.3.8); the name need not be one of a mailbox.
   * @param listed whether the list has it as subscribed
   * @throws {StorageError} LIMIT when there are too many
   */
  set(name: string, subscribed: boolean, listed: boolean): void {
    if (subscribed === listed) this.#said.delete(name);
    else if (this.#said.has(name) || this.#said.size < this.#max) {
      this.#said.set(name, subscribed);
    } else throw new StorageError("LIMIT", "Too many subscriptions");
  }

  /** A list as clients see it. */
  applyTo(
    names: ReadonlyMap<string, ListedName>,
    delimiter: string,
  ): ReadonlyMap<string, ListedName> {
    if (this.empty) return names;
    const all = new Map(names);
    for (const [name, subscribed] of this.#said) {
      const listed = names.get(name) ??
        nameOnly(parseName(name, delimiter), delimiter);
      all.set(name, { ...listed, subscribed });
    }
    return all;
  }
}
