/**
 * Signs of life from commands that take long.
 *
 * @module
 */

import type { Session } from "./session.ts";

/** How far a command is, in messages. */
export interface Progress {
  /** Messages that are done with. */
  done: number;
  /** Messages that there are to do; 0 where that is not known. */
  goal: number;
}

/** Writes an untagged response that says how far the command of a tag is. */
export type ProgressNotice = (
  session: Session,
  tag: string,
  progress: Readonly<Progress>,
) => void;

/**
 * Has the client be told, now and then, how far some work is. The work may write whole responses, but must not wait
 * in the middle of one.
 * @param work keeps what it is given up to date
 */
export async function withProgress<T>(
  session: Session,
  tag: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress: Progress = { done: 0, goal: 0 };
  const { progressNotice } = session.registry;
  const { progressTime } = session.host.limits;
  if (progressNotice === undefined || progressTime === 0) {
    return await work(progress);
  }
  let writing = false;
  const timer = setInterval(() => {
    if (writing) return;
    writing = true;
    progressNotice(session, tag, progress);
    // If it fails, the answer to the command will, too.
    session.wire.flush().then(() => writing = false, () => {});
  }, progressTime);
  try {
    return await work(progress);
  } finally {
    clearInterval(timer);
  }
}
