/**
 * The commands that carry a message: DATA (RFC 5321 § 4.1.1.4) and BDAT (RFC 3030 § 2), answered once for
 * each recipient (RFC 2033 § 4.2, § 4.3).
 *
 * @module
 */

import { deliver } from "../delivery.ts";
import type { DeliveryFailure } from "../delivery_failure.ts";
import { shown } from "./path.ts";
import { Closing, Refusal } from "./reply.ts";
import type { Session, Transaction } from "./session.ts";

const TOO_LARGE: DeliveryFailure = {
  reply: 552,
  status: "5.3.4",
  text: "The message is too large",
};
const NO_ROOM: DeliveryFailure = {
  reply: 452,
  status: "4.3.1",
  text: "There is no room for it now",
};
const OUT_OF_ORDER: DeliveryFailure = {
  reply: 503,
  status: "5.5.1",
  text: "Say MAIL and RCPT first",
};
const BAD_MARKER: DeliveryFailure = {
  reply: 501,
  status: "5.5.4",
  text: "Expected LAST",
};

// data = "DATA" CRLF
/** DATA. */
export async function data(session: Session): Promise<void> {
  const { transaction, transport } = session;
  // RFC 2033 § 4.2, RFC 3030 § 2
  if (
    transaction === undefined || transaction.recipients.length === 0 ||
    transaction.chunked
  ) throw refusalOf(OUT_OF_ORDER);
  transport.reply("354", "End with a dot on a line of its own");
  const { message, parameters } = transaction;
  await transport.data(
    Math.min(parameters.size ?? 0, session.host.limits.message),
    (bytes) => message.add(bytes),
  );
  await finish(session, transaction);
}

// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CR LF
/** BDAT. */
export async function bdat(session: Session, argument: string): Promise<void> {
  const [, digits = "", marker] = /^(\d{1,20})(?: (.*))?$/.exec(argument) ?? [];
  const size = Number(digits);
  if (digits === "" || !Number.isSafeInteger(size)) {
    // Nobody knows where the chunk ends, and what is in it must not be taken for commands.
    session.transport.reply("501 5.5.4", "The size of the chunk cannot be");
    throw new Closing("4.3.0", "The chunk cannot be passed over");
  }
  const { transaction, transport } = session;
  const last = /^LAST$/i.test(marker ?? "");
  // What is refused is read all the same, and thrown away (RFC 3030 § 2).
  if (transaction === undefined) {
    await transport.chunk(size, () => {});
    throw refusalOf(OUT_OF_ORDER);
  }
  transaction.chunked = true;
  const { message, recipients } = transaction;
  if (marker !== undefined && !last) fail(transaction, BAD_MARKER);
  if (recipients.length === 0) fail(transaction, OUT_OF_ORDER);
  if (size > session.host.limits.message) fail(transaction, TOO_LARGE);
  await transport.chunk(size, (bytes) => {
    if (transaction.failure === undefined) message.add(bytes);
  });
  noteSize(transaction);
  if (last) return await finish(session, transaction);
  if (transaction.failure !== undefined) throw refusalOf(transaction.failure);
  transport.reply("250 2.0.0", `${size} octets`);
}

/** Delivers a message that has come to its end, and replies for each recipient in the order of RCPT. */
async function finish(
  session: Session,
  transaction: Transaction,
): Promise<void> {
  session.transaction = undefined;
  const { host, transport } = session;
  using message = transaction.message;
  const { recipients, id } = transaction;
  noteSize(transaction);
  const { failure } = transaction;
  const failures = failure === undefined
    ? await deliver(host, {
      pieces: message.pieces(),
      sender: transaction.sender.address,
      origin: {
        client: session.client!,
        remote: session.stream.remote,
        hostname: session.hostname,
        protocol: protocolOf(session, transaction),
        id,
        time: host.now(),
      },
      recipients: recipients.map(({ path, targets }) => ({
        address: path.address,
        targets,
      })),
    })
    : recipients.map(() => failure);
  host.event("deliver", {
    ...session.about(),
    delivery: id,
    sender: transaction.sender.address,
    size: message.size,
    recipients: recipients.length,
    failed: failures.filter((one) => one !== undefined).length,
  });
  for (const [index, { path }] of recipients.entries()) {
    const failed = failures[index];
    if (failed === undefined) {
      transport.reply("250 2.0.0", `${shown(path)} has it as ${id}`);
    } else {
      const { reply, status, text } = failed;
      transport.reply(`${reply} ${status}`, `${shown(path)} ${text}`);
    }
  }
}

/** The protocol's registered name: RFC 3848, RFC 6531 § 4.3. */
function protocolOf(session: Session, { parameters }: Transaction): string {
  return (parameters.utf8 ? "UTF8LMTP" : "LMTP") +
    (session.stream.secure ? "S" : "") +
    (session.user === undefined ? "" : "A");
}

/** Notes whether a message is more than there is room for. */
function noteSize(transaction: Transaction): void {
  const { message } = transaction;
  if (message.tooLarge) fail(transaction, TOO_LARGE);
  else if (message.noRoom) fail(transaction, NO_ROOM);
}

/** Notes why a message is not taken; the first reason stays. */
function fail(
  transaction: Transaction,
  failure: DeliveryFailure,
): void {
  transaction.failure ??= failure;
}

function refusalOf({ reply, status, text }: DeliveryFailure): Refusal {
  return new Refusal(`${reply} ${status}`, text);
}
