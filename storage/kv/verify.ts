/**
 * Looks for anything in the database that contradicts itself.
 *
 * @module
 */

import type { MailboxState } from "../mailbox_state.ts";
import type { MailboxId } from "../model.ts";
import { INBOX } from "../names.ts";
import { verifyState } from "../verify_state.ts";
import { EVERYBODY, readTree } from "./account_entry.ts";
import type { Head } from "./head.ts";
import {
  ACCOUNTS,
  COPIES,
  DEAD,
  deadKey,
  expungedOf,
  headKey,
  logOf,
  pagesOf,
  threadsKey,
} from "./keys.ts";
import { loadMailbox } from "./load.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import type { Process } from "./process.ts";
import { decodeDead } from "./sweep.ts";
import { verifyMetadata } from "./verify_metadata.ts";
import { ROOT } from "./tree.ts";
import { References, verifyContents } from "./verify_contents.ts";

/** The faults of a database on which nothing is under way. */
export async function verifyDatabase(process: Process): Promise<string[]> {
  const { reader, files } = process.db;
  const faults: string[] = [];
  const references = new References();
  const mailboxes = new Map<number, string>();
  const users = new Set([EVERYBODY]);
  for await (const { key } of reader.list({ prefix: ACCOUNTS })) {
    const user = key[1] as string;
    users.add(user);
    faults.push(...await verifyTree(reader, user, mailboxes));
  }
  faults.push(...await verifyMetadata(reader, users, mailboxes));
  for (const [id, about] of mailboxes) {
    const found = await verifyMailbox(process, id as MailboxId, references);
    faults.push(...found.map((fault) => `${about}: ${fault}`));
  }
  for await (
    const { key, value } of reader.list<Uint8Array>({ prefix: DEAD })
  ) {
    const id = key[1] as number;
    mailboxes.set(id, `deleted mailbox ${id}`);
    const done = decodeDead(value);
    const loaded = done === 0xffff_ffff
      ? undefined
      : await loadMailbox(reader, id as MailboxId, deadKey(id));
    if (loaded) references.addMessages(loaded.state, done);
  }
  faults.push(...await verifyOwners(reader, mailboxes));
  faults.push(...await verifyContents(reader, files, references));
  if (!process.db.settings.shared) {
    for await (const { key } of reader.list({ prefix: COPIES })) {
      faults.push(`a copy to mailbox ${key[1] as number} is cut short`);
    }
  }
  return faults;
}

/** The tree of an account; its mailboxes are added to `mailboxes`. */
async function verifyTree(
  kv: Deno.Kv,
  user: string,
  mailboxes: Map<number, string>,
): Promise<string[]> {
  const faults: string[] = [];
  const tree = await readTree(kv, user);
  if (!tree.find([INBOX])?.mailbox) faults.push(`${user} has no INBOX`);
  const numbers = new Set([
    ROOT,
    ...[...tree.nodes].map((node) => node.number),
  ]);
  const seen = new Set<string>();
  for (const node of tree.nodes) {
    const about = `${node.leaf} (${node.number}) of ${user}`;
    if (!numbers.has(node.parent)) faults.push(`${about} hangs below nothing`);
    if (node.mailbox === 0 && !tree.hasChildren(node)) {
      faults.push(`${about} is an empty name`);
    }
    const place = `${node.parent} ${node.leaf}`;
    if (seen.has(place)) faults.push(`${about} is there twice`);
    seen.add(place);
    if (tree.find(tree.pathOf(node)) !== node) {
      faults.push(`${about} cannot be reached`);
    }
    if (node.mailbox === 0) continue;
    if (mailboxes.has(node.mailbox)) faults.push(`${about} shares its mailbox`);
    mailboxes.set(node.mailbox, about);
  }
  return faults;
}

/** A mailbox: head, pages and log against one another, and against what is in memory. */
async function verifyMailbox(
  { db, cache }: Process,
  id: MailboxId,
  references: References,
): Promise<string[]> {
  const entry = cache.peek(id);
  if (entry?.loaded && db.settings.shared) await db.committer.refresh(entry);
  const loaded = await loadMailbox(db.reader, id);
  if (loaded === undefined) return ["the head is missing"];
  const { head, state } = loaded;
  references.addMessages(state, 0);
  const faults = [...verifyState(state), ...compareHead(head, state)];
  if (entry?.loaded && !entry.stale) {
    faults.push(...compareMemory(entry, state, head));
  }
  return faults;
}

function* compareHead(head: Head, state: MailboxState): Iterable<string> {
  const counted: [string, number, number][] = [
    ["messages", head.messages, state.length],
    ["unseen", head.unseen, state.unseen],
    ["deleted", head.deleted, state.deletedCount],
    ["size", head.size, state.totalSize],
    ["UIDNEXT", head.uidNext, state.uidNext],
    [
      "recent",
      head.recent,
      [...state.allUids()].filter((u) => u >= head.firstRecent).length,
    ],
  ];
  for (const [what, inHead, inPages] of counted) {
    if (inHead !== inPages) {
      yield `${what}: the head has ${inHead}, the messages ${inPages}`;
    }
  }
}

/** What is in memory against what a fresh load gives. */
function* compareMemory(
  entry: MailboxEntry,
  fresh: MailboxState,
  head: Head,
): Iterable<string> {
  const { state } = entry;
  if (entry.versionstamp === null) yield "in memory without a version";
  if (JSON.stringify(entry.head) !== JSON.stringify(head)) {
    yield `in memory the head is ${JSON.stringify(entry.head)}, not ${
      JSON.stringify(head)
    }`;
  }
  if (
    state.length !== fresh.length || state.highestModseq !== fresh.highestModseq
  ) {
    yield `in memory ${state.length} messages up to ${state.highestModseq}, ` +
      `not ${fresh.length} up to ${fresh.highestModseq}`;
    return;
  }
  for (let index = 0; index < fresh.length; index++) {
    const here = {
      ...state.recordAt(index),
      flags: [...state.flagsAt(index).flags].sort(),
    };
    const there = {
      ...fresh.recordAt(index),
      flags: [...fresh.flagsAt(index).flags].sort(),
    };
    if (lowered(here) !== lowered(there)) {
      yield `in memory ${JSON.stringify(here)}, not ${JSON.stringify(there)}`;
    }
  }
  const since = Math.max(
    state.expungedHistory.floor,
    fresh.expungedHistory.floor,
  );
  const [here, there] = [
    state.expungedSince(since),
    fresh.expungedSince(since),
  ];
  if (here?.join() !== there?.join()) {
    yield "the expunged messages in memory are others";
  }
}

/** Keywords are as first spelled, which a load may see otherwise. */
function lowered(value: unknown): string {
  return JSON.stringify(value).toLowerCase();
}

/** Heads, pages, logs and threads that belong to no mailbox. */
async function verifyOwners(
  kv: Deno.Kv,
  mailboxes: ReadonlyMap<number, string>,
): Promise<string[]> {
  const kinds = [
    headKey(0),
    pagesOf(0),
    logOf(0),
    expungedOf(0),
    threadsKey(0),
  ].map((key) => key[0] as string);
  const faults: string[] = [];
  for (const kind of kinds) {
    for await (
      const { key } of kv.list({ prefix: [kind] }, { batchSize: 100 })
    ) {
      if (!mailboxes.has(key[1] as number)) {
        faults.push(`${key.join(" ")} belongs to no mailbox`);
      }
    }
  }
  return faults;
}
