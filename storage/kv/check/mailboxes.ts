/**
 * Checks mailboxes: head, pages and log against one another, and whether they are in an account.
 *
 * @module
 */

import type { MailboxState } from "../../mailbox_state.ts";
import type { MailboxId } from "../../model.ts";
import { nextUidValidity } from "../../names.ts";
import { verifyState } from "../../verify_state.ts";
import { decodeHead, encodeHead, type Head } from "../head.ts";
import { DEAD, deadKey, headKey, logOf } from "../keys.ts";
import { loadMailbox } from "../load.ts";
import { decodeDead } from "../sweep.ts";
import { type CheckContext, numbersIn, tryDecode } from "./context.ts";
import { attachMailbox, evidentOwner, renumber } from "./lost_found.ts";
import type { ContentReferences } from "./references.ts";
import { headOf, removeMailbox, rewriteMailbox, salvage } from "./salvage.ts";

/** The kinds of keys that belong to a mailbox. */
const KINDS = ["head", "page", "log", "expunged"];

/** What a mailbox came to. */
interface Inspection {
  readonly state: MailboxState;
  /** The head as it is; undefined where it cannot be read. */
  readonly head: Head | undefined;
  /** What is wrong: with what is there, or with the counts alone. */
  readonly broken: readonly string[];
  readonly counts: readonly string[];
}

/**
 * Checks all mailboxes and adds their messages to `references`.
 * @param given contents that have been given up and are not to be found again are added to it
 * @returns how many mailboxes there are
 */
export async function checkMailboxes(
  context: CheckContext,
  references: ContentReferences,
  given: Set<number>,
): Promise<number> {
  const { kv, carriers } = context;
  const ids = new Set(carriers.keys());
  for (const kind of KINDS) {
    for await (const id of numbersIn(kv, kind)) ids.add(id);
  }
  for await (const { key, value } of kv.list({ prefix: DEAD })) {
    const id = key[1] as number;
    ids.delete(id);
    context.dead.add(id);
    await checkDead(context, id, value, references, given);
  }
  let done = 0;
  for (const id of ids) {
    context.progress({ phase: "mailboxes", done: done++, total: ids.size });
    const state = await checkMailbox(context, id);
    if (state !== undefined) references.add(state);
  }
  return ids.size;
}

/** Checks a mailbox; gives its messages, as they are or as they have become. */
async function checkMailbox(
  context: CheckContext,
  id: number,
): Promise<MailboxState | undefined> {
  const { found, repair, writer, carriers, db } = context;
  const seen = await inspect(context, id);
  const { state, head, broken, counts } = seen;
  let carrier = carriers.get(id);
  const where = carrier === undefined
    ? `mailbox ${id}`
    : `${carrier.name} of ${carrier.user}`;
  if (carrier === undefined && state.length === 0) {
    const what = "an empty mailbox that is in no account";
    found({ kind: "mailbox", where, what, repair: "removed it" });
    if (repair) await removeMailbox(context, id);
    return undefined;
  }
  const kind = broken.length > 0 ? "mailbox" : "counts";
  for (const what of broken) {
    const kept = `wrote anew what can be read, ${state.length} messages`;
    found({ kind: "mailbox", where, what, repair: kept });
  }
  for (const what of counts) {
    found({ kind, where, what, repair: "counted anew" });
  }
  // Without its head nobody knows which UIDs have been given: they are begun anew.
  const uidValidity = head?.uidValidity ??
    nextUidValidity(carrier?.uidValidity ?? 0, db.settings.now());
  if (carrier === undefined) {
    const user = evidentOwner(context, context.nameless);
    const what = `it is in no account and has ${state.length} messages`;
    const put = `put it below Lost+Found of ${user}`;
    found({ kind: "mailbox", where, what, repair: put });
    if (repair) carrier = await attachMailbox(context, user, id, uidValidity);
  } else if (carrier.uidValidity !== uidValidity) {
    if (head !== undefined) {
      const what = "name and mailbox differ in UIDVALIDITY";
      const repair = "took that of the mailbox";
      found({ kind: "name", where, what, repair });
    }
    if (repair) await renumber(context, carrier, uidValidity);
  }
  if (broken.length > 0) {
    const user = carrier?.user ?? evidentOwner(context, context.nameless);
    context.damaged.add(user);
  }
  if (!repair) return state;
  if (broken.length > 0) {
    await rewriteMailbox(context, state, uidValidity, head);
  } else if (counts.length > 0) {
    const { folded, logStart, expungedFloor } = head!;
    const counted = headOf(state, uidValidity, head);
    const right = { ...counted, folded, logStart, expungedFloor };
    await writer.write(headKey(id), encodeHead(right));
  }
  return state;
}

/** Reads a mailbox, whatever state it is in. */
async function inspect(
  context: CheckContext,
  id: number,
): Promise<Inspection> {
  const { kv } = context;
  const { value } = await kv.get(headKey(id));
  const head = tryDecode(value, decodeHead);
  if (head === undefined) {
    const what = value === null ? "is missing" : "cannot be read";
    const { state, broken } = await salvage(context, id, undefined);
    const all = [`the head ${what}`, ...broken.map(cannotBeRead)];
    return { state, head, broken: all, counts: [] };
  }
  const logged = await verifyLog(kv, id, head);
  const loaded = await loadMailbox(kv, id as MailboxId).catch(() => undefined);
  if (loaded !== undefined && logged.length === 0) {
    const { state } = loaded;
    const broken = [...verifyState(state)];
    const counts = [...compareCounts(head, state)];
    const lost = head.messages !== state.length ||
      head.uidNext !== state.uidNext;
    if (broken.length > 0 || !lost) return { state, head, broken, counts };
    // A message that is counted may have been one.
    return { state, head, broken: counts, counts: [] };
  }
  const { state, broken } = await salvage(context, id, head);
  const all = [...broken.map(cannotBeRead), ...logged];
  if (all.length === 0) all.push("head, pages and log contradict one another");
  return { state, head, broken: all, counts: [] };
}

function cannotBeRead(what: string): string {
  return `${what} cannot be read`;
}

/** Whether the log has every change that the pages do not have, and no other. */
async function verifyLog(
  kv: Deno.Kv,
  id: number,
  { folded, logStart, highestModseq }: Head,
): Promise<string[]> {
  const modseqs = new Set<number>();
  const options = { batchSize: 200 };
  for await (const { key } of kv.list({ prefix: logOf(id) }, options)) {
    modseqs.add(key[2] as number);
  }
  let missing = Math.max(0, highestModseq - folded);
  let foreign = 0;
  for (const modseq of modseqs) {
    if (modseq <= logStart || modseq > highestModseq) foreign++;
    else if (modseq > folded) missing--;
  }
  const faults: string[] = [];
  if (missing > 0) faults.push(`${missing} changes are missing in the log`);
  if (foreign > 0) {
    faults.push(`${foreign} changes in the log are not the head's`);
  }
  return faults;
}

function* compareCounts(head: Head, state: MailboxState): Iterable<string> {
  const right = headOf(state, head.uidValidity, head);
  const counted: [string, keyof Head][] = [
    ["messages", "messages"],
    ["unseen messages", "unseen"],
    ["deleted messages", "deleted"],
    ["recent messages", "recent"],
    ["bytes", "size"],
    ["as UIDNEXT", "uidNext"],
    ["as first recent UID", "firstRecent"],
  ];
  for (const [what, key] of counted) {
    if (head[key] !== right[key]) {
      yield `the head has ${head[key]} ${what}, not ${right[key]}`;
    }
  }
}

/** A deleted mailbox: its messages have their contents until they have been given up. */
async function checkDead(
  context: CheckContext,
  id: number,
  value: unknown,
  references: ContentReferences,
  given: Set<number>,
): Promise<void> {
  const { kv, found, repair, writer } = context;
  const where = `deleted mailbox ${id}`;
  const done = tryDecode(value, decodeDead);
  const loaded = done === undefined || done === 0xffff_ffff
    ? undefined
    : await loadMailbox(kv, id as MailboxId, deadKey(id)).catch(() =>
      undefined
    );
  if (done === 0xffff_ffff || loaded !== undefined) {
    if (loaded !== undefined) references.add(loaded.state, done);
    const what = "it has not been cleared away yet";
    found({ kind: "unfinished", where, what, repair: "cleared it away" });
    return;
  }
  const { state } = await salvage(context, id, undefined);
  for (let at = 0; at < state.length; at++) {
    given.add(state.contentAt(at).number);
  }
  const what = "what is left of it cannot be read";
  found({ kind: "mailbox", where, what, repair: "removed it" });
  if (!repair) return;
  await removeMailbox(context, id);
  await writer.write(deadKey(id), null);
}
