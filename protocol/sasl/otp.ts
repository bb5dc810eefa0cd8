/**
 * OTP: RFC 2444, one-time passwords by RFC 2289 with the extended responses of RFC 2243.
 *
 * It rests on chains of MD4, MD5 or SHA-1 folded to 64 bits (see otp_hash.ts). A password that is overheard is of
 * no use any more, but nothing proves the server to the client, and nothing protects what follows: TLS does.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import { parseOtpHex, parseOtpWords } from "./otp_format.ts";
import {
  isOtpAlgorithm,
  MAX_OTP_SEQUENCE,
  MIN_OTP_SEQUENCE,
  type OtpAlgorithm,
} from "./otp_hash.ts";
import type {
  Mechanism,
  OtpLogin,
  OtpSeries,
  SaslBackend,
  SaslServer,
} from "./server.ts";

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** How many octets a name may have (RFC 2444 § 4), and a response, which is longest with twelve long words. */
const MAX_NAME = 255;
const MAX_RESPONSE = 1_024;

/** OTP. */
export const otp: Mechanism = {
  name: "OTP",
  isOffered: ({ backend }) =>
    backend?.otp !== undefined && backend.mechanisms.has("OTP"),
  begin: (server) => new OtpExchange(server),
};

/** A response of RFC 2243: the password asked for, and what a series is to begin with anew. */
interface Response {
  readonly password: Uint8Array | undefined;
  /** Undefined where nothing is to begin; null where what is to begin cannot be. */
  readonly next: OtpSeries | null | undefined;
}

class OtpExchange implements Exchange {
  readonly #backend: SaslBackend;
  #user: string | undefined;
  #login: OtpLogin | undefined;

  constructor({ backend }: SaslServer) {
    this.#backend = backend!;
  }

  next(response: Uint8Array | undefined): Step | Promise<Step> {
    if (response === undefined) {
      return { type: "challenge", bytes: new Uint8Array(0) };
    }
    return this.#login === undefined
      ? this.#begin(response)
      : this.#finish(response, this.#login);
  }

  close(): void {
    this.#login?.close();
  }

  // [authzid] NUL authcid      RFC 2444 § 4
  async #begin(response: Uint8Array): Promise<Step> {
    const [authzid, user, ...rest] = textOf(response)?.split("\0") ?? [];
    if (
      authzid === undefined || !user || rest.length > 0 ||
      isLong(authzid) || isLong(user)
    ) return failure("The response is not that of OTP");
    if (authzid !== "" && authzid !== user) {
      return { type: "refusal", text: "You cannot act for another user" };
    }
    this.#user = user;
    this.#login = await this.#backend.otp!(user);
    if (this.#login === undefined) return OCCUPIED;
    // otp-<algorithm identifier> <sequence integer> <seed> ext      RFC 2289 § 6, RFC 2243 § 2.1
    const { algorithm, sequence, seed } = this.#login;
    return {
      type: "challenge",
      bytes: encoder.encode(`otp-${algorithm} ${sequence} ${seed} ext`),
    };
  }

  async #finish(bytes: Uint8Array, login: OtpLogin): Promise<Step> {
    const text = bytes.length > MAX_RESPONSE ? undefined : textOf(bytes);
    const response = text && parseResponse(text, login);
    if (!response) return failure("The response is not that of OTP");
    const { password, next } = response;
    const identity = password && await login.use(password, next ?? undefined);
    if (identity === undefined) return { type: "rejection", user: this.#user };
    // The password is used up even so: RFC 2243 § 4.3, requirement 3.
    return next === null
      ? { type: "refusal", text: "Another series cannot begin like this" }
      : { type: "success", identity };
  }
}

/** What the client of a user is told while another one is at it. */
export const OCCUPIED: Step = {
  type: "refusal",
  text: "Another login by one-time password is under way",
};

// extended-response = type 1*(":" argument)      RFC 2243 § 2.1; the type in whatever case
function parseResponse(text: string, login: OtpLogin): Response | undefined {
  const [type, current, ...rest] = text.split(":");
  const form = FORMS.get(type!.trim().toLowerCase());
  if (form === undefined || current === undefined) return undefined;
  if (!form.begins && rest.length > 0) return undefined;
  return {
    password: form.parse(current, login.algorithm),
    next: form.begins ? parseSeries(rest, form, login.seed) ?? null : undefined,
  };
}

/** How a type of response has its passwords, and whether a series begins with it. */
interface Form {
  readonly parse: (
    text: string,
    algorithm: OtpAlgorithm,
  ) => Uint8Array | undefined;
  readonly begins: boolean;
}

const FORMS: ReadonlyMap<string, Form> = new Map([
  ["hex", { parse: parseOtpHex, begins: false }],
  ["word", { parse: parseOtpWords, begins: false }],
  ["init-hex", { parse: parseOtpHex, begins: true }],
  ["init-word", { parse: parseOtpWords, begins: true }],
]);

/** The arguments behind the current password; undefined when they make no series with another seed. */
function parseSeries(
  [params, first, ...rest]: readonly string[],
  { parse }: Form,
  oldSeed: string,
): OtpSeries | undefined {
  if (params === undefined || first === undefined || rest.length > 0) {
    return undefined;
  }
  const series = parseParams(params);
  // "MUST verify that the seed or the pass-phrase is changed": RFC 2289 § 8; what can be seen is the seed.
  if (series === undefined || series.seed === oldSeed) return undefined;
  const last = parse(first, series.algorithm);
  return last && { ...series, last };
}

// new-params = algorithm SPACE sequence-number SPACE seed      RFC 2243 § 4.1
function parseParams(text: string): Omit<OtpSeries, "last"> | undefined {
  const match = /^[ \t]*(\S+)[ \t]+(\d{1,4})[ \t]+([a-z\d]{1,16})[ \t]*$/i
    .exec(text);
  if (match === null) return undefined;
  const [, algorithm, digits, seed] = match as unknown as string[];
  const sequence = Number(digits);
  if (
    !isOtpAlgorithm(algorithm!) || sequence < MIN_OTP_SEQUENCE ||
    sequence > MAX_OTP_SEQUENCE
  ) return undefined;
  return { algorithm, sequence, seed: seed!.toLowerCase() };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isLong(name: string): boolean {
  return name.length > MAX_NAME || encoder.encode(name).length > MAX_NAME;
}

function failure(text: string): Step {
  return { type: "failure", text };
}
