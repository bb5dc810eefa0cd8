/**
 * What is computed for those who are not there, so that time does not tell who is.
 *
 * Where all records cost the same, that is what nobody's costs too. Where they do not, since some users still have
 * the scheme of a server before this one, a name that nobody has is given one of the kinds that were met, each as
 * often as it was met and for a name always the same: it looks like any user.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { HashJob } from "./job.ts";

/** How many kinds are told apart; those met later than these count as nothing. */
const MAX_KINDS = 32;
/** Beyond this count all are halved, so that what was met long ago fades. */
const MAX_COUNT = 10_000;

interface Kind {
  readonly job: HashJob;
  count: number;
}

/** See the module's text. */
export class Nobody {
  readonly #key = crypto.getRandomValues(new Uint8Array(32));
  readonly #fallback: HashJob;
  /** By what they cost. */
  readonly #kinds = new Map<string, Kind>();
  #total = 0;

  /** @param fallback what is computed while no record has been met */
  constructor(fallback: HashJob) {
    this.#fallback = fallback;
  }

  /** A record has been met. */
  note(job: HashJob): void {
    const key = costOf(job);
    const kind = this.#kinds.get(key);
    if (kind !== undefined) kind.count++;
    else if (this.#kinds.size < MAX_KINDS) {
      this.#kinds.set(key, { job: withOtherSalt(job), count: 1 });
    } else return;
    if (++this.#total > MAX_COUNT) this.#fade();
  }

  /** What to compute for a name. */
  job(name: string): HashJob {
    if (this.#total === 0) return this.#fallback;
    const hmac = createHmac("sha256", this.#key).update(name).digest();
    let at = hmac.readUInt32BE() / 2 ** 32 * this.#total;
    const kinds = [...this.#kinds].sort(([a], [b]) => a < b ? -1 : 1);
    for (const [, { job, count }] of kinds) {
      at -= count;
      if (at < 0) return job;
    }
    return this.#fallback;
  }

  #fade(): void {
    this.#total = 0;
    for (const [key, kind] of this.#kinds) {
      kind.count >>= 1;
      this.#total += kind.count;
      if (kind.count === 0) this.#kinds.delete(key);
    }
  }
}

/** All of a job but the salt, of which the length alone may cost something. */
function costOf({ salt, ...cost }: HashJob): string {
  return JSON.stringify([cost, salt.length]);
}

function withOtherSalt(job: HashJob): HashJob {
  const salt = crypto.getRandomValues(new Uint8Array(job.salt.length));
  return { ...job, salt };
}
