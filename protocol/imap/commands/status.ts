/**
 * STATUS: RFC 9051 § 6.3.11.
 *
 * @module
 */

import type { MailboxInfo, MailboxStatus } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { StatusItem } from "../extension.ts";
import type { Session } from "../session.ts";

/** "(" status-att *(SP status-att) ")" */
export function parseStatusItems(
  d: Decoder,
  context: ParseContext,
): StatusItem[] {
  const items = d.nonEmptyList(() => {
    const item = context.registry.statusItems.get(d.keyword());
    if (item === undefined) throw new Bad("Unknown STATUS item");
    return item;
  });
  return [...new Set(items)];
}

/** A STATUS response (RFC 9051 § 7.3.4) with what the client has asked for. */
export function statusResponse(
  session: Session,
  info: MailboxInfo,
  status: MailboxStatus,
  items: readonly StatusItem[],
): void {
  for (const item of items) item.before?.(session);
  writeStatus(session, info, status, items);
}

/** A STATUS response. */
export function writeStatus(
  session: Session,
  info: MailboxInfo,
  status: MailboxStatus,
  items: readonly StatusItem[],
): void {
  const { out } = session;
  out.text("* STATUS ").mailbox(info.name).text(" (");
  items.forEach((item, index) => {
    if (index > 0) out.sp();
    out.text(item.name).sp();
    item.write(session, status, info);
  });
  out.close().crlf();
}

const count = (name: string, key: keyof MailboxStatus): StatusItem => ({
  name,
  write: ({ out }, status) => void out.number(status[key]),
});

/** The items of RFC 9051 and RFC 3501. */
export const statusItems: readonly StatusItem[] = [
  count("MESSAGES", "messages"),
  count("RECENT", "recent"),
  count("UIDNEXT", "uidNext"),
  count("UIDVALIDITY", "uidValidity"),
  count("UNSEEN", "unseen"),
  count("DELETED", "deleted"),
  count("SIZE", "size"),
];

interface StatusArguments {
  readonly name: string;
  readonly items: readonly StatusItem[];
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
/** STATUS. */
export const status: Command<StatusArguments> = {
  name: "STATUS",
  state: "authenticated",

  parse(d, context) {
    const name = d.sp().mailbox();
    return { name, items: parseStatusItems(d.sp(), context) };
  },

  async execute(session, { name, items }) {
    const { account } = session;
    const info = await account.mailbox(name);
    const [counts] = await account.status([name]);
    if (info === undefined || counts === undefined) {
      throw new No("NONEXISTENT", "There is no such mailbox");
    }
    statusResponse(session, info, counts, items);
  },
};
