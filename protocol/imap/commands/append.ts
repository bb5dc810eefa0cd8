/**
 * APPEND: RFC 9051 § 6.3.12, with several messages in one command by RFC 3502.
 *
 * @module
 */

import type { NewMessage } from "../../../storage/model.ts";
import { format } from "../../wire/sequence_set.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command } from "../command.ts";
import { Bad, No } from "../errors.ts";
import { openTarget, tryCreate } from "../mailboxes.ts";
import { describe } from "../summary.ts";

interface AppendMessage {
  readonly flags: readonly string[];
  readonly internalDate: number | undefined;
  readonly source: Uint8Array;
}

interface AppendArguments {
  readonly mailbox: string;
  readonly messages: readonly AppendMessage[];
}

const OPEN = "(".charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);

// append-message = append-opts SP append-data
// append-opts    = [SP flag-list] [SP date-time]
// append-data    = literal / literal8
function parseMessage(d: Decoder): AppendMessage {
  let flags: string[] = [];
  let internalDate: number | undefined;
  d.sp();
  if (d.peek() === OPEN) {
    flags = d.flagList();
    d.sp();
  }
  if (d.peek() === QUOTE) {
    internalDate = d.dateTime();
    d.sp();
  }
  if (!d.isLiteral()) throw new Bad("Expected the message as a literal");
  return { flags, internalDate, source: d.literalBytes() };
}

// append = "APPEND" SP mailbox 1*append-message        RFC 3502 § 6.3.11
/** APPEND. */
export const append: Command<AppendArguments> = {
  name: "APPEND",
  state: "authenticated",
  carriesMessage: true,
  overlaps: true,

  parse(d) {
    const mailbox = d.sp().mailbox();
    const messages = [parseMessage(d)];
    while (!d.atEnd()) messages.push(parseMessage(d));
    return { mailbox, messages };
  },

  async execute(session, { mailbox, messages }) {
    // An empty message takes back the command (RFC 3502 § 6.3.11).
    if (messages.some(({ source }) => source.length === 0)) {
      throw new No("CANNOT", "A message has at least one byte");
    }
    const now = session.host.now();
    const prepared: NewMessage[] = messages.map((message) => ({
      ...describe(message.source),
      flags: message.flags,
      internalDate: message.internalDate ?? now,
    }));
    // Commands that overlap hand over in the order in which they came; they wait for the commit together.
    const { target, appended } = await session.inTurn(async () => {
      const target = await openTarget(session, mailbox);
      const appended = target.append(prepared).finally(() => target.close());
      appended.catch(() => {});
      return { target, appended };
    });
    try {
      const { uids } = await appended;
      if (uids.length === 0) return {};
      // resp-code-apnd = "APPENDUID" SP nz-number SP append-uid        RFC 4315 § 3
      return {
        code: `APPENDUID ${target.state.uidValidity} ${format(uids)}`,
      };
    } catch (error) {
      throw tryCreate(session, mailbox, error);
    }
  },
};
