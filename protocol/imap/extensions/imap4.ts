/**
 * What only RFC 1730 has: PARTIAL and the FETCH items that RFC 2060 renamed.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { expungeIssued, parseFetchItem } from "../commands/fetch.ts";
import { Bad } from "../errors.ts";
import type { Extension, FetchItem } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import { fetchMessages } from "../fetch/engine.ts";
import { encodeLabel, fieldNames, sectionAttribute } from "../fetch/section.ts";

/** A FETCH item whose answer is that of another one, by RFC 1730 § 6.4.5. */
function item(
  name: string,
  label: string,
  parse: (d: Decoder) => Parameters<typeof sectionAttribute>[1],
): FetchItem {
  return {
    name,
    parse: (d) =>
      sectionAttribute(
        encodeLabel(label),
        parse(d),
        undefined,
        false,
      ),
  };
}

/** header_list ::= "(" 1#header_line ")" */
const lines = (d: Decoder, not: boolean) => {
  const names = fieldNames(d.sp());
  return { part: [], text: "HEADER", fields: { names, not } } as const;
};

const items: readonly FetchItem[] = [
  item("RFC822.PEEK", "RFC822", () => ({ part: [], text: "" })),
  item("RFC822.TEXT.PEEK", "RFC822.TEXT", () => ({ part: [], text: "TEXT" })),
  item("RFC822.HEADER.LINES", "RFC822.HEADER", (d) => lines(d, false)),
  item("RFC822.HEADER.LINES.NOT", "RFC822.HEADER", (d) => lines(d, true)),
];

interface PartialArguments {
  readonly number: number;
  readonly attribute: FetchAttribute;
}

// partial ::= "PARTIAL" SPACE nz_number SPACE
//             ("BODY" [".PEEK"] "[" section "]" / "RFC822" (([".TEXT"] [".PEEK"]) / ".HEADER")
//             SPACE number SPACE number                                          RFC 1730 § 6.4.6
const partial: Command<PartialArguments> = {
  name: "PARTIAL",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const number = d.sp().nzNumber();
    const attribute = parseWhole(d.sp(), context);
    const origin = d.sp().number();
    const length = d.sp().number();
    if (origin === 0) throw new Bad("The first octet is octet 1");
    return {
      number,
      attribute: attribute.partial!({ origin: origin - 1, length }),
    };
  },

  async execute(session, { number, attribute }) {
    const { view } = session;
    if (number > view.length) throw new Bad("Invalid message sequence number");
    const uids = Uint32Array.of(view.uids[number - 1]!);
    if (!await fetchMessages(session, uids, [attribute])) {
      throw expungeIssued();
    }
  },
};

function parseWhole(d: Decoder, context: ParseContext): FetchAttribute {
  const attribute = parseFetchItem(d, context);
  if (attribute.partial === undefined) {
    throw new Bad("This item cannot be fetched in part");
  }
  return attribute;
}

/** IMAP4, the first of them. */
export const imap4Extension: Extension = {
  capabilities: () => ["IMAP4"],
  documents: { IMAP4: "1730" },
  commands: [partial],
  fetchItems: items,
};
