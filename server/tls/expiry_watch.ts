/**
 * Says in the log, once a day, which certificates are about to end.
 *
 * @module
 */

import { logger } from "../log.ts";
import type { ServerCertificate } from "./server_certificate.ts";

const DAY = 24 * 3_600_000;
/** How long before its end a certificate is talked of: renewals that work come earlier. */
const WARNING_TIME = 14 * DAY;

/** What a certificate's line in the log says. */
export interface ExpiryNotice {
  /** How bad it is. */
  readonly level: "warning" | "error";
  /** What there is to say. */
  readonly text: string;
  /** The hosts of the certificate, and when it ends. */
  readonly about: Readonly<Record<string, unknown>>;
}

/**
 * What there is to say of certificates.
 * @param now the time, in milliseconds since 1970
 */
export function expiryNotices(
  certificates: readonly ServerCertificate[],
  now: number,
): ExpiryNotice[] {
  return certificates.flatMap(({ names, expires }) => {
    if (expires - now > WARNING_TIME) return [];
    const about = {
      hosts: names.join(" "),
      expires: new Date(expires).toISOString(),
    };
    return expires > now
      ? { level: "warning", text: "a certificate expires soon", about }
      : { level: "error", text: "a certificate has expired", about };
  });
}

/** See the module's text. */
export class ExpiryWatch {
  readonly #certificates: () => readonly ServerCertificate[];
  readonly #log = logger();
  readonly #timer: ReturnType<typeof setInterval>;

  /** Begins to watch. @param certificates those that there are at that moment */
  constructor(certificates: () => readonly ServerCertificate[]) {
    this.#certificates = certificates;
    this.#timer = setInterval(() => this.check(), DAY);
    Deno.unrefTimer(this.#timer);
    this.check();
  }

  /** Says what there is to say, now. */
  check(): void {
    const notices = expiryNotices(this.#certificates(), Date.now());
    for (const { level, text, about } of notices) this.#log[level](text, about);
  }

  /** Ends it. */
  close(): void {
    clearInterval(this.#timer);
  }
}
