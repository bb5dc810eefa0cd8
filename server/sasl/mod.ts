/**
 * What the server knows that SASL mechanisms prove against, one kind of proof a file.
 *
 * @module
 */

import { MECHANISM_NAMES } from "../../protocol/sasl/mod.ts";
import type { SaslBackend } from "../../protocol/sasl/server.ts";
import type { KnownUser } from "../users.ts";
import { anonymousAccount } from "./anonymous.ts";
import {
  type CertificateFunction,
  type CertificateOptions,
  certificateProof,
} from "./certificates.ts";
import { knownPasswords } from "./cram_md5.ts";
import { MAX_SCRAM_ITERATIONS } from "../scram_record.ts";
import { scramCredentials } from "./scram.ts";
import { type TokenFunction, type TokenOptions, tokenProof } from "./tokens.ts";

/** Which SASL mechanisms there are, and what they prove against. */
export interface SaslOptions {
  /**
   * The mechanisms to offer, in capitals; each is offered only where what it needs is there. Default `PLAIN` and
   * `LOGIN`, those whose own settings are given, and SCRAM where the passwords of all users are known as they are.
   *
   * SCRAM with `-PLUS` has to be named: it binds to the certificate (`tls-server-end-point`), and clients that know
   * other bindings alone, as those with GNU SASL do, choose it where it is offered and fail, or go on with the
   * password as it is.
   */
  readonly mechanisms?: readonly string[];
  /**
   * The iterations of SCRAM where no record says how many: for passwords that are known, and of users who are not
   * there. Those of the records had better be the same. Default 4,096 (RFC 7677 § 4).
   */
  readonly scramIterations?: number;
  /** Which tokens are good (OAUTHBEARER, XOAUTH2), or a function that decides. Default: none. */
  readonly tokens?: TokenOptions | TokenFunction;
  /** Whom certificates of clients are for (EXTERNAL), or a function that decides. Default: nobody. */
  readonly certificates?: CertificateOptions | CertificateFunction;
  /** The account of those who give no name (ANONYMOUS). Default: there is none, and nobody is let in without. */
  readonly anonymous?: string;
}

/** Who there is. */
export interface SaslUsers {
  /** Whether they are looked up; otherwise a function or a callback decides, which is given passwords. */
  readonly lookedUp: boolean;
  /** Whether they are, and the passwords of all are known as they are. */
  readonly knowsPasswords: boolean;
  /** A name as it is compared, or undefined for one that cannot be. */
  prepare(name: string): string | undefined;
  /** The record of a name that a client gave, or undefined for nobody and for one who is disabled. */
  user(name: string): Promise<KnownUser | undefined>;
}

const DEFAULT_MECHANISMS = ["PLAIN", "LOGIN"];
const TOKENS = ["OAUTHBEARER", "XOAUTH2"];
const SCRAM = ["SCRAM-SHA-256", "SCRAM-SHA-1"];

/**
 * Puts together what the settings ask for.
 * @param secret what stays the same at each start and nobody knows, such as a private key
 * @throws {TypeError} for a mechanism that there is not, and for settings that cannot be
 */
export function saslBackend(
  options: SaslOptions,
  users: SaslUsers,
  secret?: string,
): SaslBackend {
  check(options);
  const { tokens, certificates, anonymous } = options;
  const mechanisms = new Set(
    (options.mechanisms ?? [
      ...DEFAULT_MECHANISMS,
      ...(tokens === undefined ? [] : TOKENS),
      ...(certificates === undefined ? [] : ["EXTERNAL"]),
      ...(anonymous === undefined ? [] : ["ANONYMOUS"]),
    ]).map((name) => name.toUpperCase()),
  );
  const withScram = new Set([...mechanisms, ...SCRAM]);
  const scram = scramCredentials(users, {
    iterations: options.scramIterations,
    secret,
  });
  const password = knownPasswords(users);
  const token = tokens && tokenProof(tokens, users);
  const certificate = certificates && certificateProof(certificates, users);
  const nobody = anonymous === undefined
    ? undefined
    : anonymousAccount(anonymous, users);
  // Users are changed while the server runs, and with them what can be proved.
  return {
    get mechanisms() {
      return options.mechanisms === undefined && users.knowsPasswords
        ? withScram
        : mechanisms;
    },
    get scram() {
      return users.lookedUp ? scram : undefined;
    },
    get password() {
      return users.knowsPasswords ? password : undefined;
    },
    get token() {
      return typeof tokens === "function" || users.lookedUp ? token : undefined;
    },
    get certificate() {
      return typeof certificates === "function" || users.lookedUp
        ? certificate
        : undefined;
    },
    anonymous: nobody,
    async account(name) {
      const known = await users.user(name);
      return known && { user: known.name };
    },
  };
}

function check({ mechanisms = [], scramIterations }: SaslOptions): void {
  for (const name of mechanisms) {
    if (!MECHANISM_NAMES.includes(name.toUpperCase())) {
      throw new TypeError(`There is no mechanism ${name}`);
    }
  }
  if (
    scramIterations !== undefined &&
    !(Number.isInteger(scramIterations) && scramIterations > 0 &&
      scramIterations <= MAX_SCRAM_ITERATIONS)
  ) throw new TypeError("scramIterations is no number that can be");
}
