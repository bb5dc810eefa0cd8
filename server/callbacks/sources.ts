/**
 * Reads the sources of a mailbox's messages through the callback, and makes their summaries.
 *
 * What was read is kept within a bound, so that a client that fetches a message piece by piece, or first its
 * envelope and then its body, causes one call.
 *
 * @module
 */

import { summarize } from "../../protocol/imap/summary.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import type { MessageBytes, Uid, UidList } from "../../storage/model.ts";
import { call, CallbackError } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { GetMessageSourceEvent, MessageKey } from "./events.ts";
import { readSource } from "./source.ts";

/** How many messages are read at the same time, and of how many bytes together. */
const BATCH = 16;
const BATCH_SIZE = 1_048_576;

/** A mailbox whose sources are read. */
export interface SourceMailbox {
  /** Its name. */
  readonly name: string;
  /** Its state. */
  readonly state: MailboxState;
  /** How events name a message. */
  keyOf(uid: number): MessageKey;
  /** The source without the callback, or undefined. */
  ownSource(key: MessageKey): Promise<Uint8Array | undefined>;
}

/** Asks the callback, if there is one, for a source; undefined when there is none. */
export async function askForSource(
  context: UserContext,
  mailbox: Pick<SourceMailbox, "name" | "ownSource">,
  message: MessageKey,
  limit: number,
): Promise<Uint8Array | undefined> {
  const { callbacks, user } = context;
  const callback = callbacks.getMessageSource?.bind(callbacks);
  if (callback === undefined) return await mailbox.ownSource(message);
  const event: GetMessageSourceEvent = {
    user,
    mailbox: { name: mailbox.name },
    message,
  };
  const { answer } = await call(
    context,
    "getMessageSource",
    async (event, next, signal) => {
      const source = await callback(event, next);
      return source === undefined
        ? undefined
        : await readSource(source, limit, signal);
    },
    event,
    () => mailbox.ownSource(message),
  );
  return answer;
}

/** See the module's text. */
export class MessageSources {
  readonly #context: UserContext;
  readonly #mailbox: SourceMailbox;

  /** Reads the messages of this mailbox. */
  constructor(context: UserContext, mailbox: SourceMailbox) {
    this.#context = context;
    this.#mailbox = mailbox;
  }

  /**
   * The source of a message; undefined when it is not there.
   * @throws {CallbackError} when it is not as long as the mailbox says, or there is none
   */
  async read(uid: number): Promise<Uint8Array | undefined> {
    const { state } = this.#mailbox;
    if (state.deleted || state.indexOf(uid) < 0) return undefined;
    const { sources, limits } = this.#context;
    const key = cacheKey(state, uid);
    const cached = sources.get(key);
    if (cached !== undefined) return cached;
    const bytes = await askForSource(
      this.#context,
      this.#mailbox,
      this.#mailbox.keyOf(uid),
      limits.maxMessageSize,
    );
    const index = state.indexOf(uid);
    if (state.deleted || index < 0) return undefined;
    const size = state.sizes[index]!;
    if (bytes?.length === size) {
      sources.set(key, bytes);
      return bytes;
    }
    throw new CallbackError(
      "getMessageSource",
      bytes === undefined
        ? `has no source for message ${uid}, which is there`
        : `gave ${bytes.length} bytes for message ${uid}, which has ${size}`,
    );
  }

  /** The summary of a message; undefined when it is not there. */
  async summary(uid: number): Promise<Uint8Array | undefined> {
    const { summaries } = this.#context;
    const { state } = this.#mailbox;
    if (state.indexOf(uid) < 0) return undefined;
    const key = cacheKey(state, uid);
    let summary = summaries.get(key);
    if (summary !== undefined) return summary;
    const source = await this.read(uid);
    if (source === undefined) return undefined;
    summary = summarize(source);
    summaries.set(key, summary);
    return summary;
  }

  /** See `Mailbox.readSources`. */
  readAll(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#batches(uids, (uid) => this.read(uid));
  }

  /** See `Mailbox.readSummaries`. */
  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#batches(uids, (uid) => this.summary(uid));
  }

  async *#batches(
    uids: UidList,
    read: (uid: number) => Promise<Uint8Array | undefined>,
  ): AsyncIterable<readonly MessageBytes[]> {
    const { state } = this.#mailbox;
    for (let from = 0; from < uids.length;) {
      let size = 0;
      let to = from;
      do {
        const index = state.indexOf(uids[to++]!);
        if (index >= 0) size += state.sizes[index]!;
      } while (to < uids.length && to < from + BATCH && size < BATCH_SIZE);
      const batch = await Promise.all(
        Array.from(uids.subarray(from, to), async (uid) => {
          const bytes = await read(uid);
          return bytes && { uid: uid as Uid, bytes };
        }),
      );
      const there = batch.filter((one) => one !== undefined);
      if (there.length > 0) yield there;
      from = to;
    }
  }
}

/** Under which name bytes of a message are kept. */
export function cacheKey(state: MailboxState, uid: number): string {
  return `${state.id}/${uid}`;
}
