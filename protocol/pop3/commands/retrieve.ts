/**
 * RETR (RFC 1939 § 5) and TOP (§ 7).
 *
 * @module
 */

import { Disconnected } from "../../imap/transport.ts";
import { type Command, lineCount, messageNumber, words } from "../command.ts";
import { LineWriter } from "../line_writer.ts";
import type { MaildropMessage } from "../maildrop.ts";
import { openMessage } from "../outgoing.ts";
import type { Session } from "../session.ts";
import { TopLines } from "../top_lines.ts";

// RETR msg
/** RETR. */
export const retr: Command = {
  name: "RETR",
  state: "transaction",
  async execute(session, argument) {
    const [word] = words(argument, 1, 1);
    const message = session.maildrop.message(messageNumber(word!));
    await send(session, message, `${message.size} octets`);
    session.maildrop.retrieved(message);
    return undefined;
  },
};

// TOP msg n
/** TOP. */
export const top: Command = {
  name: "TOP",
  state: "transaction",
  capability: "TOP",
  async execute(session, argument) {
    const [word, lines] = words(argument, 2, 2);
    const number = messageNumber(word!);
    const topLines = new TopLines(lineCount(lines!));
    const message = session.maildrop.message(number);
    await send(session, message, "The top of the message", topLines);
    return undefined;
  },
};

/**
 * Writes a message, or its top, as a multi-line response; a batch goes out before the next one is made.
 * @throws {No} when there is no message to write, and nothing has been written
 * @throws {Disconnected} when it cannot be written to its end: only the end of the connection tells the client
 */
async function send(
  session: Session,
  message: MaildropMessage,
  text: string,
  top?: TopLines,
): Promise<void> {
  const { host, maildrop, out } = session;
  const pieces = await openMessage(
    {
      mailbox: maildrop.mailbox,
      uid: message.uid,
      size: maildrop.storedSize(message),
    },
    !session.utf8 && session.offers("UTF8"),
  );
  session.wire.ok(text);
  try {
    const writer = new LineWriter(out);
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += host.batchSize) {
        const part = piece.subarray(at, at + host.batchSize);
        writer.write(top?.take(part) ?? part);
        const full = session.flushBatch();
        if (full !== undefined) await full;
        if (top?.done) break;
      }
      if (top?.done) break;
    }
    writer.end();
  } catch (error) {
    if (error instanceof Disconnected) throw error;
    host.fault(error, { ...session.facts, uid: message.uid });
    throw new Disconnected("The message cannot be read", { cause: error });
  }
}
