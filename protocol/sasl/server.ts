/**
 * What mechanisms ask of the server that they run in.
 *
 * @module
 */

import type { Identity } from "../identity.ts";
import type { Exchange } from "./exchange.ts";
import type { OtpAlgorithm } from "./otp_hash.ts";

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
  /** The mail addresses of its subjectAltName; empty where a proxy has verified it. */
  readonly emails: readonly string[];
  /** Its SHA-256, in hexadecimal digits; empty where a proxy has verified it, which does not tell. */
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

/** A login by one-time password that is under way (RFC 2289, RFC 1760). Of a user there is one at a time. */
export interface OtpLogin {
  /** The hash function. */
  readonly algorithm: OtpAlgorithm;
  /** The number of the password that is asked for; 0 when none is left, and none is right then. */
  readonly sequence: number;
  /** The seed, in lower case. */
  readonly seed: string;
  /**
   * Takes a password: eight bytes. It is used up when it is right, before this settles. `next` is what takes the
   * place of the series then (RFC 2243 § 4).
   * @returns whom it proves, or undefined
   */
  use(password: Uint8Array, next?: OtpSeries): Promise<Identity | undefined>;
  /** Ends it, so that another may begin. */
  close(): void;
}

/** A series of one-time passwords, as it begins. */
export interface OtpSeries {
  /** The hash function. */
  readonly algorithm: OtpAlgorithm;
  /** The number of `last`; that of the password asked for next is one less. */
  readonly sequence: number;
  /** The seed, in lower case. */
  readonly seed: string;
  /** The password of that number, eight bytes. */
  readonly last: Uint8Array;
}

/** The server's side of Kerberos by the GSS-API (RFC 4752): one context. */
export interface GssContext {
  /**
   * Takes a token of the client.
   * @returns what to send, empty for nothing, and whether the context is established
   * @throws when the token is none, or proves nothing here
   */
  accept(token: Uint8Array): Promise<{
    readonly token: Uint8Array;
    readonly established: boolean;
  }>;
  /** The principal of the client, once established. */
  readonly principal: string;
  /** Whom the principal is for, a user name; undefined where it is of a realm or a kind that has no users here. */
  readonly user: string | undefined;
  /** Wraps a message, without confidentiality. */
  wrap(message: Uint8Array): Uint8Array;
  /** Unwraps one. @throws when it is forged */
  unwrap(message: Uint8Array): Uint8Array;
  /** Gives the context back; while a token is being taken, after that. */
  close(): void;
}

/** A key of a service of Kerberos 4 (RFC 1731 § 2). */
export interface KerberosV4Key {
  /** The service. */
  readonly service: string;
  /** The machine. */
  readonly instance: string;
  /** Eight bytes. */
  readonly key: Uint8Array;
}

/** The keys of services of Kerberos 4. */
export interface KerberosV4Keys {
  /** Those that a ticket may be for; `version` is 0 for whichever. */
  find(realm: string, version: number): readonly KerberosV4Key[];
  /** The realms whose principals are users; undefined for that of the service. */
  readonly realms: readonly string[] | undefined;
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
  /** Begins a context of the GSS-API. */
  readonly gssapi?: (() => GssContext) | undefined;
  /** The keys of the services of Kerberos 4 that are here. */
  readonly kerberosV4?: KerberosV4Keys | undefined;
  /**
   * Begins a login by one-time password. Nobody has a series too, one that stays the same.
   * @param algorithm the one hash function that the client knows; undefined when it is told
   * @returns undefined while another login of the same user is under way (RFC 2289 § 9)
   */
  readonly otp?:
    | ((
      user: string,
      algorithm?: OtpAlgorithm,
    ) => Promise<OtpLogin | undefined>)
    | undefined;
  /** Gives back what it holds, when the server has stopped. */
  close?(): void;
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
