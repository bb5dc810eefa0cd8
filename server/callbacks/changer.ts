/**
 * Changes to an account, each through its callback where there is one.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import type { Account } from "../../storage/storage.ts";
import { call, type CallbackName } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { User } from "./events.ts";
import type { Next } from "./types.ts";

/** See the module's text. */
export class Changer {
  readonly #context: UserContext;
  readonly #below: Account | undefined;

  /** Changes what is below, where that is a storage. */
  constructor(context: UserContext, below: Account | undefined) {
    this.#context = context;
    this.#below = below;
  }

  /**
   * Makes a change, through its callback if there is one.
   * @param without makes it where there is no storage below
   * @returns whether `next` has made it
   */
  async change<Event extends { readonly user: User }>(
    name: CallbackName,
    callback:
      | ((event: Event, next: Next<Event, void>) => void | Promise<void>)
      | undefined,
    event: Event,
    change: (below: Account, event: Event) => Promise<unknown>,
    without: (event: Event) => Promise<void> = () => refuse(),
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
}

/** Where nothing can make a change. */
export function refuse(): Promise<never> {
  throw new StorageError("CANNOT", "That cannot be changed");
}
