/**
 * One search whose client is told how its results change (RFC 5267 § 4.3).
 *
 * @module
 */

import { lowerBound } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, type Pace } from "../../../storage/pace.ts";
import { format } from "../../wire/sequence_set.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import type { Session } from "../session.ts";
import {
  asksOfFlags,
  saysLastUid,
  withLastUid,
  withoutNumbers,
} from "./fixed_key.ts";
import type { PlacedResults, ResultList } from "./result_list.ts";
import { beginExtended, judge, selectedContext } from "./run.ts";
import type { SearchKey } from "./search_key.ts";
import { UidBuffer } from "./uid_buffer.ts";

/** What a client asks for by UPDATE. */
export interface UpdateRequest {
  /** What it wants to be told of new messages that match (RFC 5465 § 7). */
  readonly attributes: readonly FetchAttribute[];
}

/** A search with UPDATE. */
export interface UpdatedSearch {
  /** The tag of its command. */
  readonly tag: string;
  /** Whether it was answered by UIDs, so that updates are UIDs. */
  readonly uid: boolean;
  /** Whether its answers say which mailbox they are about (RFC 7377 § 2.1). */
  readonly named: boolean;
  /** What was searched for. */
  readonly key: SearchKey;
  /** The messages that `$` was when it came. */
  readonly saved: UidList;
  /** What is asked for. */
  readonly update: UpdateRequest;
}

/** What has to be looked at anew, each ascending. */
export interface Changes {
  /** Messages whose flags have changed. */
  readonly changed: UidList;
  /** Messages one of which is not the last one any more, or has become that. */
  readonly ends: UidList;
  /** New messages, of which the client has just been told: all behind those before. */
  readonly came: UidList;
  /** The client has been told of changes up to this modseq. */
  readonly modseq: number;
}

/** How results change. */
export interface Difference {
  /** Those that are none any more. */
  readonly removed: UidList;
  /** Those that have become some. */
  readonly added: UidList;
  /** Of those the ones that are new in the mailbox. */
  readonly fresh: UidList;
}

/** How many messages a pair may hold, and how many characters of pairs are enough for one response. */
const PIECE = 8_192;

const NONE: UidList = new Uint32Array(0);

/** See the module's text. */
export class UpdateContext {
  /** The command that asked for it. */
  readonly search: UpdatedSearch;
  readonly #session: Session;
  readonly #results: ResultList;
  readonly #key: SearchKey;
  readonly #asksOfFlags: boolean;
  readonly #saysLastUid: boolean;
  /** Messages that have to be judged whatever has changed, ascending, and those of them that are new. */
  #open: UidList = NONE;
  #openFresh: UidList = NONE;

  /** @param results what was found */
  constructor(session: Session, search: UpdatedSearch, results: ResultList) {
    this.#session = session;
    this.search = search;
    this.#results = results;
    this.#key = withoutNumbers(session.view, search.key);
    this.#asksOfFlags = asksOfFlags(this.#key);
    this.#saysLastUid = saysLastUid(this.#key);
  }

  /** Whether there are messages to be judged again whatever else has happened. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /**
   * Judges what has changed. A message that changes meanwhile is left for the next time: "the FETCH response MUST
   * precede the ESEARCH response" (RFC 5465 § 5.1).
   */
  async compare(changes: Changes, pace: Pace): Promise<Difference> {
    const session = this.#session;
    const { view } = session;
    const { state } = view;
    const uids = await this.#candidates(changes, pace);
    if (uids.length === 0) return { removed: NONE, added: NONE, fresh: NONE };
    const key = withLastUid(this.#key, view.lastUid);
    const saved = () => this.search.saved;
    const context = { ...selectedContext(session), saved };
    const matches = await judge(session, context, key, uids, { pace });
    const isNew = makeFreshness(changes.came, this.#openFresh);
    const removed = new UidBuffer(uids.length);
    const added = new UidBuffer(uids.length);
    const open = new UidBuffer(uids.length);
    await inBlocks(uids.length, pace, (at) => {
      const uid = uids[at]!;
      const row = state.indexOf(uid);
      // One that has gone is taken out before the client is told so.
      if (row < 0) return;
      const is = has(matches, uid);
      if (state.modseqs[row]! > changes.modseq) open.push(uid);
      else if (is !== this.#results.has(uid)) (is ? added : removed).push(uid);
    });
    this.#open = open.take();
    this.#openFresh = this.#open.filter(isNew);
    const news = added.take();
    return {
      removed: removed.take(),
      added: news,
      fresh: news.filter(isNew),
    };
  }

  async #candidates(
    { changed, ends, came }: Changes,
    pace: Pace,
  ): Promise<UidList> {
    let uids = this.#open;
    if (this.#asksOfFlags) uids = await union(uids, changed, pace);
    if (this.#saysLastUid) uids = await union(uids, ends, pace);
    return await union(uids, came, pace);
  }

  /** Takes messages that have gone out of the results and writes that; pauses between two responses. */
  async *tellGone(gone: UidList, pace: Pace): AsyncGenerator<void> {
    const taken = await this.#results.remove(gone, pace);
    yield* this.#write("REMOVEFROM", taken, pace);
  }

  /** Changes the results and writes that; pauses between two responses. */
  async *tell(
    { removed, added }: Difference,
    pace: Pace,
  ): AsyncGenerator<void> {
    const taken = await this.#results.remove(removed, pace);
    yield* this.#write("REMOVEFROM", taken, pace);
    const put = await this.#results.add(added, pace);
    yield* this.#write("ADDTO", put, pace);
  }

  // ret-data-addto      = "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
  // ret-data-removefrom = "REMOVEFROM" SP "(" context-position SP sequence-set
  //                       *(SP context-position SP sequence-set) ")"
  async *#write(
    item: "ADDTO" | "REMOVEFROM",
    changes: readonly PlacedResults[],
    pace: Pace,
  ): AsyncGenerator<void> {
    const { view } = this.#session;
    let pairs = "";
    for (const { position, uids } of changes) {
      for (let at = 0; at < uids.length; at += PIECE) {
        if (pace.due) await pace.rest();
        const moves = position > 0 && item === "ADDTO";
        const piece = uids.subarray(at, at + PIECE);
        const set = format(
          this.search.uid ? piece : piece.map((uid) => view.numberOf(uid)),
        );
        pairs += ` ${moves ? position + at : position} ${set}`;
        if (pairs.length < PIECE) continue;
        this.#writeOne(item, pairs);
        pairs = "";
        yield;
      }
    }
    if (pairs === "") return;
    this.#writeOne(item, pairs);
    yield;
  }

  #writeOne(item: "ADDTO" | "REMOVEFROM", pairs: string): void {
    const { out, view } = this.#session;
    const { tag, uid, named } = this.search;
    const mailbox = named ? view.mailbox : undefined;
    beginExtended(out, { tag, uid, mailbox });
    out.text(` ${item} (${pairs.slice(1)})`).crlf();
  }
}

function has(sorted: UidList, uid: number): boolean {
  return sorted[lowerBound(sorted, sorted.length, uid)] === uid;
}

/** Which messages are new: those that came, all behind the first of them, and some that did so before. */
function makeFreshness(
  came: UidList,
  before: UidList,
): (uid: number) => boolean {
  const [first = Infinity] = came;
  return (uid) => uid >= first || has(before, uid);
}

/** The UIDs of two ascending lists, ascending. */
async function union(
  one: UidList,
  other: UidList,
  pace: Pace,
): Promise<UidList> {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  const uids = new UidBuffer(one.length + other.length);
  let next = 0;
  await inBlocks(one.length, pace, (at) => {
    const uid = one[at]!;
    while (next < other.length && other[next]! < uid) uids.push(other[next++]!);
    if (other[next] === uid) next++;
    uids.push(uid);
  });
  await inBlocks(other.length - next, pace, (at) => {
    uids.push(other[next + at]!);
  });
  return uids.take();
}
