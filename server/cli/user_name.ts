/**
 * User names on the command line.
 *
 * @module
 */

import type { Config } from "../config.ts";
import { prepareUserName } from "../users.ts";
import { UsageError } from "./arguments.ts";
import { printable } from "./terminal.ts";

/** A name from the command line as the database has it. @throws {UsageError} when it cannot be one */
export function userName(given: string, config: Config): string {
  const name = prepareUserName(given, config.caseInsensitiveUsers ?? false);
  if (name === undefined) {
    throw new UsageError(`"${printable(given)}" cannot be a user name`);
  }
  return name;
}
