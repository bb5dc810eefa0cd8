/**
 * Users from a SQL table, their passwords as argon2id.
 *
 * `deno run --allow-net --allow-read --allow-write examples/sql_users.ts users.db`
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { type ImapServer, serve, type UserStore } from "../mod.ts";

/** Looks users up in a table `users (name, password_hash, disabled)`. */
export function usersOf(database: DatabaseSync): UserStore {
  database.exec(
    "CREATE TABLE IF NOT EXISTS users" +
      " (name TEXT PRIMARY KEY, password_hash TEXT, disabled INTEGER)",
  );
  const query = database.prepare("SELECT * FROM users WHERE name = ?");
  return {
    get(name) {
      const row = query.get(name);
      return Promise.resolve(
        row && {
          name,
          passwordHash: String(row.password_hash),
          disabled: row.disabled === 1,
        },
      );
    },
  };
}

/** Starts a server for these users; port 0 picks a free one. */
export function start(database: DatabaseSync, port = 1143): ImapServer {
  return serve({ port, users: usersOf(database) });
}

if (import.meta.main) {
  await start(new DatabaseSync(Deno.args[0] ?? "users.db")).finished;
}
