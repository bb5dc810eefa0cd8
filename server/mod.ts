/**
 * The server as an application sees it.
 *
 * @module
 */

export { serve } from "./serve.ts";
export type { ImapServer } from "./server.ts";
export {
  DEFAULTS,
  type ListenAddress,
  type ListenerKind,
  type ListenerOptions,
  type ReloadOptions,
  type ServeOptions,
  type TlsOptions,
} from "./options.ts";
export type {
  AuthenticateFunction,
  KnownUser,
  Users,
  UserStore,
} from "./users.ts";
export type { Credentials, Identity } from "../protocol/host.ts";
export { DEFAULT_LIMITS, type Limits } from "../protocol/limits.ts";
