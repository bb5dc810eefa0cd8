/**
 * The searches in the selected mailbox whose client is told how their results change (RFC 5267 § 4.3).
 *
 * They go with the view, in three steps of each time that the client is told what has become of the mailbox. Before the
 * view moves, messages that have gone are taken out of the results: REMOVEFROM "MUST be sent prior to the expunge
 * notification" (§ 4.3.4), and goes out also where that has to wait. When the view has moved, what has come and what
 * has changed is noted. Once the client has been told of that, it is judged, which may take reading, and ADDTO and
 * REMOVEFROM follow EXISTS and FETCH. The view does not move before that is done, so that numbers hold. NOTIFY's word on
 * what a client wants to hear of is about those responses, not about these, which UPDATE has asked for.
 *
 * @module
 */

import { concatUids } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, Pace } from "../../../storage/pace.ts";
import { Bad, Bye, No } from "../errors.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import { fetchMessages, unsolicited } from "../fetch/engine.ts";
import type { Portion } from "../message_limit.ts";
import { mergeSort } from "../order/merge_sort.ts";
import type { Session } from "../session.ts";
import { Disconnected } from "../transport.ts";
import { MailboxOrder, type ResultList } from "./result_list.ts";
import {
  type Changes,
  type Difference,
  UpdateContext,
  type UpdatedSearch,
} from "./update_context.ts";
import { UidBuffer } from "./uid_buffer.ts";

/** What has happened since results were last compared. */
interface Noted {
  /** Flags have changed after this modseq, and up to `to`. */
  readonly from: number;
  readonly to: number;
  /** The first message that is new: all with UIDs from there on are. */
  readonly newFrom: number;
  /** The UID of the last message before, and now. */
  readonly last: number;
  readonly lastNow: number;
}

/**
 * Continues what {@linkcode UpdateContexts.begin} has begun, with the results that were found; `order` puts them in
 * another order than that of the mailbox.
 */
export type StartUpdates = (found: Portion, order?: () => ResultList) => void;

/** See the module's text. */
export class UpdateContexts {
  readonly #session: Session;
  readonly #contexts = new Map<string, UpdateContext>();
  /** The epoch of the state whose messages the results are among. */
  #epoch = 0;
  /** Changes up to this modseq are noted. */
  #modseq = 0;
  /** The UID of the last message then. */
  #last = 0;
  #noted: Noted | undefined;

  /** @param session whose mailbox is selected */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#contexts.size > 0;
  }

  /**
   * Takes note of a search that is about to be made; what changes while it is made will be looked at afterwards.
   * @returns what takes what was found, or says that there will be no updates (§ 4.3.1)
   * @throws {Bad} where the tag is that of another one
   */
  begin(given: Omit<UpdatedSearch, "saved">): StartUpdates {
    if (this.#contexts.has(given.tag)) {
      throw new Bad("Another search with updates has this tag");
    }
    const { view, host, selected: { saved } } = this.#session;
    const search = { ...given, saved };
    if (this.#contexts.size >= host.limits.updateContexts) {
      return () => this.refuse(search.tag, "There are too many already");
    }
    if (!this.any) {
      this.#epoch = view.state.epoch;
      this.#modseq = view.state.highestModseq;
      this.#last = view.lastUid;
    }
    return ({ uids, code }, order = () => new MailboxOrder(uids)) => {
      if (code !== undefined) {
        return this.refuse(search.tag, "Not all messages were searched");
      }
      const context = new UpdateContext(this.#session, search, order());
      this.#contexts.set(search.tag, context);
    };
  }

  // resp-text-code =/ "NOUPDATE" SP quoted
  /** Tells the client that there are no updates, or no more, for the command with a tag. */
  refuse(tag: string, why: string): void {
    this.#contexts.delete(tag);
    const { out } = this.#session;
    // A tag has nothing that a quoted string cannot hold, and no literal may stand here.
    out.text(`* NO [NOUPDATE "${tag}"] `).humanText(why).crlf();
  }

  /** Ends the updates for commands; tags of which there are none are passed over (§ 4.3.5). */
  cancel(tags: readonly string[]): void {
    for (const tag of tags) this.#contexts.delete(tag);
  }

  /** Ends those that speak of sequence numbers, where these are not used any more (RFC 9586 § 3). */
  refuseNumbers(): void {
    for (const [tag, { search }] of this.#contexts) {
      if (!search.uid) this.refuse(tag, "Messages are named by UID now");
    }
  }

  /** Whether messages have gone that may be results. */
  get behindGone(): boolean {
    return this.any && this.#session.view.state.epoch !== this.#epoch;
  }

  /**
   * Before the view moves: takes messages that are gone out of the results, and tells that, with the numbers of before.
   * @param move moves the view, at once when none are left
   */
  async tellGone<T>(move: () => T | Promise<T>): Promise<T> {
    const { view } = this.#session;
    const pace = new Pace();
    while (this.behindGone) {
      this.#epoch = view.state.epoch;
      const gone = view.gone();
      for (const [tag, context] of this.#contexts) {
        await this.#tell(tag, context.tellGone(gone, pace));
      }
    }
    return await move();
  }

  /**
   * After the view has moved: notes what has to be compared.
   * @returns whether there is anything
   */
  note(): boolean {
    if (!this.any) return false;
    const { state: { highestModseq }, lastUid } = this.#session.view;
    const isOpen = [...this.#contexts.values()].some(({ isOpen }) => isOpen);
    const isChanged = highestModseq !== this.#modseq || lastUid !== this.#last;
    if (!isChanged && !isOpen) return false;
    this.#noted = {
      from: this.#modseq,
      to: highestModseq,
      newFrom: this.#last + 1,
      last: this.#last,
      lastNow: lastUid,
    };
    this.#modseq = highestModseq;
    this.#last = lastUid;
    return true;
  }

  /** Once the client has been told of that: judges it and tells how the results change. */
  async follow(): Promise<void> {
    const noted = this.#noted;
    if (noted === undefined) return;
    this.#noted = undefined;
    const pace = new Pace();
    const changes = await this.#changesOf(noted, pace);
    const differences = new Map<UpdateContext, Difference>();
    for (const [tag, context] of this.#contexts) {
      try {
        differences.set(context, await context.compare(changes, pace));
      } catch (error) {
        this.#fail(tag, error);
      }
    }
    await this.#fetch(differences);
    for (const [context, difference] of differences) {
      await this.#tell(context.search.tag, context.tell(difference, pace));
    }
  }

  /** Has a context write responses. */
  async #tell(tag: string, responses: AsyncIterable<void>): Promise<void> {
    try {
      for await (const _ of responses) {
        const full = this.#session.flushBatch();
        if (full !== undefined) await full;
      }
    } catch (error) {
      this.#fail(tag, error);
    }
  }

  /** Where a search cannot be gone on with, its client had better know than take old results for new ones. */
  #fail(tag: string, error: unknown): void {
    this.#report(error);
    this.refuse(tag, "The search cannot be made again");
  }

  #report(error: unknown): void {
    if (error instanceof Bye || error instanceof Disconnected) throw error;
    const { host, id } = this.#session;
    if (!(error instanceof No)) host.fault(error, { connection: id });
  }

  async #changesOf(noted: Noted, pace: Pace): Promise<Changes> {
    const { view } = this.#session;
    const { from, to, newFrom, last, lastNow } = noted;
    const ends = last === lastNow ? [] : [last, lastNow];
    return {
      changed: await this.#changed(from, newFrom, pace),
      ends: view.known(Uint32Array.from(ends).sort()),
      came: view.uidsBetween(newFrom, lastNow),
      modseq: to,
    };
  }

  /** Messages whose flags have changed since a modseq, but for new ones. */
  async #changed(
    since: number,
    newFrom: number,
    pace: Pace,
  ): Promise<UidList> {
    const { view } = this.#session;
    const { state } = view;
    const records = state.changedSince(since);
    if (records === undefined) return await this.#stirred(since, newFrom, pace);
    const lists = records.filter(({ type }) => type === "flags")
      .map(({ uids }) => uids);
    const uids = concatUids(lists);
    await mergeSort(uids, undefined, pace);
    const changed = new UidBuffer(uids.length);
    await inBlocks(uids.length, pace, (at) => {
      const uid = uids[at]!;
      const isKnown = uid < newFrom && view.numberOf(uid) > 0;
      if (isKnown && uid !== uids[at - 1]) changed.push(uid);
    });
    return changed.take();
  }

  /** The same where the changes are not known any more: by all modseqs. */
  async #stirred(
    since: number,
    newFrom: number,
    pace: Pace,
  ): Promise<UidList> {
    const { view } = this.#session;
    const { state } = view;
    const known = view.uidsBetween(1, newFrom - 1);
    const stirred = new UidBuffer(known.length);
    await inBlocks(known.length, pace, (at) => {
      const row = state.indexOf(known[at]!);
      if (row >= 0 && state.modseqs[row]! > since) stirred.push(known[at]!);
    });
    return stirred.take();
  }

  /**
   * FETCH responses of new messages for those who asked for that (RFC 5465 § 7), before ADDTO. What NOTIFY would tell
   * of them is in the same response, "combined into a single FETCH response" (§ 5.2); that it should follow ADDTO, as
   * § 5.2 has it, contradicts § 7.
   */
  async #fetch(
    differences: ReadonlyMap<UpdateContext, Difference>,
  ): Promise<void> {
    const session = this.#session;
    const wanted = new Map<number, Set<FetchAttribute>>();
    for (const [{ search }, { fresh }] of differences) {
      const { attributes } = search.update;
      if (attributes.length === 0) continue;
      for (const uid of fresh) {
        const all = wanted.get(uid) ?? new Set();
        for (const attribute of attributes) all.add(attribute);
        wanted.set(uid, all);
      }
    }
    if (wanted.size === 0) return;
    const notified = session.notifications?.takeNew(new Set(wanted.keys()));
    for (const [uids, attributes] of alike(wanted)) {
      const all = new Set([...attributes, ...notified ?? []]);
      try {
        await fetchMessages(session, uids, unsolicited(session, [...all]));
      } catch (error) {
        // What can be told of a message that cannot be shown so is that it is there.
        this.#report(error);
      }
    }
  }
}

/** Neighbours of which the same is wanted, together. */
function* alike(
  wanted: ReadonlyMap<number, ReadonlySet<FetchAttribute>>,
): Generator<[UidList, ReadonlySet<FetchAttribute>]> {
  const sorted = [...wanted].sort(([one], [other]) => one - other);
  for (let at = 0; at < sorted.length;) {
    const [, attributes] = sorted[at]!;
    let end = at + 1;
    while (
      end < sorted.length && sorted[end]![1].size === attributes.size &&
      sorted[end]![1].isSubsetOf(attributes)
    ) end++;
    const uids = sorted.slice(at, end).map(([uid]) => uid);
    yield [Uint32Array.from(uids), attributes];
    at = end;
  }
}
