/**
 * Reads what `getMessages` has answered, and leaves out what cannot be.
 *
 * Nothing is compared with the mailbox here; see `virtual_box.ts` for that.
 *
 * @module
 */

import { Pace } from "../../storage/pace.ts";
import { MAX_UID } from "../../storage/limits.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import type { StoredMessage, StoredMessages } from "./events.ts";
import { isMessageFlag } from "./flags.ts";
import { Problems, shown } from "./problems.ts";

/** How many messages a mailbox may have. */
const MAX_MESSAGES = 5_000_000;

/** How many messages are read between two looks at the clock. */
const CLOCK_CHECK = 256;

/** The years that INTERNALDATE can be in (RFC 9051 § 9, date-year), in milliseconds. */
const MIN_DATE = Date.UTC(1000, 0, 1);
const MAX_DATE = Date.UTC(9999, 11, 31);

/** A message as it was listed, checked by itself. */
export interface ListedMessage {
  readonly uid: number | undefined;
  readonly id: string | undefined;
  /** Undefined where none were given. */
  readonly flags: readonly string[] | undefined;
  /** The same for the same flags. */
  readonly flagKey: string | undefined;
  readonly internalDate: number | undefined;
  readonly size: number | undefined;
  readonly source: Uint8Array | string | undefined;
  /** The source, where it was read to find out the size. */
  readonly bytes: Uint8Array | undefined;
  /** The UID in the storage below, of a message that `next` gave. */
  readonly stored: number | undefined;
  /** Why it cannot become a message; one that is there already stays. */
  readonly wrong: string | undefined;
}

/** A list that was read. */
export interface Listing {
  /** The messages, in the order of the list. */
  readonly messages: readonly ListedMessage[];
  /** What was wrong with it. */
  readonly problems: Problems;
}

/** Where a message that `next` gave is stored; spreading an entry carries it along. */
const STORED = Symbol("stored");

interface StoredPlace {
  readonly state: MailboxState;
  readonly uid: number;
}

/** The messages of a stored mailbox as `next` gives them; read when they are first looked at. */
export class StoredList implements StoredMessages {
  readonly #state: MailboxState;
  #messages: readonly StoredMessage[] | undefined;

  /** The messages of this state. */
  constructor(state: MailboxState) {
    this.#state = state;
  }

  /** See {@linkcode StoredMessages.length}. */
  get length(): number {
    return this.#messages?.length ?? this.#state.length;
  }

  /** See {@linkcode StoredMessages}. */
  [Symbol.iterator](): Iterator<StoredMessage> {
    const state = this.#state;
    this.#messages ??= Array.from({ length: state.length }, (_, index) => {
      const uid = state.uids[index]!;
      return {
        uid,
        flags: state.flagsAt(index).flags,
        internalDate: new Date(state.internalDates[index]!),
        size: state.sizes[index]!,
        [STORED]: { state, uid } satisfies StoredPlace,
      };
    });
    return this.#messages[Symbol.iterator]();
  }
}

/** Nothing stored. */
export const NOTHING_STORED: StoredMessages = [];

/**
 * Reads an answer.
 * @param maxSize how many bytes a message may have
 * @param below the mailbox in the storage below: messages that come from there are known as such
 * @param signal aborted when the time for it is over
 * @throws {TypeError} when it is no list
 * @throws {RangeError} when it does not end
 */
export async function readMessages(
  answer: unknown,
  maxSize: number,
  below: MailboxState | undefined,
  signal: AbortSignal,
): Promise<Listing> {
  const reader = new Reader(maxSize, below);
  const pace = new Pace();
  const look = async () => {
    if (reader.messages.length > MAX_MESSAGES) {
      throw new RangeError("The list of messages does not end");
    }
    if (pace.due) await pace.rest();
    signal.throwIfAborted();
  };
  let count = 0;
  if (isIterable(answer, Symbol.iterator)) {
    for (const entry of answer) {
      reader.take(entry);
      if (++count % CLOCK_CHECK === 0) await look();
    }
  } else if (isIterable(answer, Symbol.asyncIterator)) {
    for await (const entry of answer) {
      reader.take(entry);
      if (++count % CLOCK_CHECK === 0 || signal.aborted) await look();
    }
  } else throw new TypeError("The answer is no list of messages");
  return reader;
}

function isIterable(
  value: unknown,
  method: typeof Symbol.iterator,
): value is Iterable<unknown>;
function isIterable(
  value: unknown,
  method: typeof Symbol.asyncIterator,
): value is AsyncIterable<unknown>;
function isIterable(value: unknown, method: symbol): boolean {
  return typeof value === "object" && value !== null &&
    typeof (value as Record<symbol, unknown>)[method] === "function";
}

class Reader implements Listing {
  readonly messages: ListedMessage[] = [];
  readonly problems = new Problems();
  readonly #maxSize: number;
  readonly #below: MailboxState | undefined;
  /** Lists of flags that have been checked, by what was in them. */
  readonly #flags = new Map<string, CheckedFlags>();

  constructor(maxSize: number, below: MailboxState | undefined) {
    this.#maxSize = maxSize;
    this.#below = below;
  }

  take(value: unknown): void {
    if (typeof value !== "object" || value === null) {
      return this.problems.add(`${shown(value)} is no message`);
    }
    const entry = value as Record<PropertyKey, unknown>;
    const { uid, id } = entry;
    if (uid !== undefined && !isUid(uid)) {
      return this.problems.add(`${shown(uid)} is no UID`);
    }
    if (id !== undefined && typeof id !== "string") {
      return this.problems.add(`${shown(id)} is no id`);
    }
    if (uid === undefined && id === undefined) {
      return this.problems.add("a message has neither uid nor id");
    }
    const { internalDate, size, source } = entry;
    const date = internalDate instanceof Date
      ? internalDate.getTime()
      : internalDate;
    const wrong = date !== undefined && !isDate(date)
      ? "its date cannot be"
      : size !== undefined && !this.#isSize(size)
      ? "its size cannot be"
      : source !== undefined && !isSource(source)
      ? "its source cannot be"
      : undefined;
    const flags = this.#flagsOf(entry.flags);
    this.messages.push({
      uid,
      id,
      flags: flags?.flags,
      flagKey: flags?.key,
      internalDate: isDate(date) ? Math.floor(date) : undefined,
      size: this.#isSize(size) ? size : undefined,
      source: isSource(source) ? source : undefined,
      bytes: undefined,
      stored: this.#storedOf(entry[STORED] as StoredPlace | undefined),
      wrong,
    });
  }

  #storedOf(place: StoredPlace | undefined): number | undefined {
    return place?.state === this.#below ? place?.uid : undefined;
  }

  #isSize(size: unknown): size is number {
    return typeof size === "number" && Number.isInteger(size) && size >= 0 &&
      size <= this.#maxSize;
  }

  #flagsOf(given: unknown): CheckedFlags | undefined {
    if (given === undefined) return undefined;
    if (!Array.isArray(given)) {
      this.problems.add(`${shown(given)} is no list of flags`);
      return undefined;
    }
    // Only lists without a fault are kept, and those have one space less than flags.
    const key = `${given.length} ${given.join(" ")}`;
    const known = this.#flags.get(key);
    if (known !== undefined) return known;
    const flags = given.filter((flag) => {
      const is = isMessageFlag(flag);
      if (!is) this.problems.add(`${shown(flag)} is no flag`);
      return is;
    });
    if (flags.length < given.length) return this.#flagsOf(flags);
    const checked = { flags, key };
    this.#flags.set(key, checked);
    return checked;
  }
}

interface CheckedFlags {
  readonly flags: readonly string[];
  readonly key: string;
}

function isUid(uid: unknown): uid is number {
  return typeof uid === "number" && Number.isInteger(uid) && uid > 0 &&
    uid <= MAX_UID;
}

function isDate(date: unknown): date is number {
  return typeof date === "number" && date >= MIN_DATE && date <= MAX_DATE;
}

function isSource(source: unknown): source is Uint8Array | string {
  return typeof source === "string" || source instanceof Uint8Array;
}
