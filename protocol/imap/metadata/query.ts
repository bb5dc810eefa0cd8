/**
 * Asking for metadata and answering: GETMETADATA (RFC 5464 § 4.2), LIST with METADATA (RFC 9590).
 *
 * @module
 */

import type {
  MetadataEntry,
  MetadataFilter,
  MetadataOwner,
} from "../../../storage/metadata.ts";
import type { Encoder } from "../../wire/encoder.ts";
import { utf8Bytes } from "../../wire/text.ts";
import type { Session } from "../session.ts";

/** What is asked for. */
export interface MetadataQuery {
  /** Names of entries as the client spelled them. */
  readonly entries: readonly string[];
  /** How many levels below them are asked for, too. */
  readonly depth: number;
  /** The largest value that is wanted. */
  readonly maxSize: number;
}

/** What was found. */
export interface MetadataAnswer {
  /** Names and values in the order in which they were asked for; null for those that there are not. */
  readonly found: readonly (readonly [entry: string, Uint8Array | null])[];
  /** The size of the largest value that is too large, or 0. */
  readonly longest: number;
}

/** The server's own entries, which nobody sets (RFC 5464 § 3.2.1.1); their names are in lower case. */
function serverEntries({ host }: Session): Map<string, Uint8Array> {
  const admin = host.metadata?.admin;
  return new Map(
    admin === undefined ? [] : [["/shared/admin", utf8Bytes(admin)]],
  );
}

/** A query as it is put to the storage, for one mailbox or the server. */
class Reading {
  readonly #query: MetadataQuery;
  readonly #asked: Map<string, string>;
  /** The sizes of those that are too large, by name. */
  readonly tooLong: Map<string, number> = new Map();

  constructor(query: MetadataQuery) {
    this.#query = query;
    this.#asked = new Map(
      query.entries.toReversed().map((entry) => [entry.toLowerCase(), entry]),
    );
  }

  /** Whether the value of an entry is wanted; name in lower case. */
  readonly wants: MetadataFilter = (name, size) => {
    if (!this.#covers(name)) return false;
    if (size <= this.#query.maxSize) return true;
    this.tooLong.set(name, size);
    return false;
  };

  /** Puts what was read in the order of what was asked for. */
  answer(read: ReadonlyMap<string, Uint8Array>): MetadataAnswer {
    const found = new Map<string, readonly [string, Uint8Array | null]>();
    const { depth } = this.#query;
    const names = [...read.keys(), ...this.tooLong.keys()].sort();
    for (const [name, entry] of [...this.#asked].reverse()) {
      const own = depth === 0
        ? [name].filter((name) => read.has(name) || this.tooLong.has(name))
        : names.filter((other) => isBelow(other, name, depth));
      for (const other of own) {
        const value = read.get(other);
        if (value === undefined || found.has(other)) continue;
        found.set(other, [entry + other.slice(name.length), value]);
      }
      if (own.length === 0) found.set(name, [entry, null]);
    }
    return {
      found: [...found.values()],
      longest: Math.max(0, ...this.tooLong.values()),
    };
  }

  #covers(name: string): boolean {
    let end = name.length;
    for (let up = 0; up <= this.#query.depth && end > 0; up++) {
      if (this.#asked.has(name.slice(0, end))) return true;
      end = name.lastIndexOf("/", end - 1);
    }
    return false;
  }
}

/** Whether a name is another or up to so many levels below it. */
function isBelow(name: string, top: string, depth: number): boolean {
  if (name === top) return true;
  if (!name.startsWith(`${top}/`)) return false;
  return name.slice(top.length + 1).split("/").length <= depth;
}

/**
 * Reads metadata of mailboxes; undefined for those that are not there. Of several, values of any size have to be
 * wanted.
 */
export async function readMailboxes(
  session: Session,
  names: readonly string[],
  query: MetadataQuery,
): Promise<(MetadataAnswer | undefined)[]> {
  const reading = new Reading(query);
  const read = await session.account.metadata(
    names.map((mailbox) => ({ mailbox })),
    reading.wants,
  );
  const uses = reading.wants(SPECIAL_USE, 0)
    ? await specialUses(session)
    : undefined;
  return read.map((entries, index) => {
    if (entries === undefined) return undefined;
    const map = mapOf(entries);
    const value = uses?.get(names[index]!);
    if (value !== undefined && reading.wants(SPECIAL_USE, value.length)) {
      map.set(SPECIAL_USE, value);
    }
    return reading.answer(map);
  });
}

/** The entry that says the special uses of a mailbox (RFC 6154 § 4); it is not set by SETMETADATA. */
export const SPECIAL_USE = "/private/specialuse";

/** The special uses of mailboxes that have any, as values of that entry. */
async function specialUses(
  session: Session,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const uses = new Map<string, Uint8Array>();
  for (const { name, specialUse } of await session.account.mailboxes()) {
    if (specialUse.length > 0) uses.set(name, utf8Bytes(specialUse.join(" ")));
  }
  return uses;
}

/** Reads metadata of the server: what is the user's own and what is everybody's. */
export async function readServer(
  session: Session,
  query: MetadataQuery,
): Promise<MetadataAnswer> {
  const reading = new Reading(query);
  const owners: MetadataOwner[] = ["account", "storage"];
  const read = await session.account.metadata(owners, reading.wants);
  const entries = mapOf(read.flatMap((entries) => entries ?? []));
  for (const [name, value] of serverEntries(session)) {
    if (reading.wants(name, value.length)) entries.set(name, value);
  }
  return reading.answer(entries);
}

function mapOf(entries: readonly MetadataEntry[]): Map<string, Uint8Array> {
  return new Map(entries.map(({ name, value }) => [name, value]));
}

/** A METADATA response with values (RFC 5464 § 4.4.1); none where there is nothing to tell. */
export function metadataResponse(
  { out }: Session,
  mailbox: string,
  { found }: MetadataAnswer,
): void {
  if (found.length === 0) return;
  out.text("* METADATA ").mailbox(mailbox).text(" (");
  for (const [index, [entry, value]] of found.entries()) {
    if (index > 0) out.sp();
    out.astring(entry).sp();
    writeValue(out, value);
  }
  out.close().crlf();
}

/** value = nstring / literal8; NUL can only be in the latter. */
function writeValue(out: Encoder, value: Uint8Array | null): void {
  if (value?.includes(0)) out.literal8(value);
  else out.nstring(value);
}
