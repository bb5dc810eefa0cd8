/**
 * Commands under way whose answers are not written yet (RFC 9051 § 5.5).
 *
 * @module
 */

import type { AnyCommand, Executed } from "./command.ts";

/** A command that has been read and admitted. */
export interface Admitted {
  /** Its tag. */
  readonly tag: string;
  /** What it is. */
  readonly command: AnyCommand;
  /** Whether it came behind UID. */
  readonly uid: boolean;
}

/** What a command came to: never a rejection. */
export type Outcome =
  | { readonly ok: true; readonly completion: Executed }
  | { readonly ok: false; readonly error: unknown };

interface Underway {
  readonly admitted: Admitted;
  readonly size: number;
  readonly outcome: Promise<Outcome>;
}

/** Keeps the order in which commands came, whenever they are done. */
export class Overlap {
  readonly #queue: Underway[] = [];
  #size = 0;

  /** How many commands are under way. */
  get length(): number {
    return this.#queue.length;
  }

  /** How many bytes of literals they hold. */
  get size(): number {
    return this.#size;
  }

  /** Settles when the oldest of them is done; undefined when there is none. */
  get oldest(): Promise<Outcome> | undefined {
    return this.#queue[0]?.outcome;
  }

  /** Begins a command. */
  add(
    admitted: Admitted,
    size: number,
    execute: () => Promise<Executed>,
  ): void {
    const outcome = execute().then(
      (completion): Outcome => ({ ok: true, completion }),
      (error): Outcome => ({ ok: false, error }),
    );
    this.#queue.push({ admitted, size, outcome });
    this.#size += size;
  }

  /** Hands the outcomes over, oldest first, until no more than `keep` commands are left. */
  async settle(
    keep: number,
    answer: (
      admitted: Admitted,
      outcome: Outcome,
    ) => Promise<void> | undefined,
  ): Promise<void> {
    while (this.#queue.length > keep) {
      const { admitted, size, outcome } = this.#queue[0]!;
      const done = await outcome;
      this.#queue.shift();
      this.#size -= size;
      await answer(admitted, done);
    }
  }
}
