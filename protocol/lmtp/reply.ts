/**
 * Replies that are no good news (RFC 5321 § 4.2, with the codes of RFC 3463 by RFC 2034).
 *
 * @module
 */

/** A command is refused. */
export class Refusal extends Error {
  /** The reply code and the enhanced status code, such as `501 5.5.4`. */
  readonly status: string;
  /** Refuses with both codes and a sentence for people. */
  constructor(status: string, text: string) {
    super(text);
    this.name = "Refusal";
    this.status = status;
  }
}

/** The connection ends, with a reply 421 (RFC 5321 § 3.8). */
export class Closing extends Error {
  /** The enhanced status code, such as `4.3.2`. */
  readonly status: string;
  /** Ends with a code and a sentence for people. */
  constructor(status: string, text: string) {
    super(text);
    this.name = "Closing";
    this.status = status;
  }
}
