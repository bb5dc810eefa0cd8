/**
 * One authentication exchange, seen from the server.
 *
 * @module
 */

import type { Identity } from "../identity.ts";

/** What comes after a response of the client. */
export type Step =
  /** A challenge to send; the answer to it is the next response. */
  | { readonly type: "challenge"; readonly bytes: Uint8Array }
  /** A name and a password to check. */
  | {
    readonly type: "password";
    readonly user: string;
    readonly password: string;
  }
  /** The client has proved who they are. */
  | {
    readonly type: "success";
    readonly identity: Identity;
    /** What the mechanism has to say with it (RFC 4422 § 3.6), which the client acknowledges. */
    readonly bytes?: Uint8Array;
    /** What somebody without a name says of themselves (RFC 4505), for the log. */
    readonly trace?: string;
  }
  /** The client has not proved to be this user; undefined where no name was given. */
  | {
    readonly type: "rejection";
    readonly user: string | undefined;
    /** What the mechanism has to say first (RFC 7628 § 3.2.3); whatever the client answers, it is rejected then. */
    readonly bytes?: Uint8Array;
  }
  /** The login cannot be, whatever the proof; the sentence says why. */
  | { readonly type: "refusal"; readonly text: string }
  /** The response was none that the mechanism knows; the sentence says what is wrong with it. */
  | { readonly type: "failure"; readonly text: string };

/** An exchange under way. */
export interface Exchange {
  /** Takes the client's response, undefined at first when it sent none along, and says what is next. */
  next(response: Uint8Array | undefined): Step | Promise<Step>;
  /** Gives back what the exchange holds, however it ended. */
  close?(): void;
}
