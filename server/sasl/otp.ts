/**
 * What OTP and SKEY prove against: series of one-time passwords, of which each is used once, whoever else logs in
 * at the same time and on however many servers.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Identity } from "../../protocol/identity.ts";
import { type OtpAlgorithm, otpHash } from "../../protocol/sasl/otp_hash.ts";
import type {
  OtpLogin,
  OtpSeries,
  SaslBackend,
} from "../../protocol/sasl/server.ts";
import type { OtpRecord, OtpStore } from "../../storage/otp.ts";
import type { SaslUsers } from "./mod.ts";
import { DEFAULT_OTP, seedOf } from "./otp_record.ts";

/** How the logins of {@linkcode otpLogins} are made. */
export interface OtpOptions {
  /** What series are made of whom nobody has, the same at each start; never told. Default: random bytes. */
  readonly secret?: string | undefined;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** How long a login keeps others of the same user out, in milliseconds: people type six words. */
const MAX_TIME = 60_000;

/** The numbers that are asked of users who are not there lie from here to 400 above. */
const NOBODYS_SEQUENCE = 90;

/**
 * Begins logins by the one-time passwords of a store.
 *
 * Who listens to somebody who types a password could guess the end of it and be faster. That is why a user logs in
 * once at a time, and a wrong guess keeps its turn until its delay is over (RFC 2289 § 9). Several servers on one
 * store have a turn each. Somebody who begins logins and does not end them keeps a user from this mechanism, for a
 * minute at a time, and not from others.
 */
export function otpLogins(
  store: OtpStore,
  users: SaslUsers,
  { secret, now = Date.now }: OtpOptions = {},
): NonNullable<SaslBackend["otp"]> {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const turns = new Turns(now);
  return async (given, algorithm): Promise<OtpLogin | undefined> => {
    const name = users.prepare(given) ?? given;
    const turn = turns.take(name);
    if (turn === undefined) return undefined;
    try {
      const known = await users.user(given);
      const record = await store.get(known?.name ?? name);
      return known === undefined || record === undefined ||
          (algorithm ?? record.algorithm) !== record.algorithm
        ? new NobodysLogin(
          seriesOfNobody(secret ?? random, name, algorithm),
          turn,
        )
        : new UsersLogin({ user: known.name }, record, store, turn);
    } catch (error) {
      turn.end();
      throw error;
    }
  };
}

/** A turn to log in. */
interface Turn {
  /** Whether it has not come to its end, of itself or by being too long. */
  lasts(): boolean;
  /** Ends it. */
  end(): void;
}

/** Gives one turn a user at a time; as many users have one as there are logins under way. */
class Turns {
  readonly #now: () => number;
  readonly #taken = new Map<string, { readonly until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  take(name: string): Turn | undefined {
    const taken = this.#taken.get(name);
    if (taken !== undefined && taken.until > this.#now()) return undefined;
    const mine = { until: this.#now() + MAX_TIME };
    this.#taken.set(name, mine);
    const isMine = () => this.#taken.get(name) === mine;
    return {
      lasts: () => isMine() && mine.until > this.#now(),
      end: () => {
        if (isMine()) this.#taken.delete(name);
      },
    };
  }
}

/** The login of a user who has one-time passwords. */
class UsersLogin implements OtpLogin {
  readonly algorithm: OtpAlgorithm;
  readonly sequence: number;
  readonly seed: string;
  readonly #identity: Identity;
  readonly #record: OtpRecord;
  readonly #store: OtpStore;
  readonly #turn: Turn;

  constructor(
    identity: Identity,
    record: OtpRecord,
    store: OtpStore,
    turn: Turn,
  ) {
    this.algorithm = record.algorithm;
    this.sequence = record.sequence - 1;
    this.seed = record.seed;
    this.#identity = identity;
    this.#record = record;
    this.#store = store;
    this.#turn = turn;
  }

  async use(
    password: Uint8Array,
    next?: OtpSeries,
  ): Promise<Identity | undefined> {
    const before = this.#record;
    const right = timingSafeEqual(
      otpHash(this.algorithm, password),
      before.last,
    );
    // "MUST disable all OTP access to any principal whose sequence number would be less than one": RFC 2243 § 4.3
    if (!right || this.sequence < 1 || !this.#turn.lasts()) return undefined;
    const after = next ??
      { ...before, sequence: this.sequence, last: password };
    const { user } = this.#identity;
    // Somebody else may have used it meanwhile, on another server.
    const used = await this.#store.compareAndSet(user, before, after);
    return used ? this.#identity : undefined;
  }

  close(): void {
    this.#turn.end();
  }
}

/** The login of one who has none: it looks like another, and its passwords are never right. */
class NobodysLogin implements OtpLogin {
  readonly algorithm: OtpAlgorithm;
  readonly sequence: number;
  readonly seed: string;
  readonly #turn: Turn;

  constructor(series: Omit<OtpSeries, "last">, turn: Turn) {
    this.algorithm = series.algorithm;
    this.sequence = series.sequence - 1;
    this.seed = series.seed;
    this.#turn = turn;
  }

  use(password: Uint8Array): Promise<undefined> {
    otpHash(this.algorithm, password);
    return Promise.resolve(undefined);
  }

  close(): void {
    this.#turn.end();
  }
}

/** The same each time for a name. */
function seriesOfNobody(
  secret: string | Uint8Array,
  name: string,
  algorithm: OtpAlgorithm = DEFAULT_OTP.algorithm,
): Omit<OtpSeries, "last"> {
  const bytes = createHmac("sha256", secret).update(`OTP ${name}`).digest();
  const sequence = NOBODYS_SEQUENCE + bytes.readUInt16BE(0) % 400;
  return { algorithm, sequence, seed: seedOf(bytes.subarray(2)) };
}
