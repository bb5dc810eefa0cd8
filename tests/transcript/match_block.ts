/**
 * Whether the responses up to some point are those that a script expects there.
 *
 * Order is free, but not around what changes the meaning of numbers: an EXPUNGE has its place among its
 * like, and among everything that speaks of messages.
 *
 * @module
 */

import { ascendExpunges } from "./expunges.ts";
import type { Captures } from "./match_value.ts";
import { type MatchOptions, matchResponse } from "./match_response.ts";
import {
  parseResponse,
  type Response,
  showResponse,
} from "../../testing/responses/response.ts";
import type { Expected, Step } from "./script.ts";

type Block = Step & { type: "expect" };

/** What came of a comparison: captures, or what is wrong. */
export type Outcome =
  | { readonly captures: Captures }
  | { readonly problem: string };

/**
 * Compares what a block expects with what came.
 * @param received all that came since the last block, in order
 */
export function matchBlock(
  block: Block,
  received: readonly Response[],
  captures: Captures,
  options: MatchOptions,
): Outcome {
  const responses = ascendExpunges(received, (one) => one, (_, one) => one);
  const wanted = ascendExpunges(
    block.responses,
    ({ pattern }) => pattern,
    (expected, pattern) => ({ ...expected, pattern }),
  );
  for (const response of responses) {
    const never = block.never.find((text) => names(response, text, captures));
    if (never !== undefined) {
      return { problem: `Never to come (${never}): ${showResponse(response)}` };
    }
  }
  const search = new Search(wanted, responses, options);
  const made = search.from(0, captures, []);
  if (made === undefined) {
    const missing = wanted[search.reached]!;
    return { problem: `Line ${missing.line}: no ${missing.text}` };
  }
  if (block.open) return { captures: made.captures };
  const extra = responses.find((response, index) =>
    !made.places.includes(index) && !isOverlooked(response, options)
  );
  return extra === undefined
    ? { captures: made.captures }
    : { problem: `Unexpected: ${showResponse(extra)}` };
}

/** Tries the expected responses in turn on those that came, and goes back where that leads nowhere. */
class Search {
  /** The furthest expected response that was looked for. */
  reached = 0;

  constructor(
    readonly expected: readonly Expected[],
    readonly actual: readonly Response[],
    readonly options: MatchOptions,
  ) {}

  from(
    index: number,
    captures: Captures,
    places: readonly number[],
  ): { captures: Captures; places: readonly number[] } | undefined {
    const wanted = this.expected[index];
    if (wanted === undefined) return { captures, places };
    this.reached = Math.max(this.reached, index);
    for (const [place, response] of this.actual.entries()) {
      if (places.includes(place) || !this.#inOrder(place, places)) continue;
      const made = matchResponse(
        wanted.pattern,
        response,
        captures,
        this.options,
      );
      const all = made && this.from(index + 1, made, [...places, place]);
      if (all !== undefined) return all;
    }
    return undefined;
  }

  #inOrder(place: number, places: readonly number[]): boolean {
    return places.every((earlier) =>
      earlier < place ||
      !keepsOrder(this.actual[earlier]!, this.actual[place]!)
    );
  }
}

/** Whether two responses must come in the order of the script. */
function keepsOrder(one: Response, other: Response): boolean {
  return (isBarrier(one) && aboutMessages(other)) ||
    (isBarrier(other) && aboutMessages(one));
}

const BARRIERS = ["EXPUNGE", "VANISHED", "CLOSED"];
const ABOUT_MESSAGES = [
  ...BARRIERS,
  "FETCH",
  "UIDFETCH",
  "EXISTS",
  "SEARCH",
  "ESEARCH",
  "THREAD",
  "SORT",
  "COPYUID",
];

function isBarrier(response: Response): boolean {
  return BARRIERS.includes(nameOf(response));
}

function aboutMessages(response: Response): boolean {
  return ABOUT_MESSAGES.includes(nameOf(response));
}

/** A response's name; an untagged status goes by its code. */
function nameOf(response: Response): string {
  if (response.type === "data") return response.name;
  if (response.type === "continuation") return "+";
  const code = response.code?.[0];
  return code?.type === "atom" ? code.text.toUpperCase() : response.status;
}

/**
 * RFC 3501 § 7.3.2: `RECENT` goes with `EXISTS`; a script looks at it only when it says so. So it is with what tells
 * of nothing but modseqs.
 */
function isOverlooked(response: Response, options: MatchOptions): boolean {
  const modseqs = options.modseqs === false;
  if (modseqs && nameOf(response) === "HIGHESTMODSEQ") return true;
  if (response.type !== "data") return false;
  const [items] = response.values;
  const onlyModseq = response.name === "FETCH" && items?.type === "list" &&
    items.items.every((item, index) =>
      index % 2 === 1 || item.type === "atom" && /^UID|MODSEQ$/.test(item.text)
    );
  return !options.recent && response.name === "RECENT" ||
    modseqs && onlyModseq;
}

/** Whether a response is the one that must not come: by name, status, code, or in full. */
function names(response: Response, text: string, captures: Captures): boolean {
  if (/^[A-Za-z-]+$/.test(text)) {
    const status = response.type === "status" ? response.status : undefined;
    return nameOf(response) === text.toUpperCase() || status === text;
  }
  const pattern = parseResponse(text, true);
  return matchResponse(pattern, response, captures, { recent: true }) !==
    undefined;
}
