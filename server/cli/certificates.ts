/**
 * The certificates that a configuration means: read, and read again when their files change.
 *
 * @module
 */

import { join } from "@std/path";
import type { Config } from "../config.ts";
import { logger } from "../log.ts";
import type { TlsOptions } from "../options.ts";
import type { ImapServer } from "../server.ts";
import {
  type AcmeFiles,
  acmeFiles,
  AcmeKeeper,
  readAcmeCertificate,
} from "../tls/acme/keeper.ts";
import { FileWatch } from "../tls/file_watch.ts";
import type { CertificateFiles } from "../tls/schema.ts";
import { loadOrMakeCertificate } from "../tls/self_signed_files.ts";
import { UsageError } from "./arguments.ts";
import { databasePath, dataFolder } from "./database.ts";

/** Where the self-signed certificate of a database is kept, and its key. */
export function certificatePaths(path: string): [cert: string, key: string] {
  const folder = dataFolder(path);
  return [join(folder, "imapd.crt"), join(folder, "imapd.key")];
}

/** The name of this machine, where it may be known. */
export function hostNames(): string[] {
  const sys = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  if (sys.state !== "granted") return [];
  const name = Deno.hostname().toLowerCase();
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name) ? [name] : [];
}

/**
 * Reads all that TLS needs. Where no certificate is named, and none has come from an authority yet, there is a
 * self-signed one.
 * @throws {UsageError} when the certificate is named without its key, the key alone, or both beside an authority
 */
export async function readTls(config: Config): Promise<TlsOptions> {
  const { certificates = [], tlsMinVersion, clientCa } = config;
  const pairs = await Promise.all(certificates.map(readPair));
  return {
    ...await readDefaultPair(config),
    certificates: pairs,
    ...(tlsMinVersion === undefined ? {} : { minVersion: tlsMinVersion }),
    ...(clientCa === undefined
      ? {}
      : { clientCa: await Deno.readTextFile(clientCa) }),
  };
}

async function readDefaultPair(config: Config): Promise<CertificateFiles> {
  const files = defaultFiles(config);
  if (config.acme !== undefined) {
    const { certificate } = acmeFilesOf(config);
    const pair = await readAcmeCertificate(certificate);
    if (pair !== undefined) return pair;
  }
  if (files === undefined) {
    const { makeCertificate } = await import("../tls/self_signed.ts");
    return await makeCertificate(hostNames());
  }
  if (config.cert !== undefined) return await readPair(files);
  return await loadOrMakeCertificate(files.cert, files.key, hostNames());
}

async function readPair({ cert, key }: CertificateFiles) {
  return {
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  };
}

/** The files of the default certificate; undefined where it is kept in none. */
function defaultFiles(config: Config): CertificateFiles | undefined {
  const { acme, cert, key } = config;
  if (acme !== undefined && (cert !== undefined || key !== undefined)) {
    throw new UsageError("A certificate is either named or got by acme");
  }
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert !== undefined || key !== undefined) {
    throw new UsageError("A certificate and its key go together: set both");
  }
  const path = databasePath(config);
  if (path === ":memory:") return undefined;
  const [ownCert, ownKey] = certificatePaths(path);
  return { cert: ownCert, key: ownKey };
}

function acmeFilesOf(config: Config): AcmeFiles {
  return acmeFiles(dataFolder(databasePath(config)));
}

/** Keeps the certificates of a server as their files are. */
export class CertificateKeeper {
  readonly #server: ImapServer;
  readonly #log = logger();
  readonly #watch: FileWatch;
  #config: Config;
  #acme: AcmeKeeper | undefined;

  /** Begins to look after the certificates of a server that runs by a configuration. */
  constructor(server: ImapServer, config: Config) {
    this.#server = server;
    this.#config = config;
    this.#watch = new FileWatch(() => this.#files(), () => this.#reload());
    this.#acme = keeperOf(config);
  }

  /** Goes by another configuration, which the server goes by already. */
  async configure(config: Config): Promise<void> {
    this.#config = config;
    this.#watch.reset();
    await this.#acme?.close();
    this.#acme = keeperOf(config);
  }

  /** Ends it; settles when nothing is under way. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.#acme?.close();
  }

  #files(): string[] {
    const { acme, certificates = [], clientCa } = this.#config;
    return [defaultFiles(this.#config), ...certificates]
      .flatMap((files) => files === undefined ? [] : [files.cert, files.key])
      .concat(
        clientCa ?? [],
        acme === undefined ? [] : acmeFilesOf(this.#config).certificate,
      );
  }

  /** Sessions that are there keep what they began with; what cannot be leaves things as they are. */
  async #reload(): Promise<void> {
    try {
      this.#server.reload({ tls: await readTls(this.#config) });
      this.#log.info("certificates reloaded");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error("certificates not reloaded, the old ones stay", {
        error: reason,
      });
    }
  }
}

function keeperOf(config: Config): AcmeKeeper | undefined {
  const { acme } = config;
  return acme && new AcmeKeeper(acme, acmeFilesOf(config));
}
