/**
 * A storage that a test can stop at chosen places.
 *
 * @module
 */

import type { MessageBytes, UidList } from "../../storage/model.ts";
import type { Mailbox, Storage } from "../../storage/storage.ts";

/** Waits where it is asked to, until the test lets it go on. */
export type Gate = (where: string) => Promise<void>;

/**
 * A storage that waits before a mailbox is opened (`open NAME`), before a copy (`copy`) and before each message that is
 * read (`NAME UID`), and says when a mailbox is closed (`close NAME`).
 */
export function heldStorage(storage: Storage, gate: Gate): Storage {
  const inner = new WeakMap<object, object>();
  return wrap(storage);

  function wrap<T extends object>(target: T): T {
    const handle = new Proxy(target, {
      get(_, key) {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => {
          const args = given.map((one) => inner.get(one as object) ?? one);
          const call = () => Reflect.apply(member, target, args);
          if (key === "openAccount") return call().then(wrap);
          if (key === "openMailbox") {
            return gate(`open ${given[0]}`).then(call).then(wrap);
          }
          if (key === "close" && "name" in target) {
            void gate(`close ${target.name}`);
          }
          if (key === "copyTo") return gate("copy").then(call);
          return key === "readSources"
            ? oneByOne(target as Mailbox, given[0] as UidList)
            : call();
        };
      },
    });
    inner.set(handle, target);
    return handle;
  }

  async function* oneByOne(
    mailbox: Mailbox,
    uids: UidList,
  ): AsyncIterable<readonly MessageBytes[]> {
    for await (const batch of mailbox.readSources(uids)) {
      for (const message of batch) {
        await gate(`${mailbox.name} ${message.uid}`);
        yield [message];
      }
    }
  }
}
