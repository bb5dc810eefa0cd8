/**
 * CONTEXT=SEARCH and CONTEXT=SORT: RFC 5267. The results of a search are kept up to date (`search/update_contexts.ts`);
 * PARTIAL, which belongs to them, is in `partial.ts`, ESORT in `sort.ts`.
 *
 * @module
 */

import type { Command, ParseContext } from "../command.ts";
import { parseFetchItem } from "../commands/fetch.ts";
import type { Extension, SearchReturnOption } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import type { Decoder } from "../../wire/decoder.ts";

// modifier-context = "CONTEXT"
/** A hint that nothing is made of: what searches have found out about messages is kept anyway (§ 4.2, § 4.5). */
const context: SearchReturnOption = {
  name: "CONTEXT",
  parse: () => ({ pick: none, silent: true, write() {} }),
};

// modifier-update = "UPDATE" [ "(" fetch-att *(SP fetch-att) ")" ]        RFC 5465 § 8
const update: SearchReturnOption = {
  name: "UPDATE",
  parse: (d, context) => ({
    pick: none,
    silent: true,
    update: { attributes: parseAttributes(d, context) },
    write() {},
  }),
};

/** The attributes of new messages; only "if the server that supports the NOTIFY extension" does (RFC 5465 § 7). */
function parseAttributes(
  d: Decoder,
  context: ParseContext,
): readonly FetchAttribute[] {
  // The grammar has no space there, the example and RFC 4466 § 2.6.1 have one.
  if (!d.comesNext("(") && !d.comesNext(" (")) return [];
  if (context.registry.command("NOTIFY") === undefined) return [];
  d.trySp();
  return [...new Set(d.nonEmptyList(() => parseFetchItem(d, context)))];
}

function none<T extends Uint32Array>(found: T): Uint32Array {
  return found.subarray(0, 0);
}

// command-select =/ "CANCELUPDATE" 1*(SP quoted)
const cancelUpdate: Command<string[]> = {
  name: "CANCELUPDATE",
  state: "selected",

  parse(d) {
    const tags = [d.sp().quoted()];
    while (d.trySp()) tags.push(d.quoted());
    return tags;
  },

  execute(session, tags) {
    session.selected.updates.cancel(tags);
  },
};

/** CONTEXT=SEARCH. */
export const contextSearchExtension: Extension = {
  capabilities: () => ["CONTEXT=SEARCH"],
  documents: { "CONTEXT=SEARCH": "5267" },
  searchReturnOptions: [context, update],
};

/** CONTEXT=SORT: servers with it "support the extended SORT command syntax" (§ 4.1), with ESORT or without. */
export const contextSortExtension: Extension = {
  capabilities: () => ["CONTEXT=SORT"],
  needs: ["SORT"],
  documents: { "CONTEXT=SORT": "5267" },
  extendsSort: true,
  sortReturnOptions: [context, update],
};

/** What the two have in common. */
export const contextExtension: Extension = {
  impliedBy: ["CONTEXT=SEARCH", "CONTEXT=SORT"],
  commands: [cancelUpdate],
};
