/**
 * The callback that searches: what it is asked, and what its answer may hold.
 *
 * @module
 */

import type { Hooks } from "../../protocol/hooks.ts";
import type { UidList } from "../../storage/model.ts";
import { unscoped } from "../../storage/read_only_mailbox.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { call, CallbackError, type CallContext } from "./call.ts";
import { VirtualMailbox } from "./virtual_mailbox.ts";
import type { Callbacks, SearchMessagesEvent } from "./types.ts";

/** Makes the hook of SEARCH. */
export function searchHook(
  callbacks: Callbacks,
  context: CallContext,
): NonNullable<Hooks["search"]> {
  const callback = callbacks.searchMessages!.bind(callbacks);
  return async (identity, mailbox, query, goOn) => {
    const event: SearchMessagesEvent = {
      user: { name: identity.user },
      mailbox: { name: mailbox.name },
      query,
    };
    const base = async (changed: SearchMessagesEvent) =>
      Array.from(await goOn(changed.query));
    const { answer } = await call(
      context,
      "searchMessages",
      callback,
      event,
      base,
    );
    return uidsOf(answer, unscoped(mailbox));
  };
}

/**
 * The UIDs that an answer names; what is no message of the mailbox is passed over.
 * @throws {CallbackError} when it is no list of UIDs and ids
 */
function uidsOf(answer: unknown, mailbox: Mailbox): UidList {
  if (
    typeof answer !== "object" || answer === null ||
    !(Symbol.iterator in answer)
  ) throw new CallbackError("searchMessages", "has not answered with a list");
  const { state } = mailbox;
  const found = new Set<number>();
  let most = 2 * state.length + 1_000;
  for (const one of answer as Iterable<unknown>) {
    if (most-- === 0) {
      throw new CallbackError("searchMessages", "has found too much");
    }
    const uid = typeof one === "string" && mailbox instanceof VirtualMailbox
      ? mailbox.uidOf(one)
      : one;
    if (typeof uid === "number" && state.indexOf(uid) >= 0) found.add(uid);
    else if (typeof one !== "number" && typeof one !== "string") {
      throw new CallbackError("searchMessages", "has found what is no UID");
    }
  }
  return Uint32Array.from(found).sort();
}
