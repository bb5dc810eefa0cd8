/**
 * The algorithms of THREAD: what of the messages each of them looks at.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import { Pace } from "../../../storage/pace.ts";
import type { Host } from "../../host.ts";
import type { SearchContext, SearchWork } from "../search/evaluate.ts";
import { REFERENCES, REPLIES, SENT, SUBJECT } from "./attributes.ts";
import { columnsOf } from "./order_index.ts";
import { threadOrderedSubject } from "./thread_ordered_subject.ts";
import { threadReferences } from "./thread_references.ts";
import { threadRefs } from "./thread_refs.ts";
import { CLOCK_CHECK, type ThreadTree } from "./thread_tree.ts";

/** Messages that are to be threaded. */
export interface ThreadJob {
  /** Where they are served. */
  readonly host: Host;
  /** The mailbox that they are in. */
  readonly context: SearchContext;
  /** Their UIDs, ascending. */
  readonly uids: UidList;
  /** What the search for them shares. */
  readonly work: SearchWork;
}

/** Messages that have been threaded. */
export interface Threads {
  /** The threads. */
  readonly tree: ThreadTree;
  /** The UIDs of their messages: of those that were asked for the ones that were still there. */
  readonly uids: UidList;
}

/** An algorithm. */
export interface ThreadAlgorithm {
  /** Its name, in capitals. */
  readonly name: string;
  /** Threads messages. */
  thread(job: ThreadJob): Promise<Threads>;
}

/** ORDEREDSUBJECT (RFC 5256 § 3). */
export const orderedSubject: ThreadAlgorithm = {
  name: "ORDEREDSUBJECT",
  async thread({ host, context, uids, work }) {
    const { pace = new Pace() } = work;
    const [dates, texts] = await columnsOf(
      host,
      context,
      uids,
      [SENT, SUBJECT],
      work,
    );
    const sent = new Float64Array(uids.length);
    const subjects = new Int32Array(uids.length);
    const there = await gather(uids, pace, (uid, at) => {
      if (!dates.has(uid) || !texts.has(uid)) return false;
      sent[at] = dates.valueOf(uid);
      subjects[at] = texts.numberOf(uid);
      return true;
    });
    const { length } = there;
    const tree = await threadOrderedSubject(
      sent.subarray(0, length),
      subjects.subarray(0, length),
      pace,
    );
    return { tree, uids: there };
  },
};

/** REFERENCES (RFC 5256 § 3). */
export const references: ThreadAlgorithm = {
  name: "REFERENCES",
  async thread({ host, context, uids, work }) {
    const { pace = new Pace() } = work;
    const [dates, texts, answers, column] = await columnsOf(
      host,
      context,
      uids,
      [SENT, SUBJECT, REPLIES, REFERENCES],
      work,
    );
    const sent = new Float64Array(uids.length);
    const subjects = new Int32Array(uids.length);
    const replies = new Uint8Array(uids.length);
    const places = new Uint32Array(uids.length);
    const there = await gather(uids, pace, (uid, at) => {
      const isKnown = dates.has(uid) && texts.has(uid) && answers.has(uid) &&
        column.has(uid);
      if (!isKnown) return false;
      sent[at] = dates.valueOf(uid);
      const subject = texts.numberOf(uid);
      subjects[at] = texts.textOf(subject) === "" ? -1 : subject;
      replies[at] = answers.valueOf(uid);
      places[at] = column.placeOf(uid);
      return true;
    });
    const { length } = there;
    const facts = {
      sent: sent.subarray(0, length),
      subjects: subjects.subarray(0, length),
      replies: replies.subarray(0, length),
      references: {
        lists: column.lists,
        places: places.subarray(0, length),
        ids: column.ids,
      },
    };
    return { tree: await threadReferences(facts, pace), uids: there };
  },
};

/** REFS (draft-ietf-morg-inthread). */
export const refs: ThreadAlgorithm = {
  name: "REFS",
  async thread({ host, context, uids, work }) {
    const { pace = new Pace() } = work;
    const [dates, column] = await columnsOf(
      host,
      context,
      uids,
      [SENT, REFERENCES],
      work,
    );
    const { state } = context.mailbox;
    const sent = new Float64Array(uids.length);
    const arrived = new Float64Array(uids.length);
    const places = new Uint32Array(uids.length);
    const there = await gather(uids, pace, (uid, at) => {
      const row = state.indexOf(uid);
      if (row < 0 || !dates.has(uid) || !column.has(uid)) return false;
      sent[at] = dates.valueOf(uid);
      arrived[at] = state.internalDates[row]!;
      places[at] = column.placeOf(uid);
      return true;
    });
    const { length } = there;
    const facts = {
      sent: sent.subarray(0, length),
      arrived: arrived.subarray(0, length),
      references: {
        lists: column.lists,
        places: places.subarray(0, length),
        ids: column.ids,
      },
    };
    return { tree: await threadRefs(facts, pace), uids: there };
  },
};

/**
 * Puts together what is known of messages.
 * @param note takes what there is of a message to a place; false where nothing is known, since the message has gone
 * @returns the UIDs at the places
 */
async function gather(
  uids: UidList,
  pace: Pace,
  note: (uid: number, at: number) => boolean,
): Promise<UidList> {
  const there = new Uint32Array(uids.length);
  let length = 0;
  for (let at = 0; at < uids.length; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const uid = uids[at]!;
    if (note(uid, length)) there[length++] = uid;
  }
  return there.subarray(0, length);
}
