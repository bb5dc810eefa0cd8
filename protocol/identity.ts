/**
 * Who somebody is, once it is proved.
 *
 * @module
 */

import type { Scope } from "../storage/scope.ts";

export type { Scope } from "../storage/scope.ts";

/** One who has logged in. */
export interface Identity {
  /** The name of the account. */
  readonly user: string;
  /** What part of the account they may use, and how. Default: all of it. */
  readonly scope?: Scope;
  /** The identifier of the token that has proved who they are, where it was one: with it the session ends. */
  readonly token?: string;
  /** Whether nothing has been proved (RFC 4505). */
  readonly anonymous?: boolean;
  /** When what has proved it ends, in milliseconds since 1970; the session ends within a minute of it. Default: never. */
  readonly expires?: number;
}
