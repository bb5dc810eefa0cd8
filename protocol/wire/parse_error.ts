/**
 * The one error that reading a client's bytes may end in.
 *
 * @module
 */

/**
 * The input does not follow the grammar. The message is a sentence for people; it never repeats what the
 * client sent, so that a password in the wrong place reaches no log.
 */
export class ParseError extends Error {
  /** Makes one with a sentence that has no full stop. */
  constructor(message: string) {
    super(message);
    this.name = "ParseError";
  }
}
