/**
 * A file that another handle is writing to, which passes.
 *
 * @module
 */

const MAX_ATTEMPTS = 12;
/** The longest wait between two attempts, in milliseconds. */
const LONGEST = 200;

/** Whether another handle on the same file is in the way. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error &&
    /database (table )?is (locked|busy)/i.test(error.message);
}

/** Does something again and again while another handle is in the way. */
export async function whileLocked<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (!isLocked(error) || attempt === MAX_ATTEMPTS) throw error;
      await pause(attempt, LONGEST);
    }
  }
}

/** Waits longer with each attempt, some milliseconds, never just as long as somebody else. */
export function pause(attempt: number, longest: number): Promise<void> {
  const most = Math.min(longest, 2 ** attempt);
  const time = most / 2 + Math.random() * most / 2;
  return new Promise((resolve) => setTimeout(resolve, time));
}
