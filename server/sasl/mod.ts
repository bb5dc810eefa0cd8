/**
 * What the server knows that SASL mechanisms prove against, one kind of proof a file.
 *
 * @module
 */

import { MECHANISM_NAMES } from "../../protocol/sasl/mod.ts";
import type { SaslBackend, ScramHash } from "../../protocol/sasl/server.ts";
import type { OtpStore } from "../../storage/otp.ts";
import type { KnownUser } from "../users.ts";
import { anonymousAccount, type AnonymousOptions } from "./anonymous.ts";
import {
  type CertificateFunction,
  type CertificateOptions,
  certificateProof,
} from "./certificates.ts";
import { knownPasswords } from "./cram_md5.ts";
import { type GssapiOptions, gssapiProof } from "./gssapi/mod.ts";
import { kerberosV4Keys, type KerberosV4Options } from "./kerberos_v4.ts";
import { otpLogins } from "./otp.ts";
import { MAX_SCRAM_ITERATIONS } from "../scram_record.ts";
import { scramCredentials } from "./scram.ts";
import { type TokenFunction, type TokenOptions, tokenProof } from "./tokens.ts";

/** Which SASL mechanisms there are, and what they prove against. */
export interface SaslOptions {
  /**
   * The mechanisms to offer, in capitals; each is offered only where what it needs is there. Default `PLAIN` and
   * `LOGIN`, those whose own settings are given, and SCRAM where every user has a record of it or a password that is
   * known as it is.
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
  /**
   * Whether a user who logs in by a password gets a record of SCRAM, where there is none yet and the store of users
   * can keep it (`UserStore.update`). Beside argon2id it is what is easier to guess the password by, for
   * whoever gets at the store. Default false.
   */
  readonly scramRecords?: boolean;
  /**
   * What challenges to those who are not there are made of, the same at each start, so that they do not change where
   * those of others stay; nobody may know it. Default: the private key of the certificate, or without one random
   * bytes.
   */
  readonly secret?: string;
  /** Which tokens are good (OAUTHBEARER, XOAUTH2), or a function that decides. Default: none. */
  readonly tokens?: TokenOptions | TokenFunction;
  /** Whom certificates of clients are for (EXTERNAL), or a function that decides. Default: nobody. */
  readonly certificates?: CertificateOptions | CertificateFunction;
  /**
   * The account of those who give no name (ANONYMOUS); they may read it alone, unless it says otherwise. Default:
   * there is none, and nobody is let in without.
   */
  readonly anonymous?: string | AnonymousOptions;
  /** Which tickets of Kerberos 5 are good (GSSAPI). It needs `--allow-ffi`. Default: none. */
  readonly gssapi?: GssapiOptions;
  /** Which tickets of Kerberos 4 are good (KERBEROS_V4). They rest on single DES, which is broken. Default: none. */
  readonly kerberosV4?: KerberosV4Options;
  /**
   * Where the one-time passwords of users are. OTP, and SKEY for those whose hash function is MD4, are off until
   * `mechanisms` names them: they rest on MD4, MD5 or SHA-1 folded to 64 bits. Default: nobody has any.
   */
  readonly otp?: OtpStore;
}

/** Who there is. */
export interface SaslUsers {
  /** Whether they are looked up; otherwise a function or a callback decides, which is given passwords. */
  readonly lookedUp: boolean;
  /** Whether they are, and the passwords of all are known as they are. */
  readonly knowsPasswords: boolean;
  /** The hash functions of SCRAM by which all of them can log in. Default: none. */
  readonly scram?: ReadonlySet<ScramHash>;
  /** A name as it is compared, or undefined for one that cannot be. */
  prepare(name: string): string | undefined;
  /** The record of a name that a client gave, or undefined for nobody and for one who is disabled. */
  user(name: string): Promise<KnownUser | undefined>;
}

const DEFAULT_MECHANISMS = ["PLAIN", "LOGIN"];
const TOKENS = ["OAUTHBEARER", "XOAUTH2"];

/**
 * Puts together what the settings ask for.
 * @param key what stays the same at each start and nobody knows, where the options have no such thing
 * @throws {TypeError} for a mechanism that there is not, and for settings that cannot be
 */
export function saslBackend(
  options: SaslOptions,
  users: SaslUsers,
  key?: string,
): SaslBackend {
  check(options);
  const secret = options.secret ?? key;
  const { tokens, certificates, anonymous, gssapi, kerberosV4 } = options;
  const mechanisms = new Set(
    (options.mechanisms ?? [
      ...DEFAULT_MECHANISMS,
      ...(tokens === undefined ? [] : TOKENS),
      ...(certificates === undefined ? [] : ["EXTERNAL"]),
      ...(anonymous === undefined ? [] : ["ANONYMOUS"]),
      ...(gssapi === undefined ? [] : ["GSSAPI"]),
      ...(kerberosV4 === undefined ? [] : ["KERBEROS_V4"]),
    ]).map((name) => name.toUpperCase()),
  );
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
  const otp = options.otp && otpLogins(options.otp, users, { secret });
  const tickets = gssapi && gssapiProof(gssapi);
  const oldTickets = kerberosV4 && kerberosV4Keys(kerberosV4);
  let hashes: ReadonlySet<ScramHash> | undefined;
  let withScram = mechanisms;
  // Users are changed while the server runs, and with them what can be proved.
  return {
    get mechanisms() {
      if (options.mechanisms !== undefined || !users.lookedUp) {
        return mechanisms;
      }
      if (hashes !== users.scram) {
        hashes = users.scram;
        withScram = mechanisms.union(
          new Set([...hashes ?? []].map((hash) => `SCRAM-${hash}`)),
        );
      }
      return withScram;
    },
    get scram() {
      return users.lookedUp ? scram : undefined;
    },
    get password() {
      return users.lookedUp ? password : undefined;
    },
    get token() {
      return typeof tokens === "function" || users.lookedUp ? token : undefined;
    },
    get certificate() {
      return typeof certificates === "function" || users.lookedUp
        ? certificate
        : undefined;
    },
    get gssapi() {
      return users.lookedUp ? tickets?.begin : undefined;
    },
    get kerberosV4() {
      return users.lookedUp ? oldTickets : undefined;
    },
    get otp() {
      return users.lookedUp ? otp : undefined;
    },
    anonymous: nobody,
    async account(name) {
      const known = await users.user(name);
      return known && { user: known.name };
    },
    close: () => tickets?.close(),
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
