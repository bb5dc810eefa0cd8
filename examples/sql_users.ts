/**
 * Users from a SQL table, their passwords as argon2id.
 *
 * `deno run --allow-net=127.0.0.1 --allow-read=users.db,server --allow-write=users.db examples/sql_users.ts users.db`
 * listens on 127.0.0.1:1143. `server` has the program of the thread that hashes passwords.
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
  const [file = "users.db", port = "1143"] = Deno.args;
  const server = start(new DatabaseSync(file), Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
