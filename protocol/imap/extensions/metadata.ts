/**
 * METADATA and METADATA-SERVER: RFC 5464.
 *
 * @module
 */

import type {
  MetadataChanges,
  MetadataOwner,
} from "../../../storage/metadata.ts";
import { StorageError } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import { canHaveValue, isPrivate, parseEntry } from "../metadata/entry.ts";
import {
  type MetadataQuery,
  metadataResponse,
  readMailboxes,
  readServer,
  SPECIAL_USE,
} from "../metadata/query.ts";
import { metadataWatch } from "../metadata/watch.ts";
import type { Session } from "../session.ts";

const OPEN = "(".charCodeAt(0);

interface GetArguments extends MetadataQuery {
  readonly mailbox: string;
}

// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
/**
 * GETMETADATA. The RFC's examples have the options behind the mailbox, and entries without parentheses: both are
 * taken as well.
 */
const getMetadata: Command<GetArguments> = {
  name: "GETMETADATA",
  state: "authenticated",

  parse(d, context) {
    let options: Options | undefined;
    if (d.sp().peek() === OPEN) {
      options = parseOptions(d);
      d.sp();
    }
    const mailbox = d.mailbox();
    d.sp();
    let entries: string[] | undefined;
    if (d.peek() === OPEN) {
      const list = parseOptionsOrEntries(d, context);
      if (Array.isArray(list)) entries = list;
      else if (options !== undefined) throw new Bad("Options are there twice");
      else {
        options = list;
        d.sp();
      }
    }
    entries ??= parseEntries(d, context);
    return { mailbox, entries, ...DEFAULTS, ...options };
  },

  async execute(session, { mailbox, ...query }) {
    const [answer] = mailbox === ""
      ? [await readServer(session, query)]
      : await readMailboxes(session, [mailbox], query);
    if (answer === undefined) throw noSuchMailbox();
    metadataResponse(session, mailbox, answer);
    return answer.longest === 0
      ? undefined
      : { code: `METADATA LONGENTRIES ${answer.longest}` };
  },
};

type Options = Partial<Pick<MetadataQuery, "depth" | "maxSize">>;

const DEFAULTS = { depth: 0, maxSize: Infinity };

/** getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")" */
function parseOptions(d: Decoder): Options {
  const options: { -readonly [K in keyof Options]: Options[K] } = {};
  d.nonEmptyList(() => parseOption(d, options));
  return options;
}

function parseOption(
  d: Decoder,
  options: { depth?: number; maxSize?: number },
): void {
  const name = d.keyword();
  // maxsize-opt = "MAXSIZE" SP number
  if (name === "MAXSIZE") options.maxSize = d.sp().number();
  // scope-opt = "DEPTH" SP ("0" / "1" / "infinity")
  else if (name === "DEPTH") {
    const depth = DEPTHS.get(d.sp().atom().toLowerCase());
    if (depth === undefined) throw new Bad("Expected a depth");
    options.depth = depth;
  } else throw new Bad("Unknown GETMETADATA option");
}

const DEPTHS = new Map([["0", 0], ["1", 1], ["infinity", Infinity]]);

/** A list behind the mailbox: of options, each of which begins with a letter, or of entries. */
function parseOptionsOrEntries(
  d: Decoder,
  context: ParseContext,
): Options | string[] {
  const options: { depth?: number; maxSize?: number } = {};
  const entries: string[] = [];
  d.nonEmptyList(() => {
    const isOption = /[a-z]/i.test(String.fromCharCode(d.peek()));
    if (isOption) parseOption(d, options);
    else entries.push(parseEntry(d, context));
  });
  if (entries.length > 0 && Object.keys(options).length > 0) {
    throw new Bad("Expected options or entries");
  }
  return entries.length > 0 ? entries : options;
}

/** entries = entry / "(" entry *(SP entry) ")" */
function parseEntries(d: Decoder, context: ParseContext): string[] {
  if (d.peek() === OPEN) return d.nonEmptyList(() => parseEntry(d, context));
  const entries = [parseEntry(d, context)];
  while (d.trySp()) {
    if (entries.length >= context.limits.listItems) {
      throw new Bad("Too many entries", "LIMIT");
    }
    entries.push(parseEntry(d, context));
  }
  return entries;
}

interface SetArguments {
  readonly mailbox: string;
  /** By name in lower case. */
  readonly changes: MetadataChanges;
}

// setmetadata = "SETMETADATA" SP mailbox SP entry-values
/** SETMETADATA. */
const setMetadata: Command<SetArguments> = {
  name: "SETMETADATA",
  state: "authenticated",

  parse(d, context) {
    const mailbox = d.sp().mailbox();
    // entry-values = "(" entry-value *(SP entry-value) ")"
    const pairs = d.sp().nonEmptyList(() => {
      const entry = parseEntry(d, context);
      if (!canHaveValue(entry)) throw new Bad("No value can have this name");
      d.sp();
      // value = nstring / literal8
      const value = d.isLiteral() ? d.literalBytes() : d.nstringBytes();
      return [entry.toLowerCase(), value] as const;
    });
    return { mailbox, changes: new Map(pairs) };
  },

  async execute(session, { mailbox, changes }) {
    if (mailbox !== "" && changes.has(SPECIAL_USE)) {
      throw new No("CANNOT", "Special uses are given by CREATE");
    }
    const owned: Owned = mailbox === ""
      ? ownedBy(session, changes)
      : [{ mailbox }, changes];
    const end = metadataWatch(session).expect(mailbox, owned);
    try {
      await session.account.setMetadata(...owned);
    } catch (error) {
      throw refusalOf(error, changes);
    } finally {
      end();
    }
  },
};

/** Changes with whom they belong to, and changes of what belongs to all. */
type Owned = [MetadataOwner, MetadataChanges, MetadataChanges?];

/** Changes of the server's metadata, by whom they belong to. @throws {No} for those that may not be */
function ownedBy(session: Session, changes: MetadataChanges): Owned {
  const { host, identity, registry } = session;
  const own = new Map<string, Uint8Array | null>();
  const common = new Map<string, Uint8Array | null>();
  for (const [name, value] of changes) {
    (isPrivate(name) ? own : common).set(name, value);
    if (name === "/shared/admin") {
      throw new No("CANNOT", "That is the server's to say");
    }
    for (const rule of registry.metadataRules) {
      if (rule.entries.test(name)) rule.check(session, name, value);
    }
  }
  // RFC 5464 § 3.3: who may set what all users see is for the server to say.
  if (common.size > 0 && !host.metadata?.editors.has(identity!.user)) {
    throw new No("NOPERM", "You may not set what all users see");
  }
  if (common.size === 0) return ["account", own];
  return own.size === 0 ? ["storage", common] : ["account", own, common];
}

/** Why metadata is not set, in the words of RFC 5464 § 4.3. */
function refusalOf(error: unknown, changes: MetadataChanges): unknown {
  if (!(error instanceof StorageError)) return error;
  const { code, message, limit } = error;
  if (code === "TOOBIG" && limit !== undefined) {
    return new No(`METADATA MAXSIZE ${limit}`, message);
  }
  if (code === "LIMIT") return new No("METADATA TOOMANY", message);
  if (code === "NONEXISTENT") return noSuchMailbox();
  // A mailbox that has no metadata has no private metadata.
  if (code === "CANNOT" && [...changes.keys()].some(isPrivate)) {
    return new No("METADATA NOPRIVATE", message);
  }
  return error;
}

function noSuchMailbox(): No {
  return new No("NONEXISTENT", "There is no such mailbox");
}

/** METADATA and METADATA-SERVER. */
export const metadataExtension: Extension = {
  capabilities: () => ["METADATA", "METADATA-SERVER"],
  documents: { METADATA: "5464", "METADATA-SERVER": "5464" },
  commands: [getMetadata, setMetadata],
  // RFC 5464 § 4.1: who enables either hears of changes.
  enable: ["METADATA", "METADATA-SERVER"],
  whenEnabled(session) {
    if (this.enable!.some((name) => session.enabled.has(name))) return;
    metadataWatch(session).want(() => true);
  },
  // RFC 5465 § 5.6, § 5.7
  notifyEvents: ["MailboxMetadataChange", "ServerMetadataChange"],
};
