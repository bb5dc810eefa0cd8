/**
 * Hashing passwords for those who keep users themselves.
 *
 * @module
 */

import { SCRAM_ITERATIONS } from "../protocol/sasl/scram_keys.ts";
import { DEFAULT_COST, MAX_PASSWORD, PasswordHasher } from "./password.ts";
import { makeScramRecord, MAX_SCRAM_ITERATIONS } from "./scram_record.ts";
import { preparePassword } from "./users.ts";

/** What a hash costs whoever computes it; more costs more to guess. */
export interface HashPasswordOptions {
  /** Memory in KiB, up to 1,048,576. Default 19,456. */
  readonly memory?: number;
  /** Passes over the memory, up to 100; in all, up to 4,194,304 KiB. Default 2. */
  readonly iterations?: number;
}

/** How a record for SCRAM is made. */
export interface HashForScramOptions {
  /** The hash function. Default `SHA-256`. */
  readonly hash?: "SHA-256" | "SHA-1";
  /**
   * Iterations, up to 10,000,000; those that the server tells of users who are not there (`scramIterations`). Each
   * login costs the client as many. Default 4,096 (RFC 7677 § 4).
   */
  readonly iterations?: number | undefined;
}

/** Ends when all before have been hashed: a thread each would be too much for who hashes a thousand. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Hashes a password by argon2id, in a thread of its own: some 100 ms. The hash is what a {@linkcode UserStore} gives
 * as `passwordHash`.
 *
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { hashPassword } from "@x/imapd";
 *
 * const passwordHash = await hashPassword("correct horse battery staple");
 * assertMatch(passwordHash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
 * ```
 *
 * @returns a string in the PHC format, with salt and cost in it
 * @throws {TypeError} for an empty password, one of more than 1,024 bytes, and a cost that cannot be
 */
export function hashPassword(
  password: string,
  options: HashPasswordOptions = {},
): Promise<string> {
  const { memory, iterations, parallelism } = DEFAULT_COST;
  const hashed = turn.then(async () => {
    using hasher = new PasswordHasher({
      cost: {
        memory: options.memory ?? memory,
        iterations: options.iterations ?? iterations,
        parallelism,
      },
    });
    return await hasher.hash(preparePassword(password));
  });
  turn = hashed.catch(() => {});
  return hashed;
}

/**
 * Makes what SCRAM needs of a password and no more, StoredKey and ServerKey (RFC 5802 § 3): what a {@linkcode UserStore}
 * gives as `scram`, beside `passwordHash` or alone. It is easier to guess the password by than a hash of
 * {@linkcode hashPassword} is.
 *
 * ```ts
 * import { hashForScram, hashPassword, serve } from "@x/imapd";
 *
 * const password = "correct horse battery staple";
 * const alice = {
 *   name: "alice",
 *   passwordHash: await hashPassword(password),
 *   scram: await hashForScram(password),
 * };
 * await using server = serve({
 *   port: 0,
 *   users: {
 *     get: (name) => Promise.resolve(name === "alice" ? alice : undefined),
 *     scram: new Set(["SHA-256"] as const),
 *   },
 * });
 * console.log(server.addr.port);
 * ```
 *
 * @returns a record in the form of Dovecot, with hash function, iterations and salt in it
 * @throws {TypeError} for an empty password, one of more than 1,024 bytes, and iterations that cannot be
 */
export async function hashForScram(
  password: string,
  options: HashForScramOptions = {},
): Promise<string> {
  const { hash = "SHA-256", iterations = SCRAM_ITERATIONS } = options;
  const { length } = new TextEncoder().encode(password);
  if (length === 0 || length > MAX_PASSWORD) {
    throw new TypeError("A password has from 1 to 1,024 bytes");
  }
  const possible = Number.isInteger(iterations) && iterations > 0 &&
    iterations <= MAX_SCRAM_ITERATIONS;
  if (!possible) throw new TypeError("Iterations are no number that can be");
  return await makeScramRecord(password, { hash, iterations });
}
