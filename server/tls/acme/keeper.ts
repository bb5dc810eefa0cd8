/**
 * Keeps a file with a certificate from an ACME authority, which is renewed in time.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { logger } from "../../log.ts";
import type { CertificatePair } from "../../options.ts";
import { readServerCertificate } from "../server_certificate.ts";
import type { AcmeOptions } from "./options.ts";

const HOUR = 3_600_000;
/** How often to look whether it is time. */
const CHECK_TIME = 12 * HOUR;
/** How long to wait after a failure: authorities count them. */
const RETRY_TIME = HOUR;
/** How long all of it may take. */
const OBTAIN_TIME = HOUR / 4;
/** A certificate is renewed when less than this of its life is left. */
const RENEWAL = 1 / 3;

/** Where the certificate and the key of the account are kept. */
export interface AcmeFiles {
  /** The certificate with its key, in PEM, in one file, so that they always belong together. */
  readonly certificate: string;
  /** The key of the account, in PEM. */
  readonly account: string;
}

/** The files beside a database. */
export function acmeFiles(folder: string): AcmeFiles {
  return {
    certificate: join(folder, "acme.pem"),
    account: join(folder, "acme-account.key"),
  };
}

/** Reads a certificate with its key; undefined where there is none that could be used. */
export async function readAcmeCertificate(
  path: string,
): Promise<CertificatePair | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const at = text.search(/-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  const pair = { cert: text.slice(0, at), key: text.slice(at) };
  try {
    readServerCertificate(pair, {});
    return pair;
  } catch {
    return undefined;
  }
}

/** Whether it is time for a certificate. @param now the time, in milliseconds since 1970 */
export function isDue(
  pair: CertificatePair | undefined,
  domains: readonly string[],
  now: number,
): boolean {
  if (pair === undefined) return true;
  const { names, begins, expires } = readServerCertificate(pair, {});
  return expires - now < (expires - begins) * RENEWAL ||
    domains.some((domain) => !names.includes(domain.toLowerCase()));
}

/** See the module's text. */
export class AcmeKeeper {
  readonly #options: AcmeOptions;
  readonly #files: AcmeFiles;
  readonly #log = logger();
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<void>;

  /** Begins, at once where there is no certificate. */
  constructor(options: AcmeOptions, files: AcmeFiles) {
    this.#options = options;
    this.#files = files;
    this.#turn = this.#check();
  }

  /** Ends it; settles when nothing is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#turn;
  }

  async #check(): Promise<void> {
    const { signal } = this.#stop;
    let next = CHECK_TIME;
    try {
      const { domains } = this.#options;
      const pair = await readAcmeCertificate(this.#files.certificate);
      if (isDue(pair, domains, Date.now())) await this.#renew();
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error("no certificate by ACME, tried again in an hour", {
        domains: this.#options.domains.join(" "),
        error: reason,
      });
      next = RETRY_TIME;
    }
    if (signal.aborted) return;
    this.#timer = setTimeout(() => this.#turn = this.#check(), next);
  }

  async #renew(): Promise<void> {
    // Loaded here: it is large, and needed every other month.
    const { obtainByAcme } = await import("./obtain.ts");
    const over = AbortSignal.timeout(OBTAIN_TIME);
    const pair = await obtainByAcme(
      this.#options,
      this.#files.account,
      AbortSignal.any([this.#stop.signal, over]),
    );
    const { expires } = readServerCertificate(pair, {});
    const { certificate } = this.#files;
    await Deno.mkdir(dirname(certificate), { recursive: true, mode: 0o700 });
    const part = `${certificate}.new`;
    await Deno.writeTextFile(part, `${pair.cert.trimEnd()}\n${pair.key}`, {
      mode: 0o600,
    });
    await Deno.rename(part, certificate);
    this.#log.info("certificate obtained", {
      domains: this.#options.domains.join(" "),
      expires: new Date(expires).toISOString(),
    });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
