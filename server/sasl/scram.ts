/**
 * What SCRAM proves against (RFC 5802): the records of users who have one, or their passwords where they are known.
 *
 * Of a user who has neither, or is not there, a client sees a salt that stays the same and the usual iterations, and
 * its proof never holds. The salts of those whose password is known are made in the same way.
 *
 * @module
 */

import {
  deriveScramKeys,
  HASH_LENGTH,
  hmac,
  SCRAM_ITERATIONS,
  type ScramKeys,
} from "../../protocol/sasl/scram_keys.ts";
import type {
  SaslBackend,
  ScramCredentials,
  ScramHash,
} from "../../protocol/sasl/server.ts";
import {
  formatScramRecord,
  SCRAM_SALT_LENGTH,
  scramRecordOf,
} from "../scram_record.ts";
import type { SaslUsers } from "./mod.ts";

/** How credentials are made that no record has. */
export interface ScramOptions {
  /** Iterations. Default 4,096. */
  readonly iterations?: number | undefined;
  /** What salts are made of, the same at each start; never told. Default: random bytes. */
  readonly secret?: string | undefined;
}

/** Keys that are kept at the most; those least recently used go. */
const MAX_KEPT = 10_000;

/**
 * The credentials of users, by name and hash function. For who is not there the same is done as for those who are, by
 * a password or a record that nobody has, so that it takes as long.
 */
export function scramCredentials(
  users: SaslUsers,
  options: ScramOptions = {},
): NonNullable<SaslBackend["scram"]> {
  const { iterations = SCRAM_ITERATIONS } = options;
  const random = crypto.getRandomValues(new Uint8Array(32));
  const secret = options.secret === undefined
    ? random
    : new TextEncoder().encode(options.secret);
  const nobodysPassword = random.toBase64();
  const nobodys = { "SHA-1": madeUp("SHA-1"), "SHA-256": madeUp("SHA-256") };
  const kept = new KeptKeys(random);
  return async (given, hash): Promise<ScramCredentials> => {
    const known = await users.user(given);
    const identity = known && { user: known.name };
    const name = users.prepare(given) ?? given;
    const salt = hmac("SHA-256", secret, `SCRAM salt ${hash} ${name}`)
      .subarray(0, SCRAM_SALT_LENGTH);
    const password = known === undefined && users.knowsPasswords
      ? nobodysPassword
      : known?.password;
    if (password) {
      const keys = await kept.get(
        [hash, known === undefined ? "" : name, password],
        () => deriveScramKeys(hash, password, salt, iterations),
      );
      return { identity, salt, iterations, ...keys };
    }
    const nobody = nobodys[hash];
    const record = scramRecordOf(known ?? { scram: nobody.record }, hash);
    if (record !== undefined && identity !== undefined) {
      return { identity, ...record };
    }
    return { identity: undefined, salt, iterations, ...nobody.keys };
  };
}

/** Keys for which there is no password, and a record of them. */
function madeUp(hash: ScramHash): { keys: ScramKeys; record: string } {
  const random = (length: number) =>
    crypto.getRandomValues(new Uint8Array(length));
  const length = HASH_LENGTH[hash];
  const keys = { storedKey: random(length), serverKey: random(length) };
  const salt = random(SCRAM_SALT_LENGTH);
  const iterations = SCRAM_ITERATIONS;
  return {
    keys,
    record: formatScramRecord({ hash, iterations, salt, ...keys }),
  };
}

/** Keys that were derived before, so that it is done once a password. */
class KeptKeys {
  readonly #secret: Uint8Array;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Promise<ScramKeys>>();

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  get(
    about: readonly [hash: ScramHash, name: string, password: string],
    derive: () => Promise<ScramKeys>,
  ): Promise<ScramKeys> {
    // Passwords themselves are not kept.
    const key = hmac("SHA-256", this.#secret, JSON.stringify(about)).toBase64();
    const keys = this.#entries.get(key) ?? derive();
    keys.catch(() => this.#entries.delete(key));
    this.#entries.delete(key);
    this.#entries.set(key, keys);
    if (this.#entries.size > MAX_KEPT) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    return keys;
  }
}
