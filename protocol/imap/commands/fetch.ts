/**
 * FETCH: RFC 9051 § 6.4.5.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import { MACROS } from "../fetch/attributes.ts";
import { fetchMessages, withUid } from "../fetch/engine.ts";
import { messageUids } from "../messages.ts";

interface FetchArguments {
  readonly set: SequenceSet;
  readonly attributes: readonly FetchAttribute[];
}

/** fetch-att, by the slot of that name. */
export function parseFetchItem(
  d: Decoder,
  context: ParseContext,
): FetchAttribute {
  const item = context.registry.fetchItems.get(d.keyword());
  if (item === undefined) throw new Bad("Unknown FETCH item");
  return item.parse(d, context);
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
//         "(" fetch-att *(SP fetch-att) ")")
/** FETCH and UID FETCH. */
export const fetch: Command<FetchArguments> = {
  name: "FETCH",
  uid: "also",
  state: "selected",
  keepsNumbers: true,

  parse(d, context) {
    const set = d.sp().sequenceSet();
    d.sp();
    const macro = d.tryKeyword(...MACROS.keys());
    if (macro !== undefined) return { set, attributes: MACROS.get(macro)! };
    if (d.peek() !== PARENTHESIS) {
      return { set, attributes: [parseFetchItem(d, context)] };
    }
    const named = new Map(
      d.nonEmptyList(() => parseFetchItem(d, context))
        .map((attribute) => [attribute.name, attribute]),
    );
    return { set, attributes: [...named.values()] };
  },

  async execute(session, { set, attributes }, { uid }) {
    const uids = messageUids(session, set, uid);
    const wanted = uid ? withUid(attributes) : attributes;
    const all = await fetchMessages(session, uids, wanted);
    if (!all && !uid) throw expungeIssued();
  },
};

/** Some messages are gone, and the client has not been told yet (RFC 5530 § 3, RFC 2180 § 4.1.2). */
export function expungeIssued(): No {
  return new No("EXPUNGEISSUED", "Some of the messages are gone");
}

const PARENTHESIS = "(".charCodeAt(0);
