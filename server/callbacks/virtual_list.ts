/**
 * Asks for the list of a mailbox's messages, and finds out the sizes that it does not say.
 *
 * @module
 */

import type { Uid } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { call } from "./call.ts";
import type { UserContext } from "./context.ts";
import type { MailboxEvent, MessageKey } from "./events.ts";
import {
  type ListedMessage,
  type Listing,
  NOTHING_STORED,
  readMessages,
  StoredList,
} from "./message_list.ts";
import { bytesOf } from "./source.ts";
import { askForSource } from "./sources.ts";
import type { VirtualBox } from "./virtual_box.ts";

/** How many sources are read at the same time to find out their sizes. */
const BATCH = 16;

/** How many of them may fail before the rest is left for the next time. */
const MAX_FAILURES = 16;

/** How many bytes of those are kept until somebody asks for them. */
const KEPT_BYTES = 8 * 1_048_576;

/** For what takes no time. */
const NEVER = new AbortController().signal;

/**
 * Asks for a list.
 * @param name the mailbox's name
 * @param below the mailbox of that name in the storage below
 * @returns undefined when the callback has left the mailbox to the storage
 */
export async function askForMessages(
  context: UserContext,
  name: string,
  below: Mailbox | undefined,
): Promise<Listing | undefined> {
  const { callbacks, user, limits } = context;
  const callback = callbacks.getMessages?.bind(callbacks);
  const read = (list: unknown, signal: AbortSignal) =>
    readMessages(list, limits.maxMessageSize, below?.state, signal);
  if (callback === undefined) return await read(NOTHING_STORED, NEVER);
  const event: MailboxEvent = { user, mailbox: { name } };
  let stored: StoredList | undefined;
  const { answer } = await call(
    context,
    "getMessages",
    async (event, next, signal) => {
      const list = await callback(event, next);
      return list === stored && stored !== undefined
        ? undefined
        : await read(list, signal);
    },
    event,
    async () => {
      if (below === undefined || below.state.deleted) return NOTHING_STORED;
      await below.refresh();
      return stored = new StoredList(below.state);
    },
  );
  return answer;
}

/** Asks for the list of a box. */
export async function listBox(
  context: UserContext,
  box: VirtualBox,
): Promise<Listing> {
  const { limits } = context;
  const listing = await askForMessages(context, box.name, box.below) ??
    await readMessages(
      new StoredList(box.below!.state),
      limits.maxMessageSize,
      box.below!.state,
      NEVER,
    );
  return await measure(context, box, listing);
}

/** Reads the sources of new messages of which neither size nor source is known. */
export async function measure(
  context: UserContext,
  box: Pick<VirtualBox, "name" | "has" | "below">,
  listing: Listing,
): Promise<Listing> {
  const { messages, problems } = listing;
  const unknown = unmeasured(box, messages);
  if (unknown.length === 0) return listing;
  const measured = [...messages];
  let kept = 0;
  let failures = 0;
  const measureOne = async (place: number) => {
    const message = messages[place]!;
    try {
      const bytes = await readListed(context, box, message);
      if (bytes === undefined) return;
      const keep = kept + bytes.length <= KEPT_BYTES;
      if (keep) kept += bytes.length;
      measured[place] = {
        ...message,
        size: bytes.length,
        bytes: keep ? bytes : undefined,
      };
    } catch (error) {
      failures++;
      problems.add(error instanceof Error ? error.message : String(error));
    }
  };
  for (let from = 0; from < unknown.length; from += BATCH) {
    if (failures >= MAX_FAILURES) break;
    await Promise.all(unknown.slice(from, from + BATCH).map(measureOne));
  }
  return { messages: measured, problems };
}

/** The places of those of which neither size nor source is known. */
function unmeasured(
  box: Pick<VirtualBox, "has">,
  messages: readonly ListedMessage[],
): number[] {
  const places: number[] = [];
  for (let place = 0; place < messages.length; place++) {
    const message = messages[place]!;
    if (message.size !== undefined || message.source !== undefined) continue;
    if (message.wrong === undefined && !box.has(message)) places.push(place);
  }
  return places;
}

function readListed(
  context: UserContext,
  box: Pick<VirtualBox, "name" | "below">,
  { uid, id, stored }: ListedMessage,
): Promise<Uint8Array | undefined> {
  const key: MessageKey = {
    ...(uid === undefined ? {} : { uid }),
    ...(id === undefined ? {} : { id }),
  };
  const ownSource = async () =>
    stored === undefined
      ? undefined
      : await box.below?.readSource(stored as Uid);
  const { maxMessageSize } = context.limits;
  return askForSource(
    context,
    { name: box.name, ownSource },
    key,
    maxMessageSize,
  );
}

/** The source of a message of a box without callback: as it was listed, or as it is stored below. */
export async function ownSourceOf(
  box: VirtualBox,
  { uid, id }: MessageKey,
): Promise<Uint8Array | undefined> {
  const found = uid ?? (id === undefined ? undefined : box.uidOf(id));
  if (found === undefined) return undefined;
  const source = box.sourceOf(found);
  if (source !== undefined) return bytesOf(source);
  const stored = box.storedOf(found);
  return stored === undefined
    ? undefined
    : await box.below?.readSource(stored as Uid);
}
