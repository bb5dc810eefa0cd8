/**
 * A search key made into a function that says whether a message matches.
 *
 * One function serves the whole search. It is asked with nothing but a message's place in the columns, then
 * with the summary's header fields, then with the source; it answers as soon as what is known suffices.
 *
 * @module
 */

import { parseDate } from "../../mime/date.ts";
import { KEPT_FIELDS } from "../kept_fields.ts";
import { columnTest } from "./columns.ts";
import type { SearchContext } from "./context.ts";
import type { SearchKey } from "./search_key.ts";
import { mayContain, saltOf } from "./signature.ts";
import { Needle } from "./text_match.ts";
import {
  conjunction,
  disjunction,
  negation,
  NO,
  type Test,
  truth,
  UNKNOWN,
  YES,
} from "./truth.ts";

/** A string to look for in the text of a message. */
export interface WantedString {
  /** The string. */
  readonly needle: Needle;
  /** Whether header fields count (TEXT) or not (BODY). */
  readonly inHeaders: boolean;
}

/** A search key, ready to be asked. */
export interface Predicate {
  /** Whether a message matches. */
  readonly test: Test;
  /** The header fields that it asks for, in lower case. */
  readonly fields: ReadonlySet<string>;
  /** The strings that it looks for in messages; the places in `Candidate.found` are theirs. */
  readonly strings: readonly WantedString[];
}

/** Makes a predicate of a key. What `$`, `*` and "now" mean is settled here. */
export function makePredicate(
  context: SearchContext,
  key: SearchKey,
): Predicate {
  const compiler = new Compiler(context);
  const { test } = compiler.compile(key);
  return { test, fields: compiler.fields, strings: compiler.strings };
}

/** What has to be read for a test, the cheapest first. */
const COLUMNS = 0, HEADER = 1, BODY = 2;

interface Compiled {
  readonly test: Test;
  readonly cost: number;
}

class Compiler {
  readonly fields = new Set<string>();
  readonly strings: WantedString[] = [];
  readonly #places = new Map<string, number>();
  readonly #context: SearchContext;

  constructor(context: SearchContext) {
    this.#context = context;
  }

  compile(key: SearchKey): Compiled {
    switch (key.kind) {
      case "not": {
        const { test, cost } = this.compile(key.key);
        return { test: negation(test), cost };
      }
      case "and":
        return this.#join(key.keys, conjunction);
      case "or":
        return this.#join(key.keys, disjunction);
      case "header":
        return this.#header(key.field, new Needle(key.text));
      case "sentDate":
        return this.#sentDate(key.from, key.to);
      case "body":
        return this.#string(key.text, false);
      case "text":
        return this.#string(key.text, true);
      case "deferred":
        throw new Error("The key has not been looked up");
      default:
        return { test: columnTest(this.#context, key), cost: COLUMNS };
    }
  }

  #join(
    keys: readonly SearchKey[],
    join: (tests: readonly Test[]) => Test,
  ): Compiled {
    const parts = keys.map((key) => this.compile(key));
    parts.sort((a, b) => a.cost - b.cost);
    return {
      test: join(parts.map((part) => part.test)),
      cost: parts.at(-1)?.cost ?? COLUMNS,
    };
  }

  /** One of the fields contains the string; the empty one is in any field (RFC 9051 § 6.4.4, HEADER). */
  #header(field: string, needle: Needle): Compiled {
    this.fields.add(field);
    const kept = KEPT_FIELDS.has(field);
    const triples = needle.headerTriples(saltOf(field));
    const test: Test = ({ header, wholeHeader, fieldsSignature }) => {
      if (
        kept && fieldsSignature !== undefined &&
        !mayContain(fieldsSignature, triples)
      ) return NO;
      return header !== undefined && (kept || wholeHeader)
        ? truth(header.contains(field, needle))
        : UNKNOWN;
    };
    return { test, cost: HEADER };
  }

  /**
   * The day of the Date field in its own zone. A message without a date there was sent neither before nor on
   * nor since any day.
   */
  #sentDate(from: number, to: number): Compiled {
    this.fields.add("date");
    const test: Test = ({ header }) => {
      if (header === undefined) return UNKNOWN;
      const date = parseDate(header.value("date") ?? "");
      return truth(date !== undefined && date.day >= from && date.day < to);
    };
    return { test, cost: HEADER };
  }

  #string(text: string, inHeaders: boolean): Compiled {
    // The empty string is in the text of every message.
    if (text === "") return { test: () => YES, cost: COLUMNS };
    const name = `${inHeaders} ${text}`;
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.strings.push({ needle: new Needle(text), inHeaders }) - 1;
      this.#places.set(name, place);
    }
    const index = place;
    const { needle } = this.strings[index]!;
    const triples = needle.textTriples();
    const headerTriples = needle.headerTriples();
    const test: Test = ({ found, textSignature }) => {
      if (found !== undefined) return truth(found[index] === 1);
      const isThere = textSignature === undefined ||
        mayContain(textSignature, triples) ||
        (inHeaders && mayContain(textSignature, headerTriples));
      return isThere ? UNKNOWN : NO;
    };
    return { test, cost: BODY };
  }
}
