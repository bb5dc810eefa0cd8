/**
 * `imapd user otp`: a user's one-time passwords (RFC 2289).
 *
 * @module
 */

import {
  isOtpAlgorithm,
  OTP_ALGORITHMS,
} from "../../protocol/sasl/otp_hash.ts";
import type { OtpRecord, OtpStore } from "../../storage/otp.ts";
import {
  DEFAULT_OTP,
  otpRecord,
  type OtpSeriesOptions,
} from "../sasl/otp_record.ts";
import {
  type Arguments,
  type CliOption,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { databaseConfig, openDatabase } from "./database.ts";
import { knownUsers } from "./known_users.ts";
import {
  askPassword,
  generatePassword,
  passwordFromInput,
  print,
  printable,
} from "./terminal.ts";
import { userName } from "./user_name.ts";

/** How it is called. */
export const OTP_USAGE: readonly string[] = [
  "user otp NAME [--seed S] [--sequence N] [--hash H] [OPTIONS]",
  "user otp NAME --off [OPTIONS]",
];

/** What is to be said about it. */
export const OTP_ABOUT: readonly string[] = [
  "One-time passwords (OTP, S/KEY) come from a pass phrase, which is asked for as a password is, and not " +
  "kept. They count down; before the last one is used, another series has to begin. They are taken where " +
  "the configuration names the mechanism: sasl: { mechanisms: [OTP] }.",
];

/** Its options, beside those that all have. */
export const OTP_OPTIONS: readonly CliOption[] = [
  {
    name: "seed",
    placeholder: "S",
    help: "otp: letters and digits (default: some at random)",
  },
  {
    name: "sequence",
    placeholder: "N",
    help:
      `otp: the number to count down from (default: ${DEFAULT_OTP.sequence})`,
  },
  {
    name: "hash",
    placeholder: "H",
    help: `otp: ${OTP_ALGORITHMS.join(", ")} (default: ` +
      `${DEFAULT_OTP.algorithm}; S/KEY knows md4 alone)`,
  },
  { name: "off", help: "otp: take them away" },
];

/** Runs it; returns the exit status. */
export async function runOtp(args: Arguments): Promise<number> {
  const [, given, ...rest] = args.operands;
  if (given === undefined || rest.length > 0) {
    throw new UsageError("user otp needs one name");
  }
  const config = await databaseConfig(args);
  const name = userName(given, config);
  const series = args.flag("off") ? undefined : seriesOptions(args);
  await using database = await openDatabase(config);
  const { users, otp } = database.storage;
  if (series === undefined) {
    await forgetOtp(name, otp);
    return 0;
  }
  if (await (await knownUsers(config, users)).get(name) === undefined) {
    throw new CommandError(`There is no user ${printable(name)}`);
  }
  const { passphrase, generated } = await newPassphrase(name, args);
  const record = recordOf(passphrase, series);
  await replace(otp, name, record);
  if (generated) print(`pass phrase: ${passphrase}`);
  const { algorithm, sequence, seed } = record;
  print(`first challenge: otp-${algorithm} ${sequence - 1} ${seed}`);
  return 0;
}

/** Takes away what a user has of one-time passwords, who may be removed. */
export async function forgetOtp(name: string, store: OtpStore): Promise<void> {
  await replace(store, name, undefined);
}

function seriesOptions(args: Arguments): OtpSeriesOptions {
  const seed = args.text("seed");
  const sequence = args.text("sequence");
  const algorithm = args.text("hash");
  if (sequence !== undefined && !/^\d{1,4}$/.test(sequence)) {
    throw new UsageError("--sequence needs a number");
  }
  if (algorithm !== undefined && !isOtpAlgorithm(algorithm)) {
    throw new UsageError(`--hash is one of ${OTP_ALGORITHMS.join(" ")}`);
  }
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(sequence === undefined ? {} : { sequence: Number(sequence) }),
    ...(algorithm === undefined ? {} : { algorithm }),
  };
}

async function newPassphrase(
  user: string,
  args: Arguments,
): Promise<{ passphrase: string; generated: boolean }> {
  if (args.flag("password-stdin")) {
    return { passphrase: await passwordFromInput(), generated: false };
  }
  if (args.flag("generate") || !Deno.stdin.isTerminal()) {
    return { passphrase: generatePassword(), generated: true };
  }
  return { passphrase: await askPassword(user), generated: false };
}

function recordOf(
  passphrase: string,
  series: OtpSeriesOptions,
): OtpRecord {
  try {
    return otpRecord(passphrase, series);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** Puts it in whatever is there; nobody logs in meanwhile, as the database has one process. */
async function replace(
  store: OtpStore,
  user: string,
  record: OtpRecord | undefined,
): Promise<void> {
  for (;;) {
    const before = await store.get(user);
    if (await store.compareAndSet(user, before, record)) return;
  }
}
