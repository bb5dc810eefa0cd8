/**
 * What mechanisms ask of the server that they run in.
 *
 * @module
 */

import type { Identity } from "../identity.ts";
import type { Exchange } from "./exchange.ts";

/** A hash function that SCRAM knows (RFC 5802 § 4, RFC 7677). */
export type ScramHash = "SHA-1" | "SHA-256";

/** What SCRAM has of a user (RFC 5802 § 5.1). */
export interface ScramCredentials {
  /** Whom the proof proves; undefined for nobody, whose proof never holds. */
  readonly identity: Identity | undefined;
  /** Salt. */
  readonly salt: Uint8Array;
  /** Iterations. */
  readonly iterations: number;
  /** StoredKey. */
  readonly storedKey: Uint8Array;
  /** ServerKey. */
  readonly serverKey: Uint8Array;
}

/** A certificate that a client has shown, and that has been verified. */
export interface ClientCertificate {
  /** The common names of its subject. */
  readonly commonNames: readonly string[];
  /** The mail addresses of its subjectAltName. */
  readonly emails: readonly string[];
  /** Its SHA-256, in hexadecimal digits. */
  readonly fingerprint: string;
}

/** Channel bindings that can be (RFC 5929, RFC 9266). */
export type ChannelBinding = "tls-server-end-point" | "tls-exporter";

/** Why a token is refused, in the terms of RFC 7628 § 3.2.2. */
export interface TokenRefusal {
  /** `invalid_token`, `insufficient_scope`, or another error of RFC 6750 § 3.1. */
  readonly status: string;
  /** What scope would do. */
  readonly scope?: string;
  /** Where to find out how to get a token: the URL of an OpenID provider's configuration. */
  readonly configuration?: string;
}

/**
 * What a server knows that mechanisms can prove against. What is absent cannot be, and the mechanisms that need
 * it are not offered. Each takes as long for a user who is not there as for one who is.
 */
export interface SaslBackend {
  /** Mechanisms that are switched on, in capitals. */
  readonly mechanisms: ReadonlySet<string>;
  /** The account of a name that has been proved, or undefined when it has none or is disabled. */
  account(user: string): Promise<Identity | undefined>;
  /** A password as it is (CRAM-MD5), or undefined for nobody. */
  readonly password?:
    | ((
      user: string,
    ) => Promise<
      { readonly password: string; readonly identity: Identity } | undefined
    >)
    | undefined;
  /** What SCRAM has of a user; of nobody something that stays the same each time. */
  readonly scram?:
    | ((user: string, hash: ScramHash) => Promise<ScramCredentials>)
    | undefined;
  /**
   * Whom a token is for (RFC 7628). The user is whom the client says to be, where it says so. The token is empty
   * where the client only asks what kind of token would do.
   */
  readonly token?:
    | ((
      token: string,
      user: string | undefined,
    ) => Promise<Identity | TokenRefusal>)
    | undefined;
  /** Whom a certificate is for; `authzid` is empty for whomever it is for (RFC 4422 App. A). */
  readonly certificate?:
    | ((
      certificate: ClientCertificate,
      authzid: string,
    ) => Promise<Identity | undefined>)
    | undefined;
  /** The account of those who give no name (RFC 4505); undefined while there is none. */
  readonly anonymous?: (() => Promise<Identity | undefined>) | undefined;
}

/** The server, and the connection on which an exchange takes place. */
export interface SaslServer {
  /** What the server knows; undefined where it knows passwords alone. */
  readonly backend: SaslBackend | undefined;
  /** The name of this machine. */
  readonly hostname: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
  /** Whether passwords and tokens may cross as they are. */
  readonly mayShowSecrets: boolean;
  /** The certificate that the client has shown, verified. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** The time in milliseconds since 1970. */
  now(): number;
  /** The data of a channel binding, or undefined where there is none. */
  channelBinding(type: ChannelBinding): Uint8Array | undefined;
}

/** A mechanism. */
export interface Mechanism {
  /** Its name (RFC 4422 § 3.1). */
  readonly name: string;
  /** Whether it can be offered on a connection as it is now. */
  isOffered(server: SaslServer): boolean;
  /** Begins an exchange. */
  begin(server: SaslServer): Exchange;
}
