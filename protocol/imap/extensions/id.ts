/**
 * ID: RFC 2971.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { capabilityList } from "../commands/session_commands.ts";
import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";
import { VERSION } from "../../version.ts";

/** The most fields, and the lengths of names and values (RFC 2971 § 3.3). */
const FIELDS = 30, NAME = 30, VALUE = 1_024;

/** What the server says of itself. */
const OWN = { name: "imapd", version: VERSION };

type Fields = ReadonlyMap<string, string | null>;

// id = "ID" SP ("(" [string SP nstring *(SP string SP nstring)] ")" / nil)
const id: Command<Fields> = {
  name: "ID",
  state: "any",

  parse(d) {
    const fields = new Map<string, string | null>();
    d.sp();
    if (d.tryKeyword("NIL") !== undefined) return fields;
    d.list(() => {
      const name = d.string();
      const value = d.sp().nstring();
      if (name.length > NAME || (value?.length ?? 0) > VALUE) {
        throw new Bad("A field of ID is too long");
      }
      if (fields.size >= FIELDS) throw new Bad("Too many fields of ID");
      fields.set(name.toLowerCase(), value);
    });
    return fields;
  },

  execute(session, fields) {
    session.host.event("id", {
      connection: session.id,
      remote: session.wire.remote,
      user: session.identity?.user,
      client: Object.fromEntries(fields),
    });
    const { id = OWN } = session.policy;
    const said = Object.entries(id).flat();
    session.out.text("* ID (");
    for (const [index, text] of said.entries()) {
      if (index > 0) session.out.sp();
      session.out.string(text);
    }
    session.out.close().crlf();
    const before = capabilityList(session);
    session.identify(fields);
    const after = capabilityList(session);
    if (after !== before) session.out.text(`* CAPABILITY ${after}`).crlf();
  },
};

/** ID. */
export const idExtension: Extension = {
  capabilities: () => ["ID"],
  documents: { ID: "2971" },
  commands: [id],
};
