/**
 * A storage that takes its time: before it does something and after it has, others may have their turn.
 *
 * A storage in memory does everything at once, and so nothing ever comes between two steps of a session.
 * Behind this it behaves as one on a disk does: a change is there for all to see before the one who made it
 * hears that it is.
 *
 * @module
 */

import type { Mailbox, Storage } from "../../storage/storage.ts";
import type { Turns } from "./turns.ts";

/** What opens something that is to be slow as well. */
const OPENS = new Set<PropertyKey>(["openAccount", "openMailbox"]);

/** What is slow before and after. */
const SLOW = new Set<PropertyKey>([
  ...OPENS,
  ...["mailboxes", "mailbox", "createMailbox", "deleteMailbox"],
  ...["renameMailbox", "status", "refresh", "storeFlags", "expunge"],
  ...["copyTo", "moveTo", "replace", "readSource"],
]);

/** What is slow afterwards only: changes come in the order of the calls. */
const SLOW_AFTER = new Set<PropertyKey>(["append"]);

/** What is read bit by bit. */
const BATCHES = new Set<PropertyKey>(["readSources", "readSummaries"]);

/** Makes a storage slow; closing and verifying it take no longer than they do. */
export function slowStorage(storage: Storage, turns: Turns): Storage {
  const targets = new WeakMap<object, object>();

  function slow<T extends object>(target: T): T {
    const handle = new Proxy(target, {
      get(_, key) {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => {
          const call = () => member.apply(target, given.map(itself));
          if (BATCHES.has(key)) return batches(call());
          if (SLOW.has(key)) return slowly(call, OPENS.has(key));
          return SLOW_AFTER.has(key) ? after(call()) : call();
        };
      },
    });
    targets.set(handle, target);
    return handle;
  }

  /** A storage knows its own mailboxes only. */
  function itself(value: unknown): unknown {
    return targets.get(value as Mailbox) ?? value;
  }

  async function slowly<T extends object>(
    call: () => Promise<T>,
    opens: boolean,
  ): Promise<T> {
    await turns.next();
    const result = await after(call());
    return opens ? slow(result) : result;
  }

  async function after<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } finally {
      await turns.next();
    }
  }

  async function* batches<T>(all: AsyncIterable<T>): AsyncIterable<T> {
    for await (const batch of all) {
      await turns.next();
      yield batch;
    }
  }

  return slow(storage);
}
