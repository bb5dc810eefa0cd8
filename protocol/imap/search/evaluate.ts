/**
 * Finds the messages that a search key matches (RFC 9051 § 6.4.4).
 *
 * Three passes, each over what the one before left undecided: by the columns of the mailbox's state, by the
 * header fields in the summaries, by the sources. Memory is bounded by what the storage reads at a time and
 * one message's text; no pass holds up other sessions for long. What has been read is signed (`sign_message.ts`)
 * before it is looked into, which most of what does not match is spared. Signatures are kept (`text_index.ts`) and
 * spare the next search the reading, too; where there is no room for them none are made.
 *
 * The mailbox may change meanwhile. Each message is judged by what it is when its turn comes, and one that
 * has gone by then does not match.
 *
 * @module
 */

import { lowerBound } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import type { Progress } from "../progress.ts";
import { KEPT_FIELDS } from "../kept_fields.ts";
import { readSummary } from "../summary.ts";
import { FieldNames } from "../../mime/header.ts";
import { parseMessage } from "../../mime/parse.ts";
import { searchBody } from "./body_search.ts";
import { type Places, placesOf } from "./columns.ts";
import type { SearchContext } from "./context.ts";
import { HeaderTexts } from "./header_texts.ts";
import type { SearchKey } from "./search_key.ts";
import { Pace } from "../../../storage/pace.ts";
import { FieldSigner, TextSigner } from "./sign_message.ts";
import type { TextIndex } from "./text_index.ts";
import { makePredicate, type Predicate } from "./predicate.ts";
import { type Candidate, NO, type Truth, UNKNOWN, YES } from "./truth.ts";
import { UidBuffer } from "./uid_buffer.ts";

export type { SearchContext } from "./context.ts";

/** How many messages to judge by their columns between two looks at the clock. */
const CLOCK_CHECK = 256;

/** What searches that belong together share; each has its own by default. */
export interface SearchWork {
  /** Where to rest. */
  readonly pace?: Pace;
  /** What counts the messages that are judged. */
  readonly progress?: Progress;
}

/**
 * Finds messages.
 * @returns the UIDs of those that match, ascending
 */
export async function search(
  context: SearchContext,
  key: SearchKey,
  work: SearchWork = {},
): Promise<Uint32Array> {
  const places = placesOf(context, key);
  const predicate = makePredicate(context, key);
  const search = new Search(context, predicate, places, work);
  await search.byColumns();
  await search.bySummaries();
  await search.bySources();
  return search.matches();
}

class Search {
  readonly #context: SearchContext;
  readonly #predicate: Predicate;
  /** The header fields that it asks for. */
  readonly #fields: FieldNames;
  readonly #places: Places;
  readonly #pace: Pace;
  readonly #progress: Progress | undefined;
  /** The message that is looked at. */
  readonly #candidate: Candidate = {
    row: -1,
    uid: 0,
    number: 0,
    header: undefined,
    wholeHeader: false,
    found: undefined,
  };
  /** What is known of texts; undefined where the key does not ask for any, or nothing is kept. */
  readonly #index: TextIndex | undefined;
  readonly #matches: UidBuffer;
  #open: UidList = new Uint32Array(0);

  constructor(
    context: SearchContext,
    predicate: Predicate,
    places: Places,
    { pace = new Pace(), progress }: SearchWork,
  ) {
    this.#context = context;
    this.#predicate = predicate;
    this.#fields = new FieldNames(predicate.fields);
    this.#places = places;
    this.#pace = pace;
    this.#progress = progress;
    this.#matches = new UidBuffer(places[1] - places[0]);
    if (predicate.fields.size + predicate.strings.length > 0) {
      this.#index = context.indexes?.of(context.mailbox.state);
    }
  }

  /** The UIDs that match. */
  matches(): Uint32Array {
    return this.#matches.take().sort();
  }

  /** Judges all messages by their columns; those outside of the places do not match. */
  async byColumns(): Promise<void> {
    const { uids, length, mailbox: { state } } = this.#context;
    const { test } = this.#predicate;
    const candidate = this.#candidate;
    const texts = this.#index;
    const [from, to] = this.#places;
    const open = new UidBuffer(to - from);
    for (let index = from; index < to; index++) {
      if (index % CLOCK_CHECK === 0 && this.#pace.due) await this.#pace.rest();
      const uid = uids[index]!;
      const next = candidate.row + 1;
      const isNext = next < state.length && state.uids[next] === uid;
      const row = isNext ? next : state.indexOf(uid);
      if (row < 0) continue;
      candidate.row = row;
      candidate.uid = uid;
      candidate.number = index + 1;
      if (texts !== undefined) this.#sign(uid);
      const value = test(candidate);
      if (value === YES) this.#matches.push(uid);
      else if (value === UNKNOWN) open.push(uid);
    }
    this.#open = open.take();
    this.#judged(length - this.#open.length);
  }

  /** Judges by the summaries, if they say anything that matters. */
  async bySummaries(): Promise<void> {
    const { fields } = this.#predicate;
    if (this.#open.length === 0) return;
    if (![...fields].some((name) => KEPT_FIELDS.has(name))) return;
    const open = new UidBuffer(this.#open.length);
    const candidate = this.#candidate;
    const { mailbox } = this.#context;
    const texts = this.#index;
    const signer = new FieldSigner();
    for await (const batch of mailbox.readSummaries(this.#open)) {
      for (const { uid, bytes } of batch) {
        if (this.#pace.due) await this.#pace.rest();
        if (!this.#place(uid)) continue;
        const summary = readSummary(bytes);
        candidate.header = summary &&
          new HeaderTexts(summary.fields, this.#fields);
        if (texts?.isFull === false && summary && !candidate.fieldsSignature) {
          candidate.fieldsSignature = signer.sign(summary);
          texts.noteFields(uid, candidate.fieldsSignature);
        }
        const value = this.#predicate.test(candidate);
        if (value === YES) this.#matches.push(uid);
        else if (value === UNKNOWN) open.push(uid);
        if (value !== UNKNOWN) this.#judged(1);
      }
    }
    this.#open = open.take();
  }

  /** Judges what is left by the sources. */
  async bySources(): Promise<void> {
    if (this.#open.length === 0) return;
    const candidate = this.#candidate;
    const { mailbox } = this.#context;
    const signer = new TextSigner(this.#pace);
    candidate.wholeHeader = true;
    for await (const batch of mailbox.readSources(this.#open)) {
      for (const { uid, bytes } of batch) {
        if (this.#pace.due) await this.#pace.rest();
        if (!this.#place(uid)) continue;
        const value = await this.#judge(bytes, signer);
        if (value === YES) this.#matches.push(uid);
        if (candidate.row >= 0) this.#judged(1);
      }
    }
  }

  /** Judges the message that is looked at by its source, as little of it as suffices; one that goes meanwhile is out. */
  async #judge(bytes: Uint8Array, signer: TextSigner): Promise<Truth> {
    const { test, strings } = this.#predicate;
    const candidate = this.#candidate;
    const { uid } = candidate;
    candidate.header = new HeaderTexts(bytes, this.#fields);
    candidate.found = undefined;
    let value = test(candidate);
    if (value !== UNKNOWN) return value;
    const root = parseMessage(bytes);
    if (this.#pace.due) await this.#pace.rest();
    if (!candidate.textSignature && this.#index?.isFull === false) {
      const signature = await signer.sign(bytes, root);
      this.#index.noteText(uid, signature);
      if (!this.#place(uid)) return NO;
      candidate.textSignature = signature;
      value = test(candidate);
      if (value !== UNKNOWN) return value;
    }
    candidate.found = await searchBody(bytes, root, strings, this.#pace);
    return this.#place(uid) ? test(candidate) : NO;
  }

  #judged(messages: number): void {
    if (this.#progress !== undefined) this.#progress.done += messages;
  }

  /** Turns to a message; false when it has gone. */
  #place(uid: number): boolean {
    const { uids, length, mailbox: { state } } = this.#context;
    const candidate = this.#candidate;
    candidate.row = state.indexOf(uid);
    candidate.uid = uid;
    candidate.number = lowerBound(uids, length, uid) + 1;
    this.#sign(uid);
    return candidate.row >= 0;
  }

  #sign(uid: number): void {
    this.#candidate.fieldsSignature = this.#index?.fields(uid);
    this.#candidate.textSignature = this.#index?.text(uid);
  }
}
