/**
 * The server as an application sees it.
 *
 * @module
 */

export { serve } from "./serve.ts";
export type { ImapServer } from "./server.ts";
export {
  type AppendLimits,
  type CertificatePair,
  DEFAULTS,
  type ListenAddress,
  type ListenerKind,
  type ListenerOptions,
  type MetadataOptions,
  type ReloadOptions,
  type ServeOptions,
  type TlsOptions,
  type TlsVersion,
} from "./options.ts";
export type {
  WorkerContext,
  WorkerMaker,
  WorkerService,
  WorkersOptions,
} from "./workers/types.ts";
export { runWorker } from "./workers/worker.ts";
export type { SaslOptions } from "./sasl/mod.ts";
export type { AnonymousOptions } from "./sasl/anonymous.ts";
export type { GssapiOptions } from "./sasl/gssapi/mod.ts";
export type { KerberosV4Options } from "./sasl/kerberos_v4.ts";
export { otpRecord, type OtpSeriesOptions } from "./sasl/otp_record.ts";
export type { OtpAlgorithm } from "../protocol/sasl/otp_hash.ts";
export type {
  TokenAnswer,
  TokenFunction,
  TokenOptions,
} from "./sasl/tokens.ts";
export type { TokenKeySet } from "./sasl/token_keys.ts";
export type { IntrospectionOptions } from "./sasl/token_introspection.ts";
export type {
  CertificateAnswer,
  CertificateFunction,
  CertificateOptions,
} from "./sasl/certificates.ts";
export type {
  ClientCertificate,
  ScramHash,
  TokenRefusal,
} from "../protocol/sasl/server.ts";
export type { DeliveryOptions } from "./recipients.ts";
export type { DeliveryAddress, DeliveryTarget } from "../protocol/host.ts";
export type { Quirk, QuirkMatch } from "./quirks.ts";
export type { ClientPolicy } from "../protocol/host.ts";
export type {
  AuthenticateFunction,
  KnownUser,
  PasswordUpdate,
  Users,
  UserStore,
  UserToken,
} from "./users.ts";
export {
  hashForScram,
  type HashForScramOptions,
  hashPassword,
  type HashPasswordOptions,
} from "./hash_password.ts";
export { PasswdFile, type PasswdFileOptions } from "./passwd_file.ts";
export type * from "./callbacks/events.ts";
export type {
  Callback,
  Callbacks,
  Next,
  SearchMessagesEvent,
} from "./callbacks/types.ts";
export type { SearchQuery } from "../protocol/hooks.ts";
export { Bad, No } from "../protocol/imap/errors.ts";
export type { Credentials, Identity, Scope } from "../protocol/host.ts";
export { DEFAULT_LIMITS, type Limits } from "../protocol/limits.ts";
