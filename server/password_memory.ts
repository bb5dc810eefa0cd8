/**
 * Passwords that were right, remembered so that a client's tenth connection does not cost another 80 ms.
 *
 * @module
 */

import { hash } from "node:crypto";

/**
 * A bounded set of keyed hashes of user, stored hash and password. The key is random and lives as long as the
 * process; a changed record is another entry, so nothing outlives it.
 */
export class PasswordMemory {
  readonly #hash = keyedHash();
  readonly #max: number;
  /** In the order of their last use. */
  readonly #entries = new Set<string>();

  /** An empty memory for so many passwords, 10,000 by default. */
  constructor(max = 10_000) {
    this.#max = max;
  }

  /** The keyed hash that stands for a right or wrong password of a user's record. */
  key(user: string, record: string, password: string): string {
    // Lengths in front keep ("ab", "c") and ("a", "bc") apart.
    return this.#hash(
      `${user.length}:${user}${record.length}:${record}${password}`,
    );
  }

  /** Whether the password behind a key was right before. */
  has(key: string): boolean {
    if (!this.#entries.delete(key)) return false;
    this.#entries.add(key);
    return true;
  }

  /** Remembers that the password behind a key is right. */
  add(key: string): void {
    this.#entries.delete(key);
    this.#entries.add(key);
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries;
    this.#entries.delete(oldest!);
  }
}

/**
 * A hash function that nobody else can compute: SHA-256 of a random key and the text. HMAC keeps others from going on
 * where a hash ends, which is of no use to those who see no hash; in this runtime it takes ten times as long.
 */
export function keyedHash(): (text: string) => string {
  const key = crypto.getRandomValues(new Uint8Array(32)).toHex();
  return (text) => hash("sha256", key + text, "hex");
}
