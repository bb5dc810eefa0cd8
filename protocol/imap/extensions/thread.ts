/**
 * THREAD=ORDEREDSUBJECT, THREAD=REFERENCES and THREAD=REFS: RFC 5256, draft-ietf-morg-inthread. What SEARCH finds,
 * in threads.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import { Pace } from "../../../storage/pace.ts";
import type { Command } from "../command.ts";
import { Bad, type No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import {
  orderedSubject,
  references,
  refs,
  type ThreadAlgorithm,
} from "../order/thread_algorithms.ts";
import type { ThreadTree } from "../order/thread_tree.ts";
import { writeThreads } from "../order/thread_list.ts";
import {
  numbersOf,
  parseProgram,
  searchSelected,
  searchWhole,
} from "../search/run.ts";
import type { SearchKey } from "../search/search_key.ts";
import type { Session } from "../session.ts";

interface ThreadArguments {
  readonly algorithm: ThreadAlgorithm;
  /** What messages have to be like, or why there is no such search. */
  readonly key: SearchKey | No;
}

// thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
const thread: Command<ThreadArguments> = {
  name: "THREAD",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const name = d.sp().atom().toUpperCase();
    const algorithm = context.registry.threadAlgorithms.get(name);
    if (algorithm === undefined) throw new Bad("Unknown threading algorithm");
    return { algorithm, key: parseProgram(d.sp(), context, true) };
  },

  async execute(session, { algorithm, key }, { uid, tag }) {
    const pace = new Pace();
    const { found: threads } = await searchSelected(
      session,
      { returns: undefined, key },
      { uid, tag },
      async (context, key, progress) => {
        // Each message is looked at twice: it is searched, and put in its place if it was found.
        progress.goal = 2 * context.length;
        const work = { pace, progress };
        const uids = await searchWhole(session, context, key, work);
        progress.done = progress.goal - uids.length;
        const { host } = session;
        return await algorithm.thread({ host, context, uids, work });
      },
    );
    const numbers = uid
      ? threads.uids
      : await numbersOf(session, threads.uids, pace);
    await writeResponse(session, threads.tree, numbers);
  },
};

/** thread-data = "THREAD" [SP 1*thread-list]        RFC 5256 § 5 */
async function writeResponse(
  session: Session,
  tree: ThreadTree,
  numbers: UidList,
): Promise<void> {
  const { out } = session;
  out.text("* THREAD");
  if (numbers.length > 0) out.sp();
  for (const _ of writeThreads(out, tree, numbers)) {
    const full = session.flushBatch();
    if (full !== undefined) await full;
  }
  out.crlf();
}

function algorithmExtension(
  algorithm: ThreadAlgorithm,
  document: string,
): Extension {
  const capability = `THREAD=${algorithm.name}`;
  return {
    capabilities: () => [capability],
    documents: { [capability]: document },
    threadAlgorithms: [algorithm],
  };
}

const algorithms = [
  algorithmExtension(orderedSubject, "5256"),
  algorithmExtension(references, "5256"),
  algorithmExtension(refs, "draft-ietf-morg-inthread"),
];

/** The algorithms, and the command, which is there where one of them is offered. */
export const threadExtensions: readonly Extension[] = [
  ...algorithms,
  {
    needs: algorithms.flatMap(({ documents }) => Object.keys(documents ?? {})),
    commands: [thread],
  },
];
