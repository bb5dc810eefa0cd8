/**
 * What commands that put messages in order have found out about them, as far as there is room: read from the
 * summaries once, and known from then on.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, Pace } from "../../../storage/pace.ts";
import type { Host } from "../../host.ts";
import { No } from "../errors.ts";
import { type Index, type IndexRoom, indexRoomOf } from "../index_room.ts";
import type { SearchContext, SearchWork } from "../search/evaluate.ts";
import { readSummary, type Summary, summaryOf } from "../summary.ts";
import type { Column } from "./column.ts";
import { MessageFacts } from "./message_facts.ts";

/** An attribute of messages: makes a column in which nothing is known yet. Its identity is what it is known by. */
export type Attribute<C extends Column> = () => C;

/** How much more than what is kept one command may find out, and of how much at the least; the latter in bytes. */
const WORKING = 4, LEAST_WORKING = 64 * 1_048_576;

/** Columns of one mailbox. */
class OrderIndex implements Index {
  readonly #room: IndexRoom;
  #columns = new Map<Attribute<Column>, Column>();
  size = 0;

  constructor(room: IndexRoom) {
    this.#room = room;
  }

  column(attribute: Attribute<Column>): Column {
    let column = this.#columns.get(attribute);
    if (column === undefined) {
      this.#columns.set(attribute, column = attribute());
    }
    return column;
  }

  /** Forgets everything once most of it is of messages that are gone. */
  prune({ length }: MailboxState): void {
    for (const column of this.#columns.values()) {
      if (column.length > length * 1.25 + 100) return this.clear();
    }
  }

  /** Counts bytes of columns; what there is no room for is known to those alone who are at it. */
  grow(columns: readonly Column[], bytes: number): void {
    if (bytes === 0 || !this.#has(columns)) return;
    if (!this.#room.makeRoom(this, bytes)) return this.clear();
    this.size += bytes;
    this.#room.size += bytes;
  }

  /** Whether columns are those that are kept; all of them are, or none. */
  #has(columns: readonly Column[]): boolean {
    for (const column of this.#columns.values()) {
      if (columns.includes(column)) return true;
    }
    return false;
  }

  clear(): void {
    this.#columns = new Map();
    this.#room.size -= this.size;
    this.size = 0;
  }
}

const indexes = new WeakMap<Host, WeakMap<MailboxState, OrderIndex>>();

function indexOf(host: Host, state: MailboxState): OrderIndex | undefined {
  const room = indexRoomOf(host);
  if (room === undefined) return undefined;
  let ofStates = indexes.get(host);
  if (ofStates === undefined) indexes.set(host, ofStates = new WeakMap());
  let index = ofStates.get(state);
  if (index === undefined) ofStates.set(state, index = new OrderIndex(room));
  index.prune(state);
  room.use(index);
  return index;
}

/**
 * Finds out attributes of messages.
 * @param uids those of the mailbox; some may go meanwhile, of which nothing is known then
 * @returns their columns, which stay as they are for the caller
 * @throws {No} where that takes more memory than a command may
 */
export async function columnsOf<C extends readonly Column[]>(
  host: Host,
  { mailbox }: SearchContext,
  uids: UidList,
  attributes: { readonly [I in keyof C]: Attribute<C[I]> },
  { pace = new Pace(), progress }: SearchWork,
): Promise<C> {
  const index = indexOf(host, mailbox.state);
  const list = attributes as readonly Attribute<Column>[];
  const columns = list.map((attribute) =>
    index?.column(attribute) ?? attribute()
  );
  const note = (uid: number, summary: Summary): number => {
    const facts = new MessageFacts(mailbox.state, uid, summary);
    let bytes = 0;
    for (const column of columns) {
      if (!column.has(uid)) bytes += column.note(uid, facts);
    }
    if (progress !== undefined) progress.done++;
    return bytes;
  };
  const most = WORKING * Math.max(host.searchMemory ?? 0, LEAST_WORKING);
  let taken = 0;
  const grow = (bytes: number) => {
    taken += bytes;
    index?.grow(columns, bytes);
    if (taken > most) throw new No("LIMIT", "That takes too much memory");
  };
  const open = await unknownIn(columns, uids, pace);
  if (progress !== undefined) progress.done += uids.length - open.length;
  const sourceless: number[] = [];
  for await (const batch of mailbox.readSummaries(open)) {
    for (const { uid, bytes } of batch) {
      if (pace.due) await pace.rest();
      const summary = readSummary(bytes);
      if (summary === undefined) sourceless.push(uid);
      else grow(note(uid, summary));
    }
  }
  if (sourceless.length > 0) {
    const left = Uint32Array.from(sourceless);
    for await (const batch of mailbox.readSources(left)) {
      for (const { uid, bytes } of batch) {
        if (pace.due) await pace.rest();
        grow(note(uid, summaryOf(bytes)));
      }
    }
  }
  return columns as unknown as C;
}

/** Of UIDs those of which a column does not know. */
async function unknownIn(
  columns: readonly Column[],
  uids: UidList,
  pace: Pace,
): Promise<UidList> {
  const unknown = new Uint32Array(columns.length === 0 ? 0 : uids.length);
  let length = 0;
  await inBlocks(unknown.length, pace, (at) => {
    const uid = uids[at]!;
    for (const column of columns) {
      if (column.has(uid)) continue;
      unknown[length++] = uid;
      return;
    }
  });
  return unknown.subarray(0, length);
}
