/**
 * One authentication exchange, seen from the server.
 *
 * @module
 */

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
  /** The login cannot be, whatever the password; the sentence says why. */
  | { readonly type: "refusal"; readonly text: string }
  /** The response was none that the mechanism knows; the sentence says what is wrong with it. */
  | { readonly type: "failure"; readonly text: string };

/** An exchange under way. */
export interface Exchange {
  /** Takes the client's response, undefined at first when it sent none along, and says what is next. */
  next(response: Uint8Array | undefined): Step;
}
