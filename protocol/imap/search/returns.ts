/**
 * What an extended SEARCH returns: MIN, MAX, ALL, COUNT and SAVE (RFC 4731, RFC 5182, RFC 9051 § 6.4.4), and what
 * extensions add.
 *
 * @module
 */

import { concatUids } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Encoder } from "../../wire/encoder.ts";
import { format } from "../../wire/sequence_set.ts";
import type { ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import type {
  SearchReturn,
  SearchReturnOption,
  WriteRest,
} from "../extension.ts";
import { parseParameters } from "../parameters.ts";
import type { UpdateRequest } from "./update_context.ts";

const MIN: SearchReturn = {
  pick: (found) => found.subarray(0, 1),
  write(out, numbers) {
    if (numbers.length > 0) out.text(" MIN ").number(numbers[0]!);
  },
};

const MAX: SearchReturn = {
  pick: (found) => found.subarray(-1),
  write(out, numbers) {
    if (numbers.length > 0) out.text(" MAX ").number(numbers.at(-1)!);
  },
};

const ALL: SearchReturn = {
  pick: (found) => found,
  write(out, numbers, rest) {
    if (numbers.length === 0) return;
    out.text(" ALL ");
    return writeSet(out, numbers, rest);
  },
};

const COUNT: SearchReturn = {
  pick: (found) => found,
  write: (out, numbers) => void out.text(" COUNT ").number(numbers.length),
};

/** Keeps what the others tell of; it writes nothing itself. */
const SAVE: SearchReturn = {
  pick: (found) => found.subarray(0, 0),
  silent: true,
  write() {},
};

/** The options of the base, in the order in which they are answered. */
export const searchReturnOptions: readonly SearchReturnOption[] = [
  { name: "MIN", parse: () => MIN },
  { name: "MAX", parse: () => MAX },
  { name: "ALL", parse: () => ALL },
  { name: "COUNT", parse: () => COUNT },
  { name: "SAVE", parse: () => SAVE },
];

/** How many numbers of a set are written at a stretch. */
const PIECE = 4_096;

/** Writes numbers as a set; those that are in no order take long when they are many. */
export function writeSet(
  out: Encoder,
  numbers: UidList,
  rest?: WriteRest,
): void | Promise<void> {
  if (rest === undefined || numbers.length <= PIECE) {
    return void out.text(format(numbers));
  }
  return writePieces(out, numbers, rest);
}

async function writePieces(
  out: Encoder,
  numbers: UidList,
  rest: WriteRest,
): Promise<void> {
  const { length } = numbers;
  for (let from = 0, to = 0; from < length; from = to) {
    to = Math.min(from + PIECE, length);
    // A run is one range.
    while (to < length && numbers[to] === numbers[to - 1]! + 1) to++;
    if (from > 0) out.text(",");
    out.text(format(numbers.subarray(from, to)));
    const full = rest();
    if (full !== undefined) await full;
  }
}

/** What a client has asked for. */
export class SearchReturns {
  readonly #returns: readonly SearchReturn[];

  /** In the order in which they are to be answered. */
  constructor(returns: readonly SearchReturn[]) {
    this.#returns = returns;
  }

  /** Whether the result is to be kept as `$` (RFC 5182). */
  get save(): boolean {
    return this.#returns.includes(SAVE);
  }

  /** Whether there is anything to answer; a search that is only saved has no response (RFC 5182 § 2.1). */
  get answers(): boolean {
    return this.#returns.some((one) => one !== SAVE);
  }

  /** What the client asks for that wants to hear how the result changes; undefined for one that does not. */
  get update(): UpdateRequest | undefined {
    return this.#returns.find(({ update }) => update)?.update;
  }

  /** Of the messages that were found those that are told of, by one option or another; not in any order. */
  pick(found: UidList): UidList {
    const told = this.#told;
    if (told.length === 0) return found;
    const picked = told.map((one) => one.pick(found));
    const whole = picked.find((some) => some.length === found.length);
    if (whole !== undefined) return whole;
    const uids = concatUids(picked).sort();
    return uids.filter((uid, at) => uid !== uids[at - 1]);
  }

  /** Writes all of them. */
  async write(out: Encoder, numbers: UidList, rest: WriteRest): Promise<void> {
    for (const one of this.#returns) {
      const written = one.write(out, numbers, rest);
      if (written !== undefined) await written;
    }
  }

  /** The same at once. */
  writeAtOnce(out: Encoder, numbers: UidList): void {
    for (const one of this.#returns) void one.write(out, numbers);
  }

  get #told(): readonly SearchReturn[] {
    return this.#returns.filter(({ silent }) => !silent);
  }
}

/** What is returned where nothing else is asked for (RFC 4731 § 3.1, RFC 9051 § 6.4.4). */
export const RETURN_ALL: SearchReturns = new SearchReturns([ALL]);

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
/**
 * Reads the options and the space behind them; undefined where the command has none.
 * @param options those that the command may have, in the order in which they are answered
 */
export function parseSearchReturns(
  d: Decoder,
  context: ParseContext,
  options: ReadonlyMap<string, SearchReturnOption>,
): SearchReturns | undefined {
  if (d.tryKeyword("RETURN") === undefined) return undefined;
  d.sp();
  const named = parseParameters(
    d,
    options,
    context,
    "return option",
    { empty: true },
  );
  d.sp();
  if (named.size === 0) return RETURN_ALL;
  const returns: SearchReturn[] = [];
  for (const { name, excludes = [] } of options.values()) {
    const one = named.get(name);
    if (one === undefined) continue;
    const other = excludes.find((other) => named.has(other));
    if (other !== undefined) {
      throw new Bad(`${name} and ${other} exclude each other`);
    }
    returns.push(one);
  }
  return new SearchReturns(returns);
}
