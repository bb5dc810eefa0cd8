/**
 * What there is in a mailbox at the source, and what is new of it.
 *
 * @module
 */

import type { ImapFlow } from "imapflow";
import { hashFlags, plainFlags } from "./flag_hash.ts";
import { SourceRefusal } from "./source_error.ts";
import type { SourcePool } from "./source_pool.ts";
import type { MigrationState } from "./state_file.ts";

/** More messages of a mailbox are not believed. */
const MAX_MESSAGES = 10_000_000;

/** A message that is not here yet. */
export interface ListedMessage {
  /** UID at the source. */
  readonly uid: number;
  /** RFC822.SIZE, which is what the server takes it for. */
  readonly size: number;
}

/** Messages whose flags have become the same. */
export interface FlagGroup {
  /** The flags at the source. */
  readonly flags: readonly string[];
  /** Their hash. */
  readonly hash: number;
  /** The places of the messages in the state. */
  readonly indexes: number[];
}

/** A mailbox at the source beside what is known of it. */
export interface Listing {
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** Messages that are not known, by UID. */
  readonly fresh: ListedMessage[];
  /** Known messages whose flags are others now. */
  readonly changed: readonly FlagGroup[];
  /** The places of known messages that are not there any more; undefined where that is not certain. */
  readonly gone: ReadonlySet<number> | undefined;
}

/** Lists a mailbox. Where UIDVALIDITY is not what the state says, nothing is known. */
export async function listMailbox(
  pool: SourcePool,
  path: string,
  state: MigrationState,
  isKnown: (uidValidity: number) => boolean,
): Promise<Listing> {
  return await pool.run({
    path,
    ask: (client) => list(client, state, isKnown),
  });
}

async function list(
  client: ImapFlow,
  state: MigrationState,
  isKnown: (uidValidity: number) => boolean,
): Promise<Listing> {
  // It may be open from before: what has come meanwhile is told.
  await client.noop();
  const uidValidity = uidValidityOf(client);
  const known = isKnown(uidValidity) ? state.length : 0;
  const seen = new Uint8Array(known);
  const fresh = new Map<number, number>();
  const changed = new Map<string, FlagGroup>();
  let count = 0;
  const { exists } = openMailbox(client);
  const items = { uid: true, flags: true, size: true };
  const answers = exists === 0 ? [] : client.fetch("1:*", items, { uid: true });
  for await (const { uid, flags, size = 0 } of answers) {
    // An answer that nobody has asked for, to the change of flags by somebody else.
    if (uid === undefined || flags === undefined) continue;
    count++;
    const index = known === 0 ? -1 : state.indexOf(uid);
    if (index < 0) {
      fresh.set(uid, size);
      if (fresh.size > MAX_MESSAGES) {
        throw new SourceRefusal(`it has more than ${MAX_MESSAGES} messages`);
      }
      continue;
    }
    seen[index] = 1;
    const plain = plainFlags(flags);
    const hash = hashFlags(plain);
    if (hash === state.at(index).flags) continue;
    const key = plain.join(" ");
    const group = changed.get(key);
    if (group !== undefined) group.indexes.push(index);
    else changed.set(key, { flags: plain, hash, indexes: [index] });
  }
  // A server that passes some over has not lost them for that.
  const certain = count >= exists && count >= openMailbox(client).exists;
  return {
    uidValidity,
    fresh: [...fresh].map(([uid, size]) => ({ uid, size }))
      .sort((a, b) => a.uid - b.uid),
    changed: [...changed.values()],
    gone: certain ? unseen(seen) : undefined,
  };
}

/** UIDVALIDITY of the mailbox that a connection has open. */
export function uidValidityOf(client: ImapFlow): number {
  return Number(openMailbox(client).uidValidity ?? 0);
}

function openMailbox(client: ImapFlow): Exclude<ImapFlow["mailbox"], false> {
  if (client.mailbox === false) throw new Error("The mailbox is not open");
  return client.mailbox;
}

function unseen(seen: Uint8Array): Set<number> {
  const places = new Set<number>();
  for (let at = 0; (at = seen.indexOf(0, at)) >= 0; at++) places.add(at);
  return places;
}
