/**
 * Asks those who issued a token whether it is good: RFC 7662.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { AnswerError, fetchJson, trustedUrl } from "./fetch_json.ts";

/** Where to ask, and as whom. */
export interface IntrospectionOptions {
  /** The introspection endpoint, a URL of https. */
  readonly endpoint: string;
  /** The name of this server there (RFC 6749 § 2.2). */
  readonly clientId: string;
  /** Its password there. */
  readonly clientSecret: string;
}

/** What is known of a token that is good. */
export type Claims = Readonly<Record<string, unknown>>;

/** How long an answer counts, in milliseconds; a token that is withdrawn is good for as long. */
const KEEP = 60_000;
/** How long it counts that a token is not good. */
const KEEP_INACTIVE = 10_000;
/** Answers that are kept; the oldest go first. */
const MAX_KEPT = 10_000;
/** Longer claims are not kept, in characters of JSON. */
const MAX_CLAIMS = 4_096;
/** Questions at once; whoever comes when there are more is told to come again. */
const MAX_QUESTIONS = 64;

interface Kept {
  /** The claims; undefined for a token that is not good. */
  readonly claims: Claims | undefined;
  readonly until: number;
}

/** Asks, and remembers the answers for a short time. */
export class Introspection {
  readonly #endpoint: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #keep: readonly string[];
  readonly #now: () => number;
  /** By digest: the tokens themselves are not kept. */
  readonly #kept = new Map<string, Kept>();
  readonly #questions = new Map<string, Promise<Claims | undefined>>();

  /**
   * @param keep the claims that somebody will look at; of others nothing is kept
   * @throws {TypeError} for an endpoint that cannot be
   */
  constructor(
    options: IntrospectionOptions,
    keep: readonly string[],
    now: () => number = Date.now,
  ) {
    const { endpoint, clientId, clientSecret } = options;
    this.#endpoint = trustedUrl(endpoint, "introspection.endpoint");
    this.#headers = {
      accept: "application/json",
      authorization: basic(clientId, clientSecret),
    };
    this.#keep = keep;
    this.#now = now;
  }

  /**
   * What is known of a token, or undefined when it is not good.
   * @throws {AnswerError} when that cannot be found out
   */
  async claims(token: string): Promise<Claims | undefined> {
    const key = createHash("sha256").update(token).digest("base64");
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > this.#now()) return kept.claims;
    let question = this.#questions.get(key);
    if (question === undefined) {
      if (this.#questions.size >= MAX_QUESTIONS) {
        throw new AnswerError("Too many tokens are asked about at once");
      }
      question = this.#ask(key, token)
        .finally(() => this.#questions.delete(key));
      this.#questions.set(key, question);
    }
    return await question;
  }

  async #ask(key: string, token: string): Promise<Claims | undefined> {
    // RFC 7662 § 2.1
    const body = new URLSearchParams({
      token,
      token_type_hint: "access_token",
    });
    const headers = this.#headers;
    const answer = await fetchJson(this.#endpoint, { headers, body });
    const { active } = Object(answer);
    if (typeof active !== "boolean") {
      throw new AnswerError(
        "The introspection endpoint says nothing of active",
      );
    }
    const claims = active ? this.#picked(answer as Claims) : undefined;
    const now = this.#now();
    this.#kept.delete(key);
    if (JSON.stringify(claims ?? null).length > MAX_CLAIMS) return claims;
    this.#kept.set(key, {
      claims,
      until: now + (active ? KEEP : KEEP_INACTIVE),
    });
    if (this.#kept.size > MAX_KEPT) {
      this.#kept.delete(this.#kept.keys().next().value!);
    }
    return claims;
  }

  #picked(answer: Claims): Claims {
    const names = this.#keep.filter((name) => Object.hasOwn(answer, name));
    return Object.fromEntries(names.map((name) => [name, answer[name]]));
  }
}

/** RFC 6749 § 2.3.1: both are form-encoded before they are joined. */
function basic(clientId: string, clientSecret: string): string {
  const [id, secret] = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ x: text }).toString().slice("x=".length)
  );
  return `Basic ${btoa(`${id}:${secret}`)}`;
}
