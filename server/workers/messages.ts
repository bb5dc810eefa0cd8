/**
 * What a server says to the threads that serve connections beside it, and what they answer.
 *
 * @module
 */

import type { AdmissionLimits } from "../admission.ts";
import type { ListenerSpec } from "../options.ts";

/** How many connections there may be: altogether, and without a login in this thread. */
export interface ConnectionLimits extends AdmissionLimits {
  /** Those who have not logged in. */
  readonly maxConnectionsBeforeLogin: number;
}

/** What a thread is started with. */
export interface Start {
  /** See `WorkerContext`. */
  readonly index: number;
  /** See `WorkerContext`. */
  readonly data: unknown;
  /** Where to listen: ports are known by then. */
  readonly listeners: readonly ListenerSpec[];
  /** How many connections there may be. */
  readonly admission: ConnectionLimits;
  /** Those of all threads. */
  readonly counts: SharedArrayBuffer;
}

/** What a server says to a thread. */
export type Order =
  | { readonly type: "start"; readonly start: Start }
  | { readonly type: "reload" }
  | { readonly type: "endSessions"; readonly user: string }
  | {
    readonly type: "notify";
    readonly id: number;
    readonly user: string;
    readonly mailbox: string | undefined;
  }
  | { readonly type: "shutdown" };

/** What a thread says to its server. */
export type Report =
  /** It listens. */
  | { readonly type: "listening" }
  /** It could not begin. */
  | { readonly type: "failed"; readonly error: string }
  | { readonly type: "notified"; readonly id: number }
  /** Nothing is left of it. */
  | { readonly type: "finished" };

/** What the threads are called, by which code knows that it runs in one of them. */
export const THREAD_NAME = "imapd sessions";
