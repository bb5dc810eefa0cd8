/**
 * Hashing passwords for those who keep users themselves.
 *
 * @module
 */

import { DEFAULT_COST, PasswordHasher } from "./password.ts";
import { preparePassword } from "./users.ts";

/** What a hash costs whoever computes it; more costs more to guess. */
export interface HashPasswordOptions {
  /** Memory in KiB, up to 1,048,576. Default 19,456. */
  readonly memory?: number;
  /** Passes over the memory, up to 100; in all, up to 4,194,304 KiB. Default 2. */
  readonly iterations?: number;
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
