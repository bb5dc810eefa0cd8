/**
 * Several connections to the server that mail comes from, and patience with it.
 *
 * What is asked for is asked again, after a while that doubles, when the connection ends or the server says
 * that the reason will pass. Who has got something meanwhile begins to count anew. A server that lets in no
 * further connection, while others are in use, has said how many it allows.
 *
 * @module
 */

import type { ImapFlow } from "imapflow";
import {
  isAnswer,
  isPassing,
  reasonOf,
  SourceBreaks,
  SourceGone,
  SourceRefusal,
} from "./source_error.ts";

/** How often and when to try again. */
export interface RetryOptions {
  /** Tries in a row that get nothing. */
  readonly tries: number;
  /** Milliseconds before the second try; each wait is twice the one before. */
  readonly delay: number;
  /** The longest wait, in milliseconds. */
  readonly maxDelay: number;
}

/** A minute, all in all. */
export const DEFAULT_RETRY: RetryOptions = {
  tries: 7,
  delay: 1_000,
  maxDelay: 30_000,
};

/** How a pool is made. */
export interface SourcePoolOptions {
  /** Makes a connection that is logged in. */
  readonly connect: () => Promise<ImapFlow>;
  /** Connections, at the most. */
  readonly size: number;
  /** When to try again. */
  readonly retry: RetryOptions;
  /** Told before a wait. */
  readonly onRetry?: (reason: string, milliseconds: number) => void;
}

/** What is asked for. */
export interface Request<T> {
  /** The mailbox to have open, read-only; none in particular by default. */
  readonly path?: string;
  /** Asks. */
  readonly ask: (client: ImapFlow) => Promise<T>;
  /** Grows with what has been got. */
  readonly got?: () => number;
}

/** See the module's text. */
export class SourcePool {
  readonly #options: SourcePoolOptions;
  readonly #idle: ImapFlow[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Connections, in use or not. */
  readonly #live = new Set<ImapFlow>();
  #busy = 0;
  #size: number;
  #connectedBefore = false;
  #gone: SourceGone | undefined;

  /** Makes no connection yet. */
  constructor(options: SourcePoolOptions) {
    this.#options = options;
    this.#size = options.size;
  }

  /**
   * Asks for something by one of the connections.
   * @throws {SourceGone} when the server cannot be reached
   * @throws {SourceRefusal} when it refuses
   * @throws {SourceBreaks} when it can be reached, but ends the connection instead of an answer
   */
  async run<T>(request: Request<T>): Promise<T> {
    const { tries, delay, maxDelay } = this.#options.retry;
    const { got = () => 0 } = request;
    let before = got();
    for (let failed = 1;; failed++) {
      if (this.#gone !== undefined) throw this.#gone;
      const attempt = await this.#attempt(request);
      if ("result" in attempt) return attempt.result;
      const { error, asked } = attempt;
      if (error instanceof SourceGone) this.#gone = error;
      if (!(error instanceof Passing)) throw error;
      if (got() > before) failed = 1;
      before = got();
      const reason = reasonOf(error.cause);
      if (failed >= tries) {
        if (asked) throw new SourceBreaks(reason, { cause: error.cause });
        throw this.#gone = new SourceGone(reason, { cause: error.cause });
      }
      const wait = Math.min(delay * 2 ** (failed - 1), maxDelay);
      this.#options.onRetry?.(reason, wait);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** Logs out of all connections, none of which is in use. */
  async close(): Promise<void> {
    this.#gone ??= new SourceGone("The migration has ended");
    await Promise.all(
      this.#idle.splice(0).map(async (client) => {
        const limit = setTimeout(() => client.close(), LOGOUT_TIME);
        await client.logout().catch(() => {});
        clearTimeout(limit);
        client.close();
      }),
    );
  }

  /** Asks once. */
  async #attempt<T>(
    { path, ask }: Request<T>,
  ): Promise<{ result: T } | { error: unknown; asked: boolean }> {
    let client = await this.#acquire(path);
    let asked = false;
    try {
      if (client === undefined) {
        client = await this.#options.connect();
        this.#live.add(client);
        this.#connectedBefore = true;
      }
      if (path !== undefined && openPath(client) !== path) {
        await client.mailboxOpen(path, { readOnly: true });
      }
      asked = true;
      return { result: await ask(client) };
    } catch (error) {
      if (error instanceof SourceRefusal) return { error, asked };
      const passing = client === undefined && this.#allowsNoMore() ||
        isPassing(error, this.#connectedBefore);
      const answered = client !== undefined && isAnswer(error);
      if (passing || !answered) {
        client = this.#drop(client);
      }
      if (passing) return { error: new Passing("", { cause: error }), asked };
      const reason = reasonOf(error);
      return {
        error: answered
          ? new SourceRefusal(reason, { cause: error })
          : new SourceGone(reason, { cause: error }),
        asked,
      };
    } finally {
      this.#release(client);
    }
  }

  /** After a connection could not be made: whether others can, so that they have to do. */
  #allowsNoMore(): boolean {
    for (const client of this.#live) {
      if (!client.usable) this.#live.delete(client);
    }
    if (this.#live.size === 0) return false;
    this.#size = this.#live.size;
    return true;
  }

  #drop(client: ImapFlow | undefined): undefined {
    if (client === undefined) return;
    client.close();
    this.#live.delete(client);
  }

  /** Waits for a connection; undefined when a new one may be made. Prefers one that has a mailbox open. */
  async #acquire(path: string | undefined): Promise<ImapFlow | undefined> {
    while (this.#busy >= this.#size) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#busy++;
    const usable = this.#idle.filter(({ usable }) => usable);
    this.#idle.splice(0, this.#idle.length, ...usable);
    const open = usable.findIndex((client) => openPath(client) === path);
    // What is in use has a mailbox open that may be wanted again: a new connection is better, if there may be.
    if (open < 0 && this.#busy + usable.length <= this.#size) {
      return undefined;
    }
    return this.#idle.splice(Math.max(open, 0), 1)[0];
  }

  #release(client: ImapFlow | undefined): void {
    this.#busy--;
    if (client?.usable === true) this.#idle.push(client);
    this.#waiting.shift()?.();
  }
}

/** Logging out may take so long, in milliseconds. */
const LOGOUT_TIME = 2_000;

/** An error that will pass. */
class Passing extends Error {}

function openPath(client: ImapFlow): string | undefined {
  return client.mailbox === false ? undefined : client.mailbox.path;
}
