/**
 * Runs the callback for each message of an APPEND, and appends together what is passed on.
 *
 * The callbacks of one command run at the same time. Those that pass their message on wait for each other,
 * so that what is below sees one append of all of them; if one refuses, it sees none.
 *
 * @module
 */

import { describe } from "../../protocol/imap/summary.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import { type NewMessage, StorageError } from "../../storage/model.ts";
import { call, CallbackError } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { AppendMessageEvent, MessageKey } from "./events.ts";
import { checkedFlags, spelledIn } from "./flags.ts";

type Base = (
  messages: readonly NewMessage[],
) => Promise<readonly MessageKey[]>;

/** What an append through callbacks came to: for each message what it is called now, where that is known. */
export interface Appended {
  /** The names, in the order of the messages. */
  readonly keys: readonly (MessageKey | undefined)[];
  /** Whether all of the messages were passed on. */
  readonly passed: boolean;
}

/**
 * Appends through the callback.
 * @param base appends, and says what the messages are called
 */
export async function appendThrough(
  context: UserContext,
  mailbox: { readonly name: string; readonly state: MailboxState },
  messages: readonly NewMessage[],
  base: Base,
): Promise<Appended> {
  const callback = context.callbacks.appendMessage!.bind(context.callbacks);
  const together = new Together(messages.length, base);
  const calls = messages.map(async (message, place) => {
    const id = crypto.randomUUID();
    const event: AppendMessageEvent = {
      user: context.user,
      mailbox: { name: mailbox.name },
      id,
      source: message.source,
      flags: spelledIn(mailbox.state.flagTable, message.flags),
      internalDate: new Date(message.internalDate),
    };
    try {
      const { answer, passed } = await call(
        context,
        "appendMessage",
        callback,
        event,
        (changed) =>
          together.join(place, changedMessage(message, event, changed)),
      );
      const key = checkedKey(answer ?? { id });
      return { key: passed?.result ?? key, passed: passed !== undefined };
    } catch (error) {
      together.fail(error);
      throw error;
    } finally {
      together.leave(place);
    }
  });
  const outcomes = await Promise.allSettled(calls);
  if (together.failure !== undefined) throw together.failure.error;
  const done = outcomes.map((outcome) =>
    (outcome as PromiseFulfilledResult<Awaited<typeof calls[number]>>).value
  );
  return {
    keys: done.map(({ key }) => key),
    passed: done.every(({ passed }) => passed),
  };
}

/** The message that a callback passes on; what it has changed is checked. */
function changedMessage(
  message: NewMessage,
  event: AppendMessageEvent,
  changed: AppendMessageEvent,
): NewMessage {
  const { flags, internalDate } = changed;
  return {
    ...changedSource(message, changed.source),
    flags: flags === event.flags ? message.flags : checkedFlags(flags),
    internalDate: internalDate === event.internalDate
      ? message.internalDate
      : checkedTime(internalDate),
  };
}

function changedSource(
  message: NewMessage,
  source: Uint8Array,
): NewMessage {
  if (source === message.source) return message;
  if (!(source instanceof Uint8Array)) {
    throw new CallbackError("appendMessage", "has passed on no source");
  }
  if (source.length === 0) {
    throw new StorageError("CANNOT", "A message has at least one byte");
  }
  const { flags, internalDate } = message;
  return { ...describe(source), flags, internalDate };
}

function checkedTime(date: Date): number {
  const time = date instanceof Date ? date.getTime() : NaN;
  if (!Number.isNaN(time)) return time;
  throw new CallbackError("appendMessage", "has passed on no date");
}

/** A name for a message, as a callback gives it; undefined where it is none. */
export function checkedKey(key: unknown): MessageKey | undefined {
  if (typeof key !== "object" || key === null) return undefined;
  const { uid, id } = key as MessageKey;
  if (typeof uid === "number") return { uid };
  return typeof id === "string" ? { id } : undefined;
}

/** Waits until all have come or gone, then appends what has come. */
class Together {
  readonly #base: Base;
  readonly #joined: (NewMessage | undefined)[];
  readonly #undecided: Set<number>;
  readonly #appended = Promise.withResolvers<readonly MessageKey[]>();
  /** Why the first of them failed. */
  failure: { readonly error: unknown } | undefined;

  constructor(count: number, base: Base) {
    this.#base = base;
    this.#joined = Array.from({ length: count }, () => undefined);
    this.#undecided = new Set(this.#joined.keys());
    this.#appended.promise.catch(() => {});
  }

  async join(place: number, message: NewMessage): Promise<MessageKey> {
    this.#joined[place] = message;
    this.#decided(place);
    const keys = await this.#appended.promise;
    const before = this.#joined.slice(0, place)
      .filter((one) => one !== undefined).length;
    return keys[before]!;
  }

  leave(place: number): void {
    this.#decided(place);
  }

  fail(error: unknown): void {
    this.failure ??= { error };
    this.#appended.reject(error);
  }

  #decided(place: number): void {
    if (!this.#undecided.delete(place) || this.#undecided.size > 0) return;
    if (this.failure !== undefined) return;
    const messages = this.#joined.filter((one) => one !== undefined);
    if (messages.length === 0) return this.#appended.resolve([]);
    this.#base(messages).then(this.#appended.resolve, this.#appended.reject);
  }
}
