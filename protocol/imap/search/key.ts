/**
 * Search keys: what SEARCH, SORT and THREAD ask for (RFC 9051 § 6.4.4; RFC 3501 § 6.4.4 for NEW, OLD and
 * RECENT).
 *
 *     search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
 *
 * Reading needs no more of the stack than the client's nesting limit allows: NOT behind NOT cancels itself
 * out and OR to the right of OR makes one list, both in a loop; only parentheses, and OR to the left of OR,
 * go deeper, and each level is counted.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import { ParseError } from "../../wire/parse_error.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import { SearchCharset } from "./search_charset.ts";
import type {
  SearchKey,
  SearchKeyContext,
  SearchKeyParser,
} from "./search_key.ts";

export { BadCharset } from "./search_charset.ts";
export type {
  ColumnTest,
  KeyLookup,
  SearchKey,
  SearchKeyContext,
  SearchKeyParser,
} from "./search_key.ts";

/** What {@linkcode parseSearchProgram} may be told. */
export interface SearchProgramOptions {
  /** How many keys there may be, NOT, OR and parentheses counted. */
  readonly maxKeys: number;
  /** Keys of extensions, by their names in capitals. */
  readonly extraKeys?: ReadonlyMap<string, SearchKeyParser>;
  /**
   * Whether the charset stands first without the word, as in SORT and THREAD (RFC 5256 § 5):
   * `search-criteria = charset 1*(SP search-key)`. Default false.
   */
  readonly bareCharset?: boolean;
  /** Whether the strings may be of another charset than UTF-8 (RFC 9755 § 3). Default true. */
  readonly charsets?: boolean;
}

/** A search as the client put it. */
export interface SearchProgram {
  /** What the messages have to be like. */
  readonly key: SearchKey;
  /** The charset of the strings, as the client spelled it; `UTF-8` when it named none. */
  readonly charset: string;
}

/** More keys than the limit; the answer is `NO [LIMIT]` (RFC 9051 § 7.1). */
export class TooManyKeys extends Error {
  /** Says how many there may be. */
  constructor(maxKeys: number) {
    super(`More than ${maxKeys} search keys`);
    this.name = "TooManyKeys";
  }
}

/**
 * Reads a search program up to the end of the command.
 * @throws {ParseError} when it is none
 * @throws {BadCharset} for a charset that is not known (RFC 9051 § 6.4.4)
 * @throws {TooManyKeys} beyond the limit
 */
export function parseSearchProgram(
  d: Decoder,
  options: SearchProgramOptions,
): SearchProgram {
  let charset = new SearchCharset("UTF-8");
  const named = !options.bareCharset && d.tryKeyword("CHARSET") !== undefined;
  if (named) d.sp();
  if (named || options.bareCharset) {
    const name = d.astring();
    assertCharset(name, options);
    charset = new SearchCharset(name);
    d.sp();
  }
  const reader = new KeyReader(d, charset, options);
  const key = reader.conjunction();
  d.end();
  charset.assertKnown();
  return { key, charset: charset.name };
}

/**
 * RFC 9755 § 3: where UTF-8 is on, a charset that could be left out "SHOULD" be refused with BAD, and so is another one
 * than UTF-8 where there has to be one.
 */
function assertCharset(
  name: string,
  { charsets = true, bareCharset }: SearchProgramOptions,
): void {
  if (charsets || bareCharset && name.toUpperCase() === "UTF-8") return;
  throw new ParseError("Strings are UTF-8 here, and no charset is named");
}

/** Beyond every date and size. */
const NO_BOUND = Infinity;

const flag = (name: string): SearchKey => ({ kind: "flag", flag: name });
const not = (key: SearchKey): SearchKey => ({ kind: "not", key });
const and = (...keys: SearchKey[]): SearchKey => ({ kind: "and", keys });

/** The keys without an argument. */
const PLAIN_KEYS: ReadonlyMap<string, SearchKey> = new Map<string, SearchKey>([
  ["ALL", { kind: "all" }],
  ["ANSWERED", flag("\\answered")],
  ["DELETED", flag("\\deleted")],
  ["DRAFT", flag("\\draft")],
  ["FLAGGED", flag("\\flagged")],
  ["NEW", and({ kind: "recent" }, not(flag("\\seen")))],
  ["OLD", not({ kind: "recent" })],
  ["RECENT", { kind: "recent" }],
  ["SEEN", flag("\\seen")],
  ["UNANSWERED", not(flag("\\answered"))],
  ["UNDELETED", not(flag("\\deleted"))],
  ["UNDRAFT", not(flag("\\draft"))],
  ["UNFLAGGED", not(flag("\\flagged"))],
  ["UNSEEN", not(flag("\\seen"))],
]);

/** The keys with arguments. */
const KEYS: ReadonlyMap<string, (r: KeyReader) => SearchKey> = new Map<
  string,
  (r: KeyReader) => SearchKey
>([
  ["BCC", (r) => ({ kind: "header", field: "bcc", text: r.string() })],
  ["BEFORE", (r) => ({ kind: "internalDate", ...r.before() })],
  ["BODY", (r) => ({ kind: "body", text: r.string() })],
  ["CC", (r) => ({ kind: "header", field: "cc", text: r.string() })],
  ["FROM", (r) => ({ kind: "header", field: "from", text: r.string() })],
  ["HEADER", (r) => ({ kind: "header", field: r.field(), text: r.string() })],
  ["KEYWORD", (r) => flag(r.keyword())],
  ["LARGER", (r) => ({ kind: "size", above: r.octets(), below: NO_BOUND })],
  ["ON", (r) => ({ kind: "internalDate", ...r.on() })],
  ["SENTBEFORE", (r) => ({ kind: "sentDate", ...r.before() })],
  ["SENTON", (r) => ({ kind: "sentDate", ...r.on() })],
  ["SENTSINCE", (r) => ({ kind: "sentDate", ...r.since() })],
  ["SINCE", (r) => ({ kind: "internalDate", ...r.since() })],
  ["SMALLER", (r) => ({ kind: "size", above: -1, below: r.octets() })],
  ["SUBJECT", (r) => ({ kind: "header", field: "subject", text: r.string() })],
  ["TEXT", (r) => ({ kind: "text", text: r.string() })],
  ["TO", (r) => ({ kind: "header", field: "to", text: r.string() })],
  ["UID", (r) => ({ kind: "uids", set: r.set() })],
  ["UNKEYWORD", (r) => not(flag(r.keyword()))],
]);

/** Days from one up to before another. */
interface Days {
  readonly from: number;
  readonly to: number;
}

/** Reads keys and their arguments; an argument is read with the space before it. */
class KeyReader implements SearchKeyContext {
  readonly #d: Decoder;
  readonly #charset: SearchCharset;
  readonly #options: SearchProgramOptions;
  #keys = 0;

  constructor(
    d: Decoder,
    charset: SearchCharset,
    options: SearchProgramOptions,
  ) {
    this.#d = d;
    this.#charset = charset;
    this.#options = options;
  }

  get charset(): string {
    return this.#charset.name;
  }

  /** `search-key *(SP search-key)`: all of them. */
  conjunction(): SearchKey {
    const keys = [this.#key()];
    while (this.#d.trySp()) keys.push(this.#key());
    return keys.length === 1 ? keys[0]! : { kind: "and", keys };
  }

  /** `search-key` inside another. */
  key(): SearchKey {
    this.#d.enter();
    const key = this.#key();
    this.#d.leave();
    return key;
  }

  /** `search-key` */
  #key(): SearchKey {
    return this.#rest(this.#begin());
  }

  /** A key of which the beginning has been read. */
  #rest(begin: string): SearchKey {
    let negated = false;
    while (begin === "NOT") {
      negated = !negated;
      this.#d.sp();
      begin = this.#begin();
    }
    const key = begin === "OR"
      ? this.#disjunction()
      : begin === "("
      ? this.#list()
      : begin === SET
      ? { kind: "numbers" as const, set: this.#d.sequenceSet() }
      : this.#named(begin);
    return negated ? { kind: "not", key } : key;
  }

  /** The name of a key, in capitals, or what stands for one: `(`, or {@linkcode SET} with nothing read. */
  #begin(): string {
    if (++this.#keys > this.#options.maxKeys) {
      throw new TooManyKeys(this.#options.maxKeys);
    }
    if (this.#d.tryChar("(")) return "(";
    return SET_BEGINS.has(this.#d.peek()) ? SET : this.#d.keyword();
  }

  /** `"OR" SP search-key1 SP search-key2`, where the second may be another OR. */
  #disjunction(): SearchKey {
    const keys: SearchKey[] = [];
    let begin: string;
    do {
      this.#d.sp();
      keys.push(this.key());
      this.#d.sp();
      begin = this.#begin();
    } while (begin === "OR");
    this.#d.enter();
    keys.push(this.#rest(begin));
    this.#d.leave();
    return { kind: "or", keys };
  }

  /** `"(" search-key *(SP search-key) ")"` */
  #list(): SearchKey {
    this.#d.enter();
    const key = this.conjunction();
    this.#d.char(")");
    this.#d.leave();
    return key;
  }

  #named(name: string): SearchKey {
    const plain = PLAIN_KEYS.get(name);
    if (plain !== undefined) return plain;
    const read = KEYS.get(name);
    if (read !== undefined) return read(this);
    const extra = this.#options.extraKeys?.get(name);
    if (extra !== undefined) return extra(this.#d, this);
    throw new ParseError("Unknown search key");
  }

  /** `SP astring` in the charset of the command. */
  string(): string {
    this.#d.sp();
    return this.#charset.decode(this.#d.astringBytes());
  }

  /** `SP header-fld-name`, in lower case. */
  field(): string {
    this.#d.sp();
    return this.#d.astring().toLowerCase();
  }

  /** `SP flag-keyword`, in lower case; keywords compare without case (RFC 9051 § 2.3.2). */
  keyword(): string {
    this.#d.sp();
    return this.#d.atom().toLowerCase();
  }

  /** `SP number64` */
  octets(): number {
    this.#d.sp();
    return this.#d.number64();
  }

  /** `SP sequence-set` */
  set(): SequenceSet {
    this.#d.sp();
    return this.#d.sequenceSet();
  }

  /** `SP date`: the days before it. */
  before(): Days {
    return { from: -NO_BOUND, to: this.#date() };
  }

  /** `SP date`: that day. */
  on(): Days {
    const day = this.#date();
    return { from: day, to: day + 1 };
  }

  /** `SP date`: that day and those after it. */
  since(): Days {
    return { from: this.#date(), to: NO_BOUND };
  }

  #date(): number {
    this.#d.sp();
    return this.#d.date();
  }
}

/** Stands for a sequence set where the name of a key could be. */
const SET = "set";

/** What a sequence set begins with, `$` (RFC 5182 § 2.1) among it; the name of no key does. */
const SET_BEGINS: ReadonlySet<number> = new Set(
  Array.from("0123456789*$", (char) => char.charCodeAt(0)),
);
