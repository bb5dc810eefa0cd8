/**
 * CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE: RFC 9051 § 6.3.4 to § 6.3.8.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";

interface CreateArguments {
  readonly name: string;
  readonly specialUse: readonly string[];
}

// create = "CREATE" SP mailbox [create-params]        RFC 4466 § 2.2
/** CREATE. */
export const create: Command<CreateArguments> = {
  name: "CREATE",
  state: "authenticated",

  parse(d, context) {
    const name = d.sp().mailbox();
    return { name, specialUse: createParameters(d, context) };
  },

  async execute(session, { name, specialUse }) {
    // A delimiter at the end says that names will be made below; it is no part of the name (§ 6.3.4).
    const delimiter = session.host.storage.hierarchyDelimiter;
    const plain = name.endsWith(delimiter) ? name.slice(0, -1) : name;
    await session.account.createMailbox(plain, { specialUse });
  },
};

// create-params = SP "(" create-param *(SP create-param) ")"
function createParameters(d: Decoder, context: ParseContext): string[] {
  const uses: string[] = [];
  if (!d.trySp()) return uses;
  d.list(() => {
    const parameter = context.registry.createParameters.get(d.keyword());
    if (parameter === undefined) throw new Bad("Unknown CREATE parameter");
    uses.push(...parameter.parse(d, context).specialUse ?? []);
  });
  return uses;
}

// delete = "DELETE" SP mailbox
/** DELETE. */
export const deleteMailbox: Command<string> = {
  name: "DELETE",
  state: "authenticated",
  parse: (d) => d.sp().mailbox(),
  execute: (session, name) => session.account.deleteMailbox(name),
};

// rename = "RENAME" SP mailbox SP mailbox
/** RENAME. */
export const rename: Command<{ from: string; to: string }> = {
  name: "RENAME",
  state: "authenticated",

  parse(d) {
    const from = d.sp().mailbox();
    return { from, to: d.sp().mailbox() };
  },

  async execute(session, { from, to }) {
    const delimiter = session.host.storage.hierarchyDelimiter;
    const plain = to.endsWith(delimiter) ? to.slice(0, -1) : to;
    await session.account.renameMailbox(from, plain);
  },
};

function subscribing(name: string, subscribed: boolean): Command<string> {
  return {
    name,
    state: "authenticated",
    parse: (d) => d.sp().mailbox(),
    execute: (session, mailbox) =>
      session.account.updateMailbox(mailbox, { subscribed }),
  };
}

// subscribe = "SUBSCRIBE" SP mailbox
/** SUBSCRIBE; the mailbox need not exist (RFC 9051 § 6.3.7). */
export const subscribe: Command<string> = subscribing("SUBSCRIBE", true);

// unsubscribe = "UNSUBSCRIBE" SP mailbox
/** UNSUBSCRIBE. */
export const unsubscribe: Command<string> = subscribing("UNSUBSCRIBE", false);
