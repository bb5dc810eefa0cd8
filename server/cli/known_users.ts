/**
 * The users of a server: those of the configuration, of a passwd-file, and of the database.
 *
 * @module
 */

import type { ScramHash } from "../../protocol/sasl/server.ts";
import type { KvUsers } from "../../storage/kv/users.ts";
import type { Config } from "../config.ts";
import { PasswdFile } from "../passwd_file.ts";
import { scramRecordOf } from "../scram_record.ts";
import {
  combinedUsers,
  inlineUsers,
  SCRAM_HASHES,
  type UserStore,
} from "../users.ts";
import { CommandError, UsageError } from "./arguments.ts";

/**
 * Puts them together; who comes first in that order counts. Tokens are those of the database, whoever the user is.
 * By which SCRAM those of the database can log in is what is known of them now.
 * @throws {UsageError} when users of the configuration cannot be users
 * @throws {CommandError} when the passwd-file cannot be read
 */
export async function knownUsers(
  config: Config,
  kvUsers: KvUsers,
): Promise<UserStore> {
  const { users = {}, caseInsensitiveUsers = false, passwdFile } = config;
  const stores: UserStore[] = [];
  try {
    stores.push(inlineUsers(users, caseInsensitiveUsers));
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
  if (passwdFile !== undefined) {
    stores.push(await openPasswdFile(passwdFile, caseInsensitiveUsers));
  }
  const scram = await scramOf(kvUsers);
  return combinedUsers([...stores, { ...combinedUsers([kvUsers]), scram }]);
}

/** The hash functions of SCRAM by which all users can log in who can at all. */
async function scramOf(users: KvUsers): Promise<ReadonlySet<ScramHash>> {
  const common = new Set(SCRAM_HASHES);
  for await (const user of users.list()) {
    if (user.disabled) continue;
    for (const hash of common) {
      if (scramRecordOf(user, hash) === undefined) common.delete(hash);
    }
    if (common.size === 0) break;
  }
  return common;
}

async function openPasswdFile(
  path: string,
  caseInsensitive: boolean,
): Promise<PasswdFile> {
  try {
    return await PasswdFile.open(path, { caseInsensitive });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The passwd-file cannot be read: ${reason}`);
  }
}
