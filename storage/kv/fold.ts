/**
 * Folding a mailbox's log into its pages.
 *
 * Only pages whose messages have changed are written again, in the order of UIDs, in as many commits as it
 * takes; the last of them says up to where the pages now hold everything and drops what the log has of it.
 * In every state between, loading leads to the same (see load.ts). Each commit counts up `foldCount`, so
 * that whoever reads pages meanwhile starts over.
 *
 * @module
 */

import type { MailboxState } from "../mailbox_state.ts";
import { lowerBound } from "../uid_list.ts";
import { draftOf, type Plan } from "./batch.ts";
import type { Database } from "./database.ts";
import type { Head } from "./head.ts";
import { expungedKey, logKey, pageKey, type Write } from "./keys.ts";
import { type PageMap, readPages } from "./load.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { encodeExpunged, encodePage } from "./page.ts";
import { uses } from "./steps.ts";

/** Pages that one commit writes. */
const PAGES_A_COMMIT = 8;
/** Records that one commit drops. */
const DROPPED_A_COMMIT = 600;

/** Pages one after the other that are written anew. */
interface Run {
  /** From which UID on. */
  readonly from: number;
  /** Up to which UID, exclusive. */
  readonly to: number;
}

/**
 * Folds the log of a mailbox that is loaded. Gives up when another process does it or the mailbox goes.
 */
export async function foldMailbox(
  db: Database,
  entry: MailboxEntry,
): Promise<void> {
  const { pages } = entry;
  // Whatever interrupts the fold, the next one looks at what there is.
  entry.pages = undefined;
  try {
    const { foldCount } = entry.head;
    const known = pages ?? (await readPages(db.reader, entry.id)).map;
    // What was read may be from before the fold of another, or from amidst it.
    if (entry.head.foldCount !== foldCount) throw new FoldOvertaken();
    const fold = new Fold(db, entry, known);
    const folded = await fold.run();
    // Another may have begun the next fold by the time that this one hears of its end.
    if (entry.head.foldCount === fold.foldCount) entry.pages = folded;
  } catch (error) {
    if (!(error instanceof FoldOvertaken) && !entry.gone) throw error;
  }
}

/** Another process has folded the mailbox. */
class FoldOvertaken extends Error {}

/** One fold under way. */
class Fold {
  readonly #db: Database;
  readonly #entry: MailboxEntry;
  /** The head when the fold began. */
  readonly #begun: Head;
  /** What the pages will hold when it ends. */
  readonly #upTo: number;
  readonly #known: PageMap;
  #foldCount: number;

  constructor(db: Database, entry: MailboxEntry, known: PageMap) {
    this.#db = db;
    this.#entry = entry;
    this.#begun = entry.head;
    this.#upTo = entry.state.highestModseq;
    this.#known = known;
    this.#foldCount = entry.head.foldCount;
  }

  /** The head's as this fold has left it. */
  get foldCount(): number {
    return this.#foldCount;
  }

  async run(): Promise<PageMap> {
    let pages = this.#known;
    if (this.#begun.folded < this.#upTo) {
      const runs = dirtyRuns(this.#entry.state, this.#begun, this.#known);
      const written: number[] = [];
      for (const { from, to } of runs) {
        for (let next = from; next < to;) {
          next = await this.#writePages(next, to, written);
        }
      }
      pages = await this.#finish(runs, written);
    }
    const { head } = this.#entry;
    while (this.#entry.head.logStart < head.folded) {
      await this.#commit((now) => ({
        ...this.#dropLog(now, head.folded),
        result: undefined,
      }));
      this.#forgetLog();
    }
    return pages;
  }

  /** Writes some pages from a UID on; returns where to go on. */
  async #writePages(
    from: number,
    to: number,
    written: number[],
  ): Promise<number> {
    const { next, firstUids } = await this.#commit((head) => {
      const entry = this.#entry;
      const { state } = entry;
      const end = placeOf(state, to);
      let at = placeOf(state, from);
      const writes: Write[] = [];
      const firstUids: number[] = [];
      while (at < end && writes.length < PAGES_A_COMMIT) {
        const page = encodePage(state, at, end);
        writes.push([pageKey(entry.id, page.firstUid), page.bytes]);
        firstUids.push(page.firstUid);
        at = page.end;
      }
      const next = at < end ? state.uids[at]! : to;
      return { head, writes, result: { firstUids, next } };
    });
    written.push(...firstUids);
    return next;
  }

  /** Says up to where the pages hold everything, and removes those that others have taken the place of. */
  async #finish(
    runs: readonly Run[],
    written: readonly number[],
  ): Promise<PageMap> {
    const known = this.#known;
    const entry = this.#entry;
    const rewritten = new Set(written);
    const stale = new Set(
      known.firstUids.filter((uid) =>
        !rewritten.has(uid) &&
        runs.some(({ from, to }) => uid >= from && uid < to)
      ),
    );
    const kept = known.firstUids.filter((uid) => !stale.has(uid));
    const firstUids = [...new Set([...kept, ...written])].sort((a, b) => a - b);
    const pages = await this.#commit((head) => {
      const { floor, entries } = entry.state.expungedHistory;
      const values = encodeExpunged(
        entries.filter((e) =>
          e.modseq > this.#begun.folded && e.modseq <= this.#upTo
        ),
      );
      const fresh = values.map(({ modseq, part }) =>
        expungedKey(entry.id, modseq, part)
      );
      const forgotten = known.expunged.filter((_, index) => {
        const next = known.expunged[index + 1]?.[2] as number | undefined;
        return next !== undefined && next <= floor;
      });
      const after = { ...head, folded: this.#upTo, expungedFloor: floor };
      const dropped = this.#dropLog(after, this.#upTo);
      const writes: Write[] = [
        ...[...stale].map((uid): Write => [pageKey(entry.id, uid), null]),
        ...values.map(({ bytes }, index): Write => [fresh[index]!, bytes]),
        ...forgotten.map((key): Write => [key, null]),
        ...dropped.writes,
      ];
      const expunged = [
        ...known.expunged.filter((key) => !forgotten.includes(key)),
        ...fresh,
      ];
      const result: PageMap = { firstUids, soundUpTo: Infinity, expunged };
      return { head: dropped.head, writes, result };
    });
    this.#forgetLog();
    return pages;
  }

  /** Drops from the log what the pages hold, as much as one commit takes. */
  #dropLog(head: Head, folded: number): { head: Head; writes: Write[] } {
    const writes: Write[] = [];
    for (const { modseq, parts } of this.#entry.log) {
      if (modseq > folded) break;
      if (writes.length > 0 && writes.length + parts > DROPPED_A_COMMIT) {
        return { head: { ...head, logStart: modseq - 1 }, writes };
      }
      for (let part = 0; part < parts; part++) {
        writes.push([logKey(this.#entry.id, modseq, part), null]);
      }
    }
    return { head: { ...head, logStart: folded }, writes };
  }

  #forgetLog(): void {
    const { logStart } = this.#entry.head;
    this.#entry.log = this.#entry.log.filter(({ modseq }) => modseq > logStart);
  }

  /** One commit of the fold, and one more in the count of those that write pages. */
  async #commit<T>(
    plan: (head: Head) => { head: Head; writes: Write[]; result: T },
  ): Promise<T> {
    const entry = this.#entry;
    const result = await this.#db.committer.submit<T>({
      uses: [uses(entry, "head")],
      plan: (drafts): Plan<T> => {
        if (entry.head.foldCount !== this.#foldCount) throw new FoldOvertaken();
        const { head, writes, result } = plan(drafts.get(entry) ?? entry.head);
        const counted = { ...head, foldCount: this.#foldCount + 1 };
        return {
          writes,
          drafts: [draftOf(entry, counted)],
          apply: () => result,
        };
      },
    });
    this.#foldCount++;
    return result;
  }
}

/** The place of the first message whose UID is not below one. */
function placeOf(state: MailboxState, uid: number): number {
  return uid === Infinity
    ? state.length
    : lowerBound(state.uids, state.length, uid);
}

/** The pages that are older than what they hold, those beside one another together. */
function dirtyRuns(state: MailboxState, head: Head, pages: PageMap): Run[] {
  const history = state.expungedHistory;
  const all = history.floor > head.folded;
  const bounds = [...pages.firstUids, Infinity];
  if (bounds[0] !== 1) bounds.unshift(1);
  const runs: { from: number; to: number }[] = [];
  const expunged = history.entries.filter((e) => e.modseq > head.folded);
  for (let page = 0; page + 1 < bounds.length; page++) {
    const from = bounds[page]!;
    const to = bounds[page + 1]!;
    const dirty = all || from >= pages.soundUpTo ||
      changedBetween(state, from, to, head.folded) ||
      expunged.some(({ uids }) => {
        const at = lowerBound(uids, uids.length, from);
        return at < uids.length && uids[at]! < to;
      });
    if (!dirty) continue;
    const last = runs.at(-1);
    if (last?.to === from) last.to = to;
    else runs.push({ from, to });
  }
  return runs;
}

function changedBetween(
  state: MailboxState,
  from: number,
  to: number,
  modseq: number,
): boolean {
  const end = placeOf(state, to);
  for (let index = placeOf(state, from); index < end; index++) {
    if (state.modseqs[index]! > modseq) return true;
  }
  return false;
}
