/**
 * Obtains a certificate (RFC 8555 § 7.4): an order, proofs for its hosts, a request, and what comes of it.
 *
 * @module
 */

import type { CertificatePair } from "../../options.ts";
import {
  type AcmeAccount,
  AcmeError,
  memberReader,
  objectOf,
  problemOf,
} from "./account.ts";
import type { ChallengeServer } from "./challenge_server.ts";
import { makeSigningRequest } from "./signing_request.ts";

/** How long to wait before asking again where the authority does not say, in milliseconds, and at the most. */
const PAUSE = 1_000;
const MAX_PAUSE = 60_000;

/**
 * Obtains a certificate for hosts, with a new key.
 * @param signal ends it
 * @throws {AcmeError} when the authority does not believe that the hosts are ours, or refuses otherwise
 */
export async function obtainCertificate(
  account: AcmeAccount,
  domains: readonly string[],
  challenges: ChallengeServer,
  signal: AbortSignal,
): Promise<CertificatePair> {
  const placed = await account.post(account.newOrder, {
    identifiers: domains.map((value) => ({ type: "dns", value })),
  });
  const { location } = placed;
  if (location === undefined) throw new AcmeError("The order has no URL");
  const { authorizations } = objectOf(placed.text);
  if (!Array.isArray(authorizations)) {
    throw new AcmeError("The order has no authorizations");
  }
  for (const url of authorizations) {
    await authorize(account, String(url), challenges, signal);
  }
  // Nobody wants a certificate before the order is ready (§ 7.4).
  const ready = await settled(account, location, ["pending"], signal);
  const { request, key } = await makeSigningRequest(domains);
  await account.post(memberReader(ready)("finalize"), {
    csr: request.toBase64({ alphabet: "base64url", omitPadding: true }),
  });
  const busy = ["ready", "processing"];
  const issued = await settled(account, location, busy, signal);
  const order = memberReader(issued);
  if (order("status") !== "valid") {
    throw problemOf(objectOf(issued).error, "The order has failed");
  }
  const { text: cert } = await account.get(order("certificate"));
  return { cert, key };
}

/** Proves that a host is ours, where the authority does not know it still (§ 7.5). */
async function authorize(
  account: AcmeAccount,
  url: string,
  challenges: ChallengeServer,
  signal: AbortSignal,
): Promise<void> {
  const authorization = objectOf((await account.get(url)).text);
  if (authorization.status === "valid") return;
  const challenge = challengeOf(authorization);
  const { token, url: challengeUrl } = challenge ?? {};
  if (typeof token !== "string" || typeof challengeUrl !== "string") {
    throw new AcmeError("The authority has no challenge by HTTP");
  }
  challenges.set(token, await account.keyAuthorization(token));
  try {
    // § 7.5.1: an empty object says that the answer is there.
    await account.post(challengeUrl, {});
    const text = await settled(account, url, ["pending"], signal);
    const result = objectOf(text);
    if (result.status === "valid") return;
    const error = challengeOf(result)?.error;
    throw problemOf(error, "The authority does not believe it");
  } finally {
    challenges.delete(token);
  }
}

function challengeOf(
  authorization: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const { challenges } = authorization;
  return Array.isArray(challenges)
    ? challenges.find((challenge) => challenge?.type === "http-01")
    : undefined;
}

/** Asks for a resource until its status is none of these. */
async function settled(
  account: AcmeAccount,
  url: string,
  busy: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const { text, retryAfter = PAUSE } = await account.get(url);
    if (!busy.includes(memberReader(text)("status"))) return text;
    await pause(Math.min(retryAfter, MAX_PAUSE), signal);
  }
}

async function pause(time: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, time);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
