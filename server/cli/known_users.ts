/**
 * The users of a server: those of the configuration, of a passwd-file, and of the database.
 *
 * @module
 */

import type { Config } from "../config.ts";
import { PasswdFile } from "../passwd_file.ts";
import { combinedUsers, inlineUsers, type UserStore } from "../users.ts";
import { CommandError, UsageError } from "./arguments.ts";

/**
 * Puts them together; who comes first in that order counts. Tokens are those of the database, whoever the user is.
 * @throws {UsageError} when users of the configuration cannot be users
 * @throws {CommandError} when the passwd-file cannot be read
 */
export async function knownUsers(
  config: Config,
  kvUsers: UserStore,
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
  return combinedUsers([...stores, kvUsers]);
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
