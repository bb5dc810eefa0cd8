/**
 * Users in the database.
 *
 * @module
 */

import { userKey, USERS } from "./keys.ts";

/** A user. */
export interface UserRecord {
  /** The name to log in by, and of the account. */
  readonly name: string;
  /** The hash of the password, in whatever format says by itself which it is. */
  readonly passwordHash: string;
  /** Whether the user may not log in. */
  readonly disabled: boolean;
  /** When the user was made, in milliseconds since 1970. */
  readonly created: number;
}

/**
 * The users of a database, which {@linkcode KvStorage.users} gives. They do for the option `users` of a server.
 *
 * ```ts
 * import { openKvStorage, serve } from "@x/imapd";
 *
 * await using storage = await openKvStorage({ path: ":memory:" });
 * await storage.users.set({
 *   name: "alice",
 *   passwordHash:
 *     "$argon2id$v=19$m=19456,t=2,p=1$onTTZq+IIiUfiqQWCejrvw" +
 *     "$5jvLMK+LWZGjbnN1HJDyOAfACqU2XtaaGlmdmSsoQYA", // secret
 *   disabled: false,
 *   created: Date.now(),
 * });
 * await using server = serve({ port: 0, storage, users: storage.users });
 * console.log(server.addr.port);
 * ```
 */
export class KvUsers {
  readonly #kv: Deno.Kv;

  /** The users of this database. */
  constructor(kv: Deno.Kv) {
    this.#kv = kv;
  }

  /** A user, or undefined. */
  async get(name: string): Promise<UserRecord | undefined> {
    const { value } = await this.#kv.get<UserRecord>(userKey(name));
    return value ?? undefined;
  }

  /** Puts a user in, or in place of the one of that name. */
  async set(record: UserRecord): Promise<void> {
    const { name, passwordHash, disabled, created } = record;
    await this.#kv.set(userKey(name), {
      name,
      passwordHash,
      disabled,
      created,
    });
  }

  /** Takes a user out; harmless when there is none. The account stays. */
  async remove(name: string): Promise<void> {
    await this.#kv.delete(userKey(name));
  }

  /** All users, by name. */
  async *list(): AsyncGenerator<UserRecord, void> {
    for await (
      const { value } of this.#kv.list<UserRecord>({ prefix: USERS })
    ) {
      yield value;
    }
  }
}
