/**
 * Which literals are let in.
 *
 * A literal is judged when it is announced, before a byte of it is stored: by who sends it, in which
 * command, how large it is and how many came before it in the command (RFC 7888, RFC 9051 § 4.3).
 *
 * @module
 */

import type { LiteralHeader } from "../wire/command_reader.ts";
import { latin1Text } from "../wire/text.ts";
import { Bad, Bye, No } from "./errors.ts";
import type { Session } from "./session.ts";

/** What becomes of a literal: taken when there is no refusal. */
export interface Verdict {
  /** The command's tag, if it has one. */
  readonly tag: string | undefined;
  /** Why the literal is not taken. */
  readonly refusal: No | Bad | undefined;
}

/** Past this a literal that comes unasked is not swallowed, the connection ends. */
const SWALLOW = 16 * 1_048_576;

/** Judges the literals of one connection. */
export class LiteralPolicy {
  /** The bytes of literals taken in the command so far. */
  #taken = 0;

  /**
   * Judges a literal by its header and the text of the command before it.
   * @throws {Bye} when the data comes unasked and is too much to swallow
   */
  judge(header: LiteralHeader, text: Uint8Array, session: Session): Verdict {
    const [, tag, uid = "", name = ""] =
      START.exec(latin1Text(text.subarray(0, 1_000))) ?? [];
    const refuse = (refusal: No | Bad): Verdict => ({ tag, refusal });
    const { limits } = session.host;
    const loggedIn = session.state !== "not-authenticated";
    const command = session.registry.command((uid + name).toUpperCase());
    const message = loggedIn && command?.carriesMessage === true;
    const most = message
      ? limits.message
      : loggedIn
      ? limits.literal
      : limits.literalBeforeLogin;
    if (header.size > most) {
      const swallow = loggedIn ? Math.max(SWALLOW, most) : limits.literal;
      if (header.nonSync && header.size > swallow) {
        throw new Bye("The literal is too long", "TOOBIG");
      }
      const say = `The literal is longer than ${most} bytes`;
      if (loggedIn && command?.name === "SETMETADATA") {
        // RFC 5464 § 4.3
        return refuse(new No(`METADATA MAXSIZE ${most}`, say));
      }
      return refuse(message ? new No("TOOBIG", say) : new Bad(say, "TOOBIG"));
    }
    if (command === undefined) return refuse(new Bad("Unknown command"));
    if (header.index >= limits.literals) {
      return refuse(new Bad("Too many literals", "TOOBIG"));
    }
    this.#taken = header.size + (header.index === 0 ? 0 : this.#taken);
    if (message && this.#taken > limits.messages) {
      return refuse(new No("TOOBIG", "The messages are too long together"));
    }
    const whole = loggedIn ? limits.command : limits.commandBeforeLogin;
    if (!message && this.#taken + text.length > whole) {
      return refuse(new Bad("The command is too long", "TOOBIG"));
    }
    return { tag, refusal: undefined };
  }
}

/** tag SP ["UID" SP] command-name; the tag also where no command follows it. */
const START = /^([^\s(){%*"\\+]+) (?:(uid )?([a-z0-9-]+)(?: |$))?/i;
