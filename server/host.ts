/**
 * The server as the connections of a protocol see it.
 *
 * @module
 */

import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Hooks } from "../protocol/hooks.ts";
import type { Host, OpenSession, ServerMetadata } from "../protocol/host.ts";
import { DEFAULT_LIMITS, type Limits } from "../protocol/limits.ts";
import { LiteralBudget } from "../protocol/literal_budget.ts";
import type { SaslBackend } from "../protocol/sasl/server.ts";
import type { Storage } from "../storage/storage.ts";
import type { Admission } from "./admission.ts";
import { Authenticator } from "./authenticator.ts";
import { authenticateWith, hooksOf } from "./callbacks/hooks.ts";
import { recipientWith } from "./callbacks/recipients.ts";
import { type Log, logger } from "./log.ts";
import { hashForScram } from "./hash_password.ts";
import { throttleOf } from "./login_throttle.ts";
import { DEFAULTS, type ReloadOptions, type ServeOptions } from "./options.ts";
import { passwordCost, PasswordHasher } from "./password.ts";
import { policyOf } from "./quirks.ts";
import { deliveryGate, Recipients } from "./recipients.ts";
import { saslBackend } from "./sasl/mod.ts";
import { SessionWatch } from "./session_watch.ts";
import { normalName } from "../storage/scope.ts";
import { prepareUserName, type Users } from "./users.ts";

/** What happens with every connection; the rest is worth a line in a log that is kept. */
const COMMON_EVENTS = new Set(["connect", "disconnect"]);

/** See {@linkcode Host}. */
export class ServerHost implements Host {
  /** Where it says what happens. */
  readonly log: Log;
  readonly hostname: string;
  readonly storage: Storage;
  readonly disabledCapabilities: ReadonlySet<string>;
  readonly metadata: ServerMetadata;
  readonly insecureAuth: boolean;
  readonly utf8Only: boolean;
  readonly surrogates: boolean;
  /** See {@linkcode Host.appendLimit}. */
  readonly appendLimit?: NonNullable<Host["appendLimit"]>;
  readonly batchSize: number;
  readonly searchMemory: number;
  readonly stopping: AbortSignal;
  readonly trace: Host["trace"];
  readonly hooks: Hooks | undefined;
  /** See {@linkcode Host.policy}. */
  readonly policy: NonNullable<Host["policy"]> = (client) =>
    this.#policy(client);
  /** See {@linkcode Host.authenticate}. */
  readonly authenticate: Host["authenticate"];
  /** See {@linkcode Host.recipient}. */
  readonly recipient: Host["recipient"];
  /** See {@linkcode Host.mayDeliver}. */
  readonly mayDeliver: Host["mayDeliver"];
  /** See {@linkcode Host.sasl}. */
  readonly sasl: SaslBackend;
  /** See {@linkcode Host.literals}. */
  readonly literals: LiteralBudget = new LiteralBudget(() => this.#limits);
  /** See {@linkcode Host.throttle}. */
  readonly throttle: Host["throttle"];
  /** Told of each connection on which somebody has logged in. */
  onLogin: (stream: ByteStream) => void = () => {};
  /** Told of each connection that stays when whoever had logged in has gone. */
  onLogout: (stream: ByteStream) => void = () => {};
  readonly #caseInsensitive: boolean;
  /** Whether the application has a word in who may log in. */
  readonly #decides: boolean;
  readonly #watch: SessionWatch;
  readonly #admission: Admission;
  readonly #hasher: PasswordHasher;
  readonly #onError: ServeOptions["onError"];
  #limits: Limits;
  #policy: NonNullable<Host["policy"]>;
  #authenticator: Authenticator;
  readonly #makeScram: ((password: string) => Promise<string>) | undefined;

  /** @throws {TypeError} when inline users, limits or quirks cannot be */
  constructor(
    options: ServeOptions,
    storage: Storage,
    admission: Admission,
    stopping: AbortSignal,
    log: Log = logger(),
  ) {
    this.log = log;
    this.hostname = serverNameOf(options.serverName ?? DEFAULTS.serverName);
    this.storage = storage;
    this.stopping = stopping;
    this.#admission = admission;
    const disabled = options.capabilities?.disable ?? [];
    this.disabledCapabilities = new Set(
      disabled.map((name) => name.toUpperCase()),
    );
    this.metadata = {
      admin: options.metadata?.admin,
      editors: new Set(
        (options.metadata?.editors ?? []).map((name) =>
          options.caseInsensitiveUsers ? name.toLowerCase() : name
        ),
      ),
    };
    this.insecureAuth = options.insecureAuth ?? false;
    this.utf8Only = options.utf8Only ?? false;
    this.surrogates = options.surrogates ?? false;
    const appendLimit = appendLimitOf(
      options.appendLimits,
      storage.hierarchyDelimiter,
    );
    if (appendLimit !== undefined) this.appendLimit = appendLimit;
    this.batchSize = options.batchSize ?? DEFAULTS.batchSize;
    this.searchMemory = options.searchMemory ?? DEFAULTS.searchMemory;
    this.trace = tracerOf(options.trace);
    this.#policy = policyOf(options.quirks ?? []);
    this.#onError = options.onError;
    this.#caseInsensitive = options.caseInsensitiveUsers ?? false;
    this.#hasher = new PasswordHasher({
      threads: options.passwordThreads ?? DEFAULTS.passwordThreads,
      cost: passwordCost(options),
    });
    this.#limits = limitsOf(options.limits);
    const { scramRecords = false, scramIterations } = options.sasl ?? {};
    this.#makeScram = scramRecords
      ? (password) => hashForScram(password, { iterations: scramIterations })
      : undefined;
    this.#authenticator = this.#authenticatorOf(options.users ?? {});
    const { callbacks = {}, callbackTime = DEFAULTS.callbackTime } = options;
    if (!Number.isSafeInteger(callbackTime) || callbackTime <= 0) {
      throw new TypeError("callbackTime is no time that can be");
    }
    const report = this.fault.bind(this);
    const context = { time: callbackTime, report };
    const hooks = hooksOf(callbacks, context);
    this.hooks = Object.keys(hooks).length > 0 ? hooks : undefined;
    this.authenticate = authenticateWith(
      callbacks,
      context,
      this.#caseInsensitive,
      (credentials) => this.#authenticator.authenticate(credentials),
    );
    this.#decides = callbacks.authenticate !== undefined;
    this.sasl = this.#saslOf(options);
    this.throttle = throttleOf(() => this.#limits, () => this.now());
    this.#watch = new SessionWatch({
      user: (name) => this.#authenticator.user(name),
      tokens: (name) => this.#authenticator.tokensOf(name),
      now: () => this.now(),
      failed: (error) => this.fault(error, { watch: "sessions" }),
    });
    const recipients = new Recipients(
      options.delivery ?? {},
      (name) => this.#authenticator.account(name),
    );
    this.mayDeliver = deliveryGate(
      options.delivery?.agents,
      (name) => prepareUserName(name, this.#caseInsensitive),
    );
    this.recipient = recipientWith(
      callbacks,
      context,
      (address) => recipients.find(address),
    );
  }

  /**
   * See {@linkcode Host.apop}. Not there either where a callback decides on logins: it is given passwords, and
   * APOP has none.
   */
  get apop(): Host["apop"] {
    const authenticator = this.#authenticator;
    return this.#decides || !authenticator.knowsPasswords
      ? undefined
      : (proof) => authenticator.authenticateDigest(proof);
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Puts other users, limits or quirks in place, or throws and changes nothing. */
  reload(changes: Pick<ReloadOptions, "users" | "limits" | "quirks">): void {
    const limits = changes.limits === undefined
      ? this.#limits
      : limitsOf(changes.limits);
    const policy = changes.quirks === undefined
      ? this.#policy
      : policyOf(changes.quirks);
    if (changes.users !== undefined) {
      this.#authenticator = this.#authenticatorOf(changes.users);
    }
    this.#limits = limits;
    this.#policy = policy;
    if (changes.users !== undefined) this.#watch.check();
  }

  login(session: OpenSession): boolean {
    if (!this.#admission.login(session.identity.user)) return false;
    this.#watch.add(session);
    this.onLogin(session.stream);
    return true;
  }

  logout(session: OpenSession, stays = false): void {
    this.#watch.delete(session);
    this.#admission.logout(session.identity.user);
    if (stays) this.onLogout(session.stream);
  }

  /** Ends all sessions of a user. */
  endSessions(given: string): void {
    const name = prepareUserName(given, this.#caseInsensitive);
    if (name !== undefined) this.#watch.endAll(name, "You have to log in anew");
  }

  fault(error: unknown, about: Record<string, unknown>): void {
    this.log.error("fault", { ...about, error });
    try {
      this.#onError?.(error, about);
    } catch (second) {
      this.log.error("onError has thrown", { error: second });
    }
  }

  event(name: string, about: Record<string, unknown>): void {
    if (COMMON_EVENTS.has(name)) this.log.debug(name, about);
    else this.log.info(name, about);
  }

  now(): number {
    return Date.now();
  }

  /** Ends the threads that check passwords, what goes on by the clock, and what other proofs hold. */
  close(): void {
    this.#watch.close();
    this.#hasher.close();
    this.sasl.close?.();
  }

  #saslOf({ sasl = {}, tls }: ServeOptions): SaslBackend {
    const authenticator = () => this.#authenticator;
    const decides = this.#decides;
    const caseInsensitive = this.#caseInsensitive;
    return saslBackend(sasl, {
      get lookedUp() {
        return !decides && authenticator().lookedUp;
      },
      get knowsPasswords() {
        return !decides && authenticator().knowsPasswords;
      },
      get scram() {
        return authenticator().scram;
      },
      prepare: (name) => prepareUserName(name, caseInsensitive),
      user: (name) => authenticator().user(name),
    }, tls?.key);
  }

  #authenticatorOf(users: Users): Authenticator {
    return new Authenticator({
      users,
      caseInsensitive: this.#caseInsensitive,
      hasher: this.#hasher,
      renewing: (user, hash) => this.#watch.renewing(user, hash),
      makeScram: this.#makeScram,
    });
  }
}

/** sub-domain *("." sub-domain)      RFC 5321 § 4.1.2 */
function serverNameOf(name: string): string {
  if (
    /^(?=.{1,255}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i
      .test(name)
  ) {
    return name;
  }
  throw new TypeError(`${name} is no domain name`);
}

function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(limits, name)) {
      throw new TypeError(`There is no limit ${name}`);
    }
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(`The limit ${name} is no number that can be`);
    }
    Object.assign(limits, { [name]: value });
  }
  return limits;
}

/** @throws {TypeError} for a limit that is no number, or of what is no mailbox */
function appendLimitOf(
  limits: ServeOptions["appendLimits"] = {},
  delimiter: string,
): Host["appendLimit"] {
  if (typeof limits === "function") return limits;
  const byName = new Map<string, number>();
  for (const [name, limit] of Object.entries(limits)) {
    const normal = normalName(name, delimiter);
    if (normal === undefined) throw new TypeError(`${name} is no mailbox`);
    if (!Number.isSafeInteger(limit) || limit < 0) {
      throw new TypeError(`The limit of ${name} is no number that can be`);
    }
    byName.set(normal, limit);
  }
  return byName.size === 0
    ? undefined
    : (_user, mailbox) => byName.get(mailbox);
}

function tracerOf(trace: ServeOptions["trace"]): Host["trace"] {
  if (typeof trace === "function") return trace;
  if (trace !== true) return undefined;
  const log = logger("trace");
  return (connection, direction, line) =>
    log.trace(direction, { connection, line });
}
