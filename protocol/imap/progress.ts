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
  const stop = session.progress.start(progressTime, () => {
    if (writing) return;
    writing = true;
    progressNotice(session, tag, progress);
    // If it fails, the answer to the command will, too.
    session.wire.flush().then(() => writing = false, () => {});
  });
  try {
    return await work(progress);
  } finally {
    stop();
  }
}

/** Rings while a session works. One timer serves many commands, since most are done long before it rings. */
export class ProgressClock {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ring: (() => void) | undefined;
  #time = 0;
  /** When it rang last, or the work began, on the clock of `performance`. */
  #since = 0;

  /**
   * Rings from now on.
   * @param time how often, in milliseconds
   * @returns what ends it
   */
  start(time: number, ring: () => void): () => void {
    if (time !== this.#time) this.close();
    this.#time = time;
    this.#ring = ring;
    this.#since = performance.now();
    this.#timer ??= setTimeout(this.#look, time);
    return () => this.#ring = undefined;
  }

  /** Gives the timer back. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#ring === undefined) return;
    const now = performance.now();
    let left = this.#since + this.#time - now;
    if (left <= 0) {
      this.#ring();
      this.#since = now;
      left = this.#time;
    }
    this.#timer = setTimeout(this.#look, Math.ceil(left));
  };
}
