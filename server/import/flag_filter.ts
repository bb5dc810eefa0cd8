/**
 * Which of a message's flags a mailbox can take.
 *
 * @module
 */

import { DEFAULT_STORAGE_LIMITS } from "../../storage/limits.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import { SYSTEM_FLAGS } from "../../storage/model.ts";

const SYSTEM: ReadonlySet<string> = new Set(
  SYSTEM_FLAGS.map((flag) => flag.toLowerCase()),
);

/** Whether a word can be a keyword: an atom (RFC 9051 § 9, flag-keyword) of no more than 200 letters. */
export function isKeyword(word: string): boolean {
  return /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]{1,200}$/.test(word);
}

/** Takes the flags of messages on their way into one mailbox, and leaves out what cannot be there. */
export class FlagFilter {
  readonly #known: Set<string>;
  readonly #maxKeywords: number;
  readonly #leftOut = new Set<string>();

  /** For a mailbox that nobody else writes to meanwhile. */
  constructor(
    state: MailboxState,
    maxKeywords: number = DEFAULT_STORAGE_LIMITS.maxKeywords,
  ) {
    this.#known = new Set(
      state.flagTable.keywords.map((keyword) => keyword.toLowerCase()),
    );
    this.#maxKeywords = maxKeywords;
  }

  /** The keywords that the mailbox had no room for, or that IMAP cannot name. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut];
  }

  /** The flags that can be there: no `\Recent` (RFC 3501 § 2.3.2), and no more keywords than allowed. */
  fit(flags: Iterable<string>): string[] {
    const fitting: string[] = [];
    for (const flag of flags) {
      const lower = flag.toLowerCase();
      if (flag.startsWith("\\")) {
        if (SYSTEM.has(lower)) fitting.push(flag);
      } else if (this.#known.has(lower)) {
        fitting.push(flag);
      } else if (isKeyword(flag) && this.#known.size < this.#maxKeywords) {
        this.#known.add(lower);
        fitting.push(flag);
      } else if (this.#leftOut.size < MAX_NAMED) {
        this.#leftOut.add(flag);
      }
    }
    return fitting;
  }
}

/** So many keywords that were left out are remembered. */
const MAX_NAMED = 100;
