/**
 * TLS as a server speaks it: its certificates, which of them a client gets, and whose certificates it believes.
 *
 * @module
 */

import type { SecureContext } from "node:tls";
import type { TlsOptions, TlsVersion } from "../options.ts";
import { ClientCertificates } from "./client_certificates.ts";
import { HostNames } from "./host_names.ts";
import {
  readServerCertificate,
  type ServerCertificate,
} from "./server_certificate.ts";

const VERSIONS: readonly TlsVersion[] = ["TLSv1.2", "TLSv1.3"];

/** See the module's text. It never changes: other options make another one. */
export class TlsService {
  /** All certificates, the default first. */
  readonly certificates: readonly ServerCertificate[];
  /** Who knows certificates of clients; undefined where clients are not asked for any. */
  readonly clients: ClientCertificates | undefined;
  readonly #default: ServerCertificate;
  readonly #byName = new HostNames<ServerCertificate>();

  /**
   * Reads all certificates.
   * @param before what the new one takes the place of, from which it takes over what is known of clients
   * @throws {TypeError} when one cannot be read, lacks its key, or can never be chosen
   */
  constructor(options: TlsOptions, before?: TlsService) {
    const { minVersion, certificates = [], clientCa } = options;
    if (minVersion !== undefined && !VERSIONS.includes(minVersion)) {
      throw new TypeError(`${minVersion} is no version of TLS to ask for`);
    }
    this.#default = readServerCertificate(options, options);
    const others = certificates.map((pair) => {
      const certificate = readServerCertificate(pair, options);
      if (certificate.names.length > 0) return certificate;
      throw new TypeError(
        "A further certificate names no host, so none gets it",
      );
    });
    this.certificates = [this.#default, ...others];
    for (const certificate of this.certificates) {
      for (const name of certificate.names) {
        this.#byName.add(name, certificate);
      }
    }
    this.clients = clientCa === undefined
      ? undefined
      : before?.clients?.authorities === clientCa
      ? before.clients
      : new ClientCertificates(clientCa);
  }

  /** What a connection begins with. */
  get context(): SecureContext {
    return this.#default.context;
  }

  /** Whether the name that a client asks for makes no difference. */
  get hasOneCertificate(): boolean {
    return this.certificates.length === 1;
  }

  /** The certificate for the name that a client asks for; the default for one that is in none, or is empty. */
  certificateFor(name: string): ServerCertificate {
    return this.#byName.get(name) ?? this.#default;
  }
}
