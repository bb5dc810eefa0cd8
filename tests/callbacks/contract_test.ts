/**
 * A storage behind callbacks that only look on is the storage that it was.
 *
 * @module
 */

import { withCallbacks } from "../../server/callbacks/storage.ts";
import type { Callbacks } from "../../server/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { testStorage } from "../../testing/conformance/mod.ts";

const onlooking: Callbacks = {
  getMailboxes: (event, next) => next(event),
  createMailbox: (event, next) => next(event),
  deleteMailbox: (event, next) => next(event),
  renameMailbox: (event, next) => next(event),
  updateMailbox: (event, next) => next(event),
  status: (event, next) => next(event),
  getMessages: (event, next) => next(event),
  appendMessage: (event, next) => next(event),
  updateMessages: (event, next) => next(event),
  deleteMessages: (event, next) => next(event),
  copyMessages: (event, next) => next(event),
  moveMessages: (event, next) => next(event),
};

for (
  const [kind, callbacks] of [
    ["no callbacks", {}],
    ["onlooking callbacks", onlooking],
  ] as const
) {
  testStorage(
    `memory behind ${kind}`,
    (options) =>
      Promise.resolve(withCallbacks(new MemoryStorage(options), callbacks, {
        callbackTime: 10_000,
        report: (error) => console.error(error),
      })),
  );
}
