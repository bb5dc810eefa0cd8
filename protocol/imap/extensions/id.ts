/**
 * ID: RFC 2971.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";
import { VERSION } from "../../version.ts";

/** The most fields, and the lengths of names and values (RFC 2971 § 3.3). */
const FIELDS = 30, NAME = 30, VALUE = 1_024;

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
    session.out.text('* ID ("name" "imapd" "version" ').string(VERSION).close()
      .crlf();
  },
};

/** ID. */
export const idExtension: Extension = {
  capabilities: () => ["ID"],
  commands: [id],
};
