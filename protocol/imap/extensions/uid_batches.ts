/**
 * UIDBATCHES: RFC 10022. Ranges of UIDs that hold equally many messages, the newest first.
 *
 * @module
 */

import { lowerBound } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import type { Range } from "../../wire/sequence_set.ts";
import type { Command } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import type { View } from "../view.ts";

/**
 * The ranges of some batches, the greater UID first. Together all of them hold every UID up to the greatest that is
 * there, so that none but the last one ends with 1.
 * @param uids of all messages, ascending
 * @param size how many messages a batch has; the last one has what is left
 * @param from the first batch to return, from 1
 * @param to the last one; there may be fewer
 */
export function uidBatches(
  uids: UidList,
  size: number,
  from: number,
  to: number,
): Range[] {
  const ranges: Range[] = [];
  const { length } = uids;
  const count = Math.ceil(length / size);
  for (let batch = from; batch <= Math.min(to, count); batch++) {
    const above = length - (batch - 1) * size;
    const first = above === length ? uids[length - 1]! : uids[above]! - 1;
    const last = batch === count ? 1 : uids[above - size]!;
    ranges.push([first, last]);
  }
  return ranges;
}

/** What a client has been told of the batches of the mailbox that it has selected. */
interface Told {
  readonly size: number;
  /** The batches, which are next to each other. */
  readonly batches: Range;
  /** How many messages there were. */
  readonly messages: number;
  /** The UID of the last one. */
  readonly lastUid: number;
}

const told = new WeakMap<View, Told>();

/**
 * Takes note of what a client is told.
 * @throws {No} when it has been told, and not half a batch of messages has come or gone since (§ 3.1.1). Others of the
 * batches, or batches of another size, are another question
 */
function refuseAgain(
  view: View,
  uids: UidList,
  size: number,
  batches: Range,
): void {
  const before = told.get(view);
  if (before?.size !== size || hasChanged(before, uids)) {
    const lastUid = uids.at(-1)!;
    told.set(view, { size, batches, messages: uids.length, lastUid });
    return;
  }
  const [from, to] = batches;
  const [first, last] = before.batches;
  if (from >= first && to <= last) {
    throw new No("LIMIT", "The batches are what they were");
  }
  const isNext = from <= last + 1 && to >= first - 1;
  told.set(view, {
    ...before,
    batches: isNext ? [Math.min(from, first), Math.max(to, last)] : batches,
  });
}

function hasChanged(
  { messages, lastUid, size }: Told,
  uids: UidList,
): boolean {
  const left = lowerBound(uids, uids.length, lastUid + 1);
  return 2 * (messages - left) >= size || 2 * (uids.length - left) >= size;
}

interface UidBatchesArguments {
  readonly size: number;
  /** The first and the last batch, from 1. */
  readonly batches: Range | undefined;
}

// message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
/** UIDBATCHES. */
const command: Command<UidBatchesArguments> = {
  name: "UIDBATCHES",
  state: "selected",

  parse(d) {
    const size = d.sp().nzNumber();
    if (!d.trySp()) return { size, batches: undefined };
    const from = d.nzNumber();
    const to = d.char(":").nzNumber();
    if (to < from) throw new Bad("Expected the lesser first", "CLIENTBUG");
    return { size, batches: [from, to] };
  },

  execute({ view, out, host }, { size, batches }, { tag }) {
    const { uidBatch, uidBatchMessages } = host.limits;
    if (size < uidBatch) {
      throw new No("TOOFEW", `A batch has ${uidBatch} messages at the least`);
    }
    const [from, to] = batches ?? [1, Infinity];
    if (batches !== undefined && (to - from + 1) * size > uidBatchMessages) {
      throw new No(
        "TOOMANY",
        `Batches of ${uidBatchMessages} messages at most`,
      );
    }
    const uids = view.present(view.uids.subarray(0, view.length));
    const ranges = uidBatches(uids, size, from, to);
    if (ranges.length > 0) refuseAgain(view, uids, size, [from, to]);
    // uidbatches-response = "UIDBATCHES" search-correlator [SP uid-range *("," uid-range) ]
    out.text("* UIDBATCHES (TAG ").string(tag).close();
    if (ranges.length > 0) {
      out.sp().text(ranges.map((ends) => ends.join(":")).join(","));
    }
    out.crlf();
  },
};

/** UIDBATCHES. */
export const uidBatchesExtension: Extension = {
  capabilities: () => ["UIDBATCHES"],
  documents: { UIDBATCHES: "10022" },
  commands: [command],
};
