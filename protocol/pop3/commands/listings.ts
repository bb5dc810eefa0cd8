/**
 * The commands that tell of messages and mark them: STAT, LIST, DELE, NOOP, RSET (RFC 1939 § 5) and UIDL (§ 7).
 *
 * @module
 */

import { type Command, messageNumber, noArgument, words } from "../command.ts";
import type { MaildropMessage } from "../maildrop.ts";
import type { Session } from "../session.ts";

/** What is in the maildrop, for people. */
export function totalsText(session: Session): string {
  const { messages, octets } = session.maildrop.totals();
  return `${messages} messages (${octets} octets)`;
}

/** STAT: the drop listing. */
export const stat: Command = {
  name: "STAT",
  state: "transaction",
  execute(session, argument) {
    noArgument(argument);
    const { messages, octets } = session.maildrop.totals();
    return `${messages} ${octets}`;
  },
};

/** A command that tells something of one message, or of all that are there. */
function listing(
  name: string,
  of: (message: MaildropMessage, session: Session) => string | number,
): Command {
  return {
    name,
    state: "transaction",
    async execute(session, argument) {
      const [word] = words(argument, 0, 1);
      const { maildrop, out } = session;
      if (word !== undefined) {
        const message = maildrop.message(messageNumber(word));
        return `${message.number} ${of(message, session)}`;
      }
      session.wire.ok(totalsText(session));
      for (const message of maildrop.messages()) {
        const value = of(message, session);
        out.number(message.number).sp();
        if (typeof value === "number") out.number(value);
        else out.text(value);
        const full = out.crlf() && session.flushBatch();
        if (full !== undefined) await full;
      }
      out.text(".").crlf();
      return undefined;
    },
  };
}

/** LIST: scan listings. */
export const list: Command = listing("LIST", ({ size }) => size);

/** UIDL: unique-id listings. */
export const uidl: Command = {
  ...listing(
    "UIDL",
    ({ uid }, { maildrop }) =>
      uniqueId(maildrop.mailbox.state.uidValidity, uid),
  ),
  capability: "UIDL",
};

/**
 * A message's unique-id: UID and UIDVALIDITY, each as eight hexadecimal digits. It stays as long as the message,
 * and no other message in this INBOX ever has it.
 */
function uniqueId(uidValidity: number, uid: number): string {
  return hex(uid) + hex(uidValidity);
}

function hex(number: number): string {
  return number.toString(16).padStart(8, "0");
}

/** DELE. */
export const dele: Command = {
  name: "DELE",
  state: "transaction",
  execute(session, argument) {
    const [word] = words(argument, 1, 1);
    session.maildrop.delete(messageNumber(word!));
    return "Marked as deleted";
  },
};

/** NOOP. */
export const noop: Command = {
  name: "NOOP",
  state: "transaction",
  execute(_, argument) {
    noArgument(argument);
    return "Nothing done";
  },
};

/** RSET: nothing is marked any more. */
export const rset: Command = {
  name: "RSET",
  state: "transaction",
  execute(session, argument) {
    noArgument(argument);
    session.maildrop.reset();
    return totalsText(session);
  },
};
