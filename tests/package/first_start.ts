/**
 * A server that has started for the first time, without users.
 *
 * @module
 */

import { assertMatch } from "@std/assert";
import type { RunningServer } from "../cli/run.ts";
import { LineClient } from "../testing/client.ts";

/** The password of the user that a first start makes. It is kept as argon2id. */
export function firstPassword(server: RunningServer): string {
  return /password: +(\S+)/.exec(server.err)![1]!;
}

/** Logs in as that user. */
export async function enter(
  server: RunningServer,
  password: string,
): Promise<LineClient> {
  const client = await LineClient.open(server.port);
  assertMatch(await client.ask(`LOGIN user ${password}`), /^t1 OK/m);
  return client;
}

/** What a server says that is not the log of its usual work, nor that it has no users yet, nor of `deno`. */
export function complaints(server: RunningServer): string[] {
  const usual =
    /^$|^\S+Z info |^There were no users|^ {2}(user name|password):/;
  return server.err.split("\n").filter((line) =>
    !usual.test(line) && !/^(Download|Initialize) /.test(line)
  );
}
