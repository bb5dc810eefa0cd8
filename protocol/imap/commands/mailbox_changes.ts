/**
 * CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE: RFC 9051 § 6.3.4 to § 6.3.8.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import {
  announceSpelling,
  type MailboxArgument,
  mailboxArgument,
} from "../mailboxes.ts";
import type { Session } from "../session.ts";

interface CreateArguments {
  readonly mailbox: MailboxArgument;
  readonly specialUse: readonly string[];
}

// create = "CREATE" SP mailbox [create-params]        RFC 4466 § 2.2
/** CREATE. */
export const create: Command<CreateArguments> = {
  name: "CREATE",
  state: "authenticated",

  parse(d, context) {
    const mailbox = mailboxArgument(d.sp());
    return { mailbox, specialUse: createParameters(d, context) };
  },

  async execute(session, { mailbox, specialUse }) {
    const name = withoutDelimiter(session, mailbox.name);
    const info = await session.account.createMailbox(name, { specialUse });
    session.notifications?.renamed("create", name);
    await announceSpelling(session, { name, spelled: mailbox.spelled });
    const code = session.registry.createCode?.(session, info);
    return code === undefined ? {} : { code };
  },
};

/** A delimiter at the end says that names will be made below; it is no part of the name (§ 6.3.4). */
function withoutDelimiter(session: Session, name: string): string {
  const delimiter = session.host.storage.hierarchyDelimiter;
  return name.endsWith(delimiter) ? name.slice(0, -1) : name;
}

// create-params = SP "(" create-param *(SP create-param) ")"
function createParameters(d: Decoder, context: ParseContext): string[] {
  const uses = new Set<string>();
  if (!d.trySp()) return [];
  d.nonEmptyList(() => {
    const parameter = context.registry.createParameters.get(d.keyword());
    if (parameter === undefined) throw new Bad("Unknown CREATE parameter");
    for (const use of parameter.parse(d, context).specialUse ?? []) {
      uses.add(use);
    }
  });
  return [...uses];
}

// delete = "DELETE" SP mailbox
/** DELETE. */
export const deleteMailbox: Command<MailboxArgument> = {
  name: "DELETE",
  state: "authenticated",
  parse: (d) => mailboxArgument(d.sp()),
  async execute(session, mailbox) {
    const { name } = mailbox;
    await session.account.deleteMailbox(name);
    session.notifications?.renamed("delete", name);
    if (session.state === "selected" && session.view.state.deleted) {
      session.unselect();
      session.out.text("* OK [CLOSED] The mailbox is deleted").crlf();
    }
    await announceSpelling(session, mailbox);
  },
};

interface RenameArguments {
  readonly from: MailboxArgument;
  readonly to: MailboxArgument;
}

// rename = "RENAME" SP mailbox SP mailbox
/** RENAME. */
export const rename: Command<RenameArguments> = {
  name: "RENAME",
  state: "authenticated",

  parse(d) {
    const from = mailboxArgument(d.sp());
    return { from, to: mailboxArgument(d.sp()) };
  },

  async execute(session, { from, to }) {
    const name = withoutDelimiter(session, to.name);
    await session.account.renameMailbox(from.name, name);
    session.notifications?.renamed("rename", name);
    // INBOX stays (RFC 9051 § 6.3.6).
    if (from.name === "INBOX") {
      return await announceSpelling(session, { name, spelled: to.spelled });
    }
    // In IMAP4rev2 a rename is told with the old name, as it was supplied (RFC 9051 § 6.3.6, § 6.3.9.7).
    const spelled = from.spelled ?? from.name;
    await announceSpelling(session, { name, spelled });
  },
};

function subscribing(name: string, subscribed: boolean): Command<string> {
  return {
    name,
    state: "authenticated",
    parse: (d) => d.sp().mailbox(),
    async execute(session, mailbox) {
      await session.account.updateMailbox(mailbox, { subscribed });
      session.notifications?.renamed("update", mailbox);
    },
  };
}

// subscribe = "SUBSCRIBE" SP mailbox
/** SUBSCRIBE; the mailbox need not exist (RFC 9051 § 6.3.7). */
export const subscribe: Command<string> = subscribing("SUBSCRIBE", true);

// unsubscribe = "UNSUBSCRIBE" SP mailbox
/** UNSUBSCRIBE. */
export const unsubscribe: Command<string> = subscribing("UNSUBSCRIBE", false);
