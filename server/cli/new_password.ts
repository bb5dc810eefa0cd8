/**
 * A user's new password, and what is kept of it.
 *
 * @module
 */

import type { Config } from "../config.ts";
import { hashForScram } from "../hash_password.ts";
import { passwordCost, PasswordHasher } from "../password.ts";
import { preparePassword } from "../users.ts";
import type { Arguments } from "./arguments.ts";
import {
  askPassword,
  generatePassword,
  passwordFromInput,
} from "./terminal.ts";

/** What is kept of a password. */
export interface PasswordRecords {
  /** argon2id. */
  readonly passwordHash: string;
  /** What SCRAM needs, where it is to be there. */
  readonly scram?: string;
}

/** A password that has just been set. */
export interface NewPassword {
  /** What is kept of it. */
  readonly records: PasswordRecords;
  /** The password, where it was made here and nobody knows it yet. */
  readonly generated?: string;
}

/**
 * A password from a terminal, from standard input, or made here.
 * @param user whom it is asked for
 * @param withScram whether SCRAM is to be possible by it
 */
export async function newPassword(
  user: string,
  args: Arguments,
  config: Config,
  withScram: boolean,
): Promise<NewPassword> {
  const records = (password: string) => recordsOf(password, config, withScram);
  if (args.flag("password-stdin")) {
    return { records: await records(await passwordFromInput()) };
  }
  if (!args.flag("generate") && Deno.stdin.isTerminal()) {
    return { records: await records(await askPassword(user)) };
  }
  const generated = generatePassword();
  return { records: await records(generated), generated };
}

/** What is kept of a password. */
export async function recordsOf(
  given: string,
  config: Config,
  withScram: boolean,
): Promise<PasswordRecords> {
  const password = preparePassword(given);
  using hasher = new PasswordHasher({ cost: passwordCost(config) });
  const passwordHash = await hasher.hash(password);
  if (!withScram) return { passwordHash };
  const iterations = config.sasl?.scramIterations;
  return { passwordHash, scram: await hashForScram(password, { iterations }) };
}
