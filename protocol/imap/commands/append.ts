/**
 * APPEND: RFC 9051 § 6.3.12, with several messages in one command by RFC 3502.
 *
 * @module
 */

import type { NewMessage, UidList } from "../../../storage/model.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import type { Host } from "../../host.ts";
import { headerEnd } from "../../mime/bytes.ts";
import { giveBack } from "../../wire/literal_data.ts";
import { format } from "../../wire/sequence_set.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { AppendData } from "../extension.ts";
import {
  type MailboxArgument,
  mailboxArgument,
  openSpelledTarget,
  tryCreate,
} from "../mailboxes.ts";
import { Pace } from "../../../storage/pace.ts";
import { saveLimit, tooMany } from "../message_limit.ts";
import type { Session } from "../session.ts";
import { describe, describeLater, readSummary, summaryOf } from "../summary.ts";

/** A message of APPEND, as its arguments say it. */
export interface AppendMessage {
  /** Its flags. */
  readonly flags: readonly string[];
  /** INTERNALDATE, in milliseconds since 1970; undefined for now. */
  readonly internalDate: number | undefined;
  /** What it is made of. */
  readonly data: AppendData;
}

interface AppendArguments {
  readonly mailbox: MailboxArgument;
  readonly messages: readonly AppendMessage[];
}

/** Of a message above this size the summary is not made before it is asked for. */
const LARGE = 65_536;
const OPEN = "(".charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const BRACE = "{".charCodeAt(0);
const TILDE = "~".charCodeAt(0);

// append-message = append-opts SP append-data
// append-opts    = [SP flag-list] [SP date-time]
/** append-message */
export function parseAppendMessage(
  d: Decoder,
  context: ParseContext,
): AppendMessage {
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
  return { flags, internalDate, data: parseData(d, context) };
}

// append-data = literal / literal8 / append-data-ext        RFC 4466 § 3
function parseData(d: Decoder, context: ParseContext): AppendData {
  if (d.peek() === BRACE) return d.literalBytes();
  const name = d.peek() === TILDE ? "~" : d.keyword();
  const form = context.registry.appendForms.get(name);
  if (form === undefined) throw new Bad("Expected the message as a literal");
  return form.parse(d, context);
}

/**
 * The largest message that a client may put into a mailbox (RFC 7889); a limit of the mailbox's own does not raise that
 * of the server.
 */
export function appendLimit(
  host: Pick<Host, "limits" | "appendLimit">,
  user: string,
  mailbox: string,
): number {
  const { message, messages } = host.limits;
  const own = host.appendLimit?.(user, mailbox) ?? Infinity;
  return Math.min(own, message, messages);
}

/**
 * Makes messages ready for the storage.
 * @throws {No} TOOBIG, CANNOT, and what extensions refuse
 */
export async function prepareMessages(
  session: Session,
  mailbox: string,
  messages: readonly AppendMessage[],
): Promise<NewMessage[]> {
  const { host, identity } = session;
  const most = appendLimit(host, identity!.user, mailbox);
  let room = host.limits.messages;
  const prepared: NewMessage[] = [];
  const pace = new Pace();
  for (const { data, flags, internalDate = host.now() } of messages) {
    const source = data instanceof Uint8Array
      ? data
      : await data(session, Math.min(most, room));
    // An empty message takes back the command (RFC 3502 § 6.3.11).
    if (source.length === 0) {
      throw new No("CANNOT", "A message has at least one byte");
    }
    room -= source.length;
    if (source.length > most || room < 0) throw tooBig(most);
    // Of several the summaries are made here, where others get their turn between them.
    const later = messages.length === 1 && source.length > LARGE;
    const described = later ? describeLater(source) : describe(source);
    const headerSize = later ? headerEnd(source, 0) : headerSizeOf(described);
    for (const check of session.registry.messageChecks) {
      check(session, { source, headerSize });
    }
    prepared.push(Object.assign(described, { flags, internalDate }));
    if (pace.due) await pace.rest();
  }
  return prepared;
}

/** Why a message is not taken (RFC 4469 § 4.2, RFC 7889 § 4). */
export function tooBig(most: number): No {
  return new No("TOOBIG", `A message has at most ${most} bytes here`);
}

function headerSizeOf(
  { source, summary }: Pick<NewMessage, "source" | "summary">,
): number {
  return (readSummary(summary) ?? summaryOf(source)).headerSize;
}

/** resp-code-apnd = "APPENDUID" SP nz-number SP append-uid        RFC 4315 § 3 */
export function appendUid(
  target: Mailbox,
  uids: Parameters<typeof format>[0],
): string {
  return `APPENDUID ${target.state.uidValidity} ${format(uids)}`;
}

// append = "APPEND" SP mailbox 1*append-message        RFC 3502 § 6.3.11
/** APPEND. */
export const append: Command<AppendArguments> = {
  name: "APPEND",
  state: "authenticated",
  carriesMessage: true,
  // What is made of other messages may be made of those of the command before.
  overlaps: ({ messages }) =>
    messages.every(({ data }) => data instanceof Uint8Array),

  parse(d, context) {
    const mailbox = mailboxArgument(d.sp());
    const messages = [parseAppendMessage(d, context)];
    while (!d.atEnd()) messages.push(parseAppendMessage(d, context));
    return { mailbox, messages };
  },

  async execute(session, { mailbox: given, messages }) {
    const mailbox = given.name;
    const limit = saveLimit(session.host.limits);
    // All or none (RFC 3502), so that beyond the limit none is (RFC 9738 § 3.1).
    if (messages.length > limit) throw tooMany(limit);
    // Commands that overlap hand over in the order in which they came; they wait for the commit together.
    const { target, appended } = await session.inTurn(async () => {
      const prepared = await prepareMessages(session, mailbox, messages);
      const target = await openSpelledTarget(session, given);
      const appended = target.append(prepared).finally(() => target.close());
      appended.catch(() => {});
      return { target, appended };
    });
    let uids: UidList;
    try {
      ({ uids } = await appended);
    } catch (error) {
      throw tryCreate(session, mailbox, error);
    }
    session.notifications?.appended(target, uids);
    if (target.copies) {
      for (const { data } of messages) {
        if (data instanceof Uint8Array) giveBack(data);
      }
    }
    return uids.length === 0 ? {} : { code: appendUid(target, uids) };
  },
};
