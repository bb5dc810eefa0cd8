/**
 * What the tests of storages share: opening one, small messages, refusals.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { StorageLimits } from "../../storage/limits.ts";
import {
  type MessageBytes,
  type NewMessage,
  StorageError,
  type StorageErrorCode,
  type Uid,
  type UidList,
} from "../../storage/model.ts";
import type { Account, Mailbox, Storage } from "../../storage/storage.ts";

/** What a test may want of a storage. */
export interface OpenOptions {
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<StorageLimits>;
  /** What separates the levels of a name. */
  readonly hierarchyDelimiter?: string;
}

/** Opens an empty storage. */
export type OpenStorage = (options: OpenOptions) => Promise<Storage>;

/** What a test works with. */
export interface Context {
  /** The storage. */
  readonly storage: Storage;
  /** An account, `alice`. */
  readonly account: Account;
  /** Its INBOX. */
  readonly inbox: Mailbox;
}

/** A test of the contract, for any runner of tests. */
export interface ConformanceTest {
  /** What holds if it passes. */
  readonly name: string;
  /** Rejects if it does not hold. */
  readonly fn: () => Promise<void>;
  /** What it asks of the storage that is opened for it, beside that it is empty. */
  readonly needs: readonly (keyof OpenOptions)[];
}

/** Adds a test on a fresh storage; it ends by looking whether the storage is in order. */
export type Check = (
  name: string,
  test: (context: Context) => Promise<void>,
  options?: OpenOptions,
) => void;

/** Gathers the tests of the contract for an implementation. */
export class Contract {
  /** The tests so far. */
  readonly tests: ConformanceTest[] = [];
  /** Opens an empty storage. */
  readonly open: OpenStorage;

  /** @param open opens the implementation's storage */
  constructor(open: OpenStorage) {
    this.open = open;
  }

  /** Adds a test. */
  add(
    name: string,
    fn: () => Promise<void>,
    needs: ConformanceTest["needs"] = [],
  ): void {
    this.tests.push({ name, fn, needs });
  }

  /** See {@linkcode Check}. */
  readonly check: Check = (name, test, options = {}) => {
    const needs = Object.keys(options) as (keyof OpenOptions)[];
    this.add(name, async () => {
      await using storage = await this.open(options);
      const account = await storage.openAccount("alice");
      const inbox = await account.openMailbox("INBOX");
      await test({ storage, account, inbox });
      assertEquals(await storage.verify(), []);
      inbox.close();
      account.close();
    }, needs);
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of bytes. */
export function text(content: Uint8Array | undefined): string | undefined {
  return content && decoder.decode(content);
}

/** A message whose summary is made of its source. */
export function message(
  source: string,
  flags: readonly string[] = [],
  internalDate = 1_000_000_000_000,
): NewMessage {
  return {
    source: bytes(source),
    flags,
    internalDate,
    summary: bytes(`summary of ${source.slice(0, 100)}`),
  };
}

/** So many small messages. */
export function messages(
  count: number,
  flags: readonly string[] = [],
): NewMessage[] {
  return Array.from({ length: count }, (_, i) => message(`m${i + 1}`, flags));
}

/** UIDs, as the storage wants them. */
export function uids(...list: number[]): UidList {
  return Uint32Array.from(list);
}

/** UIDs as plain numbers. */
export function plain(list: UidList): number[] {
  return [...list];
}

/** One UID. */
export function uid(number: number): Uid {
  return number as Uid;
}

/** All UIDs of a mailbox with the flags of each. */
export function contents(mailbox: Mailbox): Record<number, readonly string[]> {
  const { state } = mailbox;
  return Object.fromEntries(
    plain(state.allUids()).map((u, index) => [u, state.flagsAt(index).flags]),
  );
}

/** Everything that is read, as UIDs and texts. */
export async function collect(
  batches: AsyncIterable<readonly MessageBytes[]>,
): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for await (const batch of batches) {
    for (const entry of batch) all.push([entry.uid, text(entry.bytes)!]);
  }
  return all;
}

/** Expects a refusal. */
export async function refused(
  code: StorageErrorCode,
  action: Promise<unknown>,
): Promise<void> {
  const outcome = await action.then(() => "done", (error) => error);
  if (outcome instanceof StorageError) assertEquals(outcome.code, code);
  else if (outcome === "done") throw new Error(`Not refused with ${code}`);
  else throw outcome;
}

/** The names of an account's mailboxes; those without a mailbox in brackets. */
export async function names(account: Account): Promise<string[]> {
  return (await account.mailboxes()).map((info) =>
    info.id === undefined ? `(${info.name})` : info.name
  );
}
