/**
 * FILTERS: RFC 5466. A filter is an entry of the server's metadata whose value is a search.
 *
 * A filter with several keys stands for all of them together, wherever FILTER stands: `NOT FILTER name` is what
 * the filter does not find.
 *
 * @module
 */

import { CommandReader, type Frame } from "../../wire/command_reader.ts";
import { Decoder, ParseError } from "../../wire/decoder.ts";
import { utf8Text } from "../../wire/text.ts";
import { Bad, No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import { readServer } from "../metadata/query.ts";
import { BadCharset, parseSearchProgram, TooManyKeys } from "../search/key.ts";
import type { SearchKey, SearchKeyParser } from "../search/search_key.ts";
import type { Session } from "../session.ts";

const VALUES = /^\/(?:private|shared)\/filters\/(?:values|descriptions)\//;

/** FILTER SP filter-name */
const filter: SearchKeyParser = (d, { charset }) => {
  // RFC 5466 § 3.1: FILTER implies UTF-8.
  if (!/^(utf-8|us-ascii)$/i.test(charset)) {
    throw new Bad("Filters are in UTF-8", "BADCHARSET (UTF-8 US-ASCII)");
  }
  const name = d.sp().atom();
  // filter-name = 1*<any ATOM-CHAR except "/">
  if (name.includes("/")) throw new Bad("Expected the name of a filter");
  return {
    kind: "deferred",
    look: (session, depth) => find(session, name, depth),
  };
};

/** The search that a filter stands for. */
async function find(
  session: Session,
  name: string,
  depth: number,
): Promise<SearchKey> {
  // One that leads back to itself goes too deep as well: it is as if it were not there (RFC 5466 § 3.1).
  if (depth >= session.host.limits.filterDepth) throw undefinedFilter(name);
  const entries = ["private", "shared"].map((scope) =>
    `/${scope}/filters/values/${name}`
  );
  const query = { entries, depth: 0, maxSize: Infinity };
  const { found } = await readServer(session, query);
  const value = found.find(([, value]) => value !== null)?.[1];
  if (value === undefined || value === null) throw undefinedFilter(name);
  try {
    return parseFilter(session, value);
  } catch (error) {
    // It was a search when it was set; then there were other limits, or other extensions.
    if (!(error instanceof ParseError || error instanceof Bad)) throw error;
    throw new No("CANNOT", `Filter ${name} is no search: ${error.message}`);
  }
}

function undefinedFilter(name: string): No {
  return new No(`UNDEFINED-FILTER ${name}`, "There is no such filter");
}

/**
 * search-criteria = search-key *(SP search-key), in UTF-8
 * @throws {ParseError} {Bad} {TooManyKeys}
 */
function parseFilter(session: Session, value: Uint8Array): SearchKey {
  const { host: { limits, storage }, registry } = session;
  const frame = frameOf(value);
  if (frame === undefined || utf8Text(value) === undefined) {
    throw new ParseError("Expected search keys in UTF-8");
  }
  const d = new Decoder(frame, {
    utf8: true,
    delimiter: storage.hierarchyDelimiter,
    maxDepth: limits.nesting,
    maxListItems: limits.listItems,
    maxSequenceSet: limits.sequenceSet,
    maxMailboxName: limits.mailboxName,
  });
  if (/^charset /i.test(utf8Text(frame.text.subarray(0, 8)) ?? "")) {
    throw new ParseError("Expected search keys without a charset");
  }
  return parseSearchProgram(d, {
    maxKeys: limits.searchKeys,
    extraKeys: registry.searchKeys,
  }).key;
}

/** A value as the line of a command, in which there may be literals. */
function frameOf(value: Uint8Array): Frame | undefined {
  const reader = new CommandReader({ lineLength: value.length + 2 });
  reader.push(value);
  reader.push(Uint8Array.of(0x0d, 0x0a));
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.type === "overflow") return undefined;
    if (event.type === "literal") reader.accept();
    // What follows a line would be another search.
    else return reader.buffered === 0 ? event.frame : undefined;
  }
  return undefined;
}

/** FILTERS. */
export const filtersExtension: Extension = {
  capabilities: () => ["FILTERS"],
  needs: ["METADATA", "METADATA-SERVER"],
  documents: { FILTERS: "5466" },
  searchKeys: new Map([["FILTER", filter]]),
  metadataRules: [{
    entries: VALUES,
    check(session, entry, value) {
      if (/[/(){ "\\\]]/.test(entry.replace(VALUES, ""))) {
        throw new Bad("Expected the name of a filter");
      }
      // RFC 5466 § 5
      if (session.identity?.anonymous) {
        throw new No("NOPERM", "Who is anonymous has no filters");
      }
      if (value === null || !entry.includes("/filters/values/")) return;
      try {
        parseFilter(session, value);
      } catch (error) {
        const isRefusal = error instanceof ParseError || error instanceof Bad ||
          error instanceof No || error instanceof BadCharset ||
          error instanceof TooManyKeys;
        if (!isRefusal) throw error;
        throw new No("CANNOT", `The filter is no search: ${error.message}`);
      }
    },
  }],
};
