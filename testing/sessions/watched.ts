/**
 * A search whose client is told how its results change, and what a client makes of that (RFC 5267 § 4.3).
 *
 * It does with ADDTO and REMOVEFROM what § 4.3.3 and § 4.3.4 say, in the order in which they come, and has nothing else
 * to go by.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Response } from "../responses/response.ts";
import type { Value } from "../responses/value.ts";
import type { ClientModel } from "./client_model.ts";
import type { Sending } from "./commands.ts";
import type { Selection, Slot } from "./selection.ts";
import { itemsOf, numberOf, numbersOf, pairsOf, textOf } from "./values.ts";
import { must } from "./world.ts";

/** What a client watches. */
export interface WatchChoice {
  /** Whether by UIDs. */
  readonly uid: boolean;
  /** What it puts in order by, which is SORT then; undefined for SEARCH. */
  readonly order: string | undefined;
  /** What it searches for. */
  readonly key: string;
}

/** The results of a search as a client knows them. */
export class Watched {
  readonly choice: WatchChoice;
  /** Whether CANCELUPDATE is under way: updates may come, and need not any more. */
  isCancelled = false;
  /** The results in their order: UIDs, or messages that were named by number. */
  #results: (number | Slot)[];

  constructor(choice: WatchChoice, results: readonly (number | Slot)[]) {
    this.choice = choice;
    this.#results = [...results];
  }

  /** Takes a list of pairs. */
  update(item: string, pairs: readonly Value[], selection: Selection): void {
    must(pairs.length > 0 && pairs.length % 2 === 0, `${item} without pairs`);
    for (let at = 0; at < pairs.length; at += 2) {
      const position = numberOf(pairs[at]);
      const named = numbersOf(textOf(pairs[at + 1]))
        .map((number) => this.#named(number, selection));
      if (item === "ADDTO") this.#add(position, named, selection);
      else this.#remove(position, named);
    }
  }

  /** A message is reported as expunged: "REMOVEFROM [...] MUST be sent prior to the expunge notification". */
  expunged(slot: Slot): void {
    if (this.isCancelled) return;
    const result = this.choice.uid ? slot.uid : slot;
    const isThere = result !== undefined && this.#results.includes(result);
    must(!isThere, `UID ${slot.uid} has gone, and is a result`);
  }

  /** The results as numbers, as a search made now would name them. */
  numbers(selection: Selection): number[] {
    return this.#results.map((result) =>
      typeof result === "number" ? result : selection.slots!.indexOf(result) + 1
    );
  }

  #named(number: number, selection: Selection): number | Slot {
    if (!this.choice.uid) return selection.at(number);
    selection.ofUid(number);
    return number;
  }

  #add(
    position: number,
    named: readonly (number | Slot)[],
    selection: Selection,
  ): void {
    for (const result of named) {
      must(!this.#results.includes(result), "ADDTO of what is a result");
    }
    must(position > 0 || this.choice.order === undefined, "ADDTO 0 in SORT");
    if (position > 0) {
      must(position <= this.#results.length + 1, "ADDTO behind the end");
      this.#results.splice(position - 1, 0, ...named);
      return;
    }
    this.#results.push(...named);
    const order = (result: number | Slot) =>
      typeof result === "number" ? result : selection.slots!.indexOf(result);
    this.#results.sort((one, other) => order(one) - order(other));
  }

  #remove(position: number, named: readonly (number | Slot)[]): void {
    must(
      position > 0 || this.choice.order === undefined,
      "REMOVEFROM 0 in SORT",
    );
    for (const [index, result] of named.entries()) {
      const at = this.#results.indexOf(result);
      must(at >= 0, "REMOVEFROM of what is no result");
      must(
        position === 0 || at === position - 1,
        `REMOVEFROM ${position} of number ${index}, which is at ${at + 1}`,
      );
      this.#results.splice(at, 1);
    }
  }
}

/** Which search an ESEARCH response is about, and what it says of changes; undefined where that is none. */
export function readUpdate(
  response: Response & { type: "data" },
): { tag: string; changes: [string, readonly Value[]][] } | undefined {
  if (response.name !== "ESEARCH") return undefined;
  const { tag, pairs } = readExtended(response.values);
  const changes = pairs.filter(([name]) => /^(ADDTO|REMOVEFROM)$/.test(name));
  if (changes.length === 0) return undefined;
  must(changes.length === pairs.length, "An update, and more");
  return {
    tag,
    changes: changes.map(([name, value]) => [name, itemsOf(value)]),
  };
}

function readExtended(values: readonly Value[]) {
  const [correlator, ...rest] = values;
  const tag = textOf(pairsOf(itemsOf(correlator)).get("TAG"));
  const uid = rest[0]?.type === "atom" && rest[0].text === "UID";
  const items = uid ? rest.slice(1) : rest;
  const pairs: [string, Value][] = [];
  for (let at = 0; at < items.length; at += 2) {
    pairs.push([textOf(items[at]).toUpperCase(), items[at + 1]!]);
  }
  return { tag, uid, pairs };
}

/** The name of the command, and the whole of it. */
function commandOf(
  { uid, order, key }: WatchChoice,
  returns: string,
): { name: string; parts: string[] } {
  const verb = order === undefined ? "SEARCH" : "SORT";
  const name = uid ? `UID ${verb}` : verb;
  const by = order === undefined ? "" : ` (${order}) UTF-8`;
  return { name, parts: [`${name} RETURN (${returns})${by} ${key}`] };
}

/** SEARCH or SORT with RETURN (UPDATE ALL). */
export function watch(choice: WatchChoice): Sending {
  let answers = 0;
  let model: ClientModel;
  const { name, parts } = commandOf(choice, "UPDATE ALL");
  return {
    name,
    parts,
    refusals: [],
    begin: (given) => void (model = given),
    heard(response) {
      if (response.type !== "data" || response.name !== "ESEARCH") return;
      const { tag, numbers } = readResults(response, choice);
      const { selection, watched } = model;
      const results = choice.uid
        ? numbers
        : numbers.map((number) => selection!.at(number));
      watched.set(tag, new Watched(choice, results));
      answers++;
    },
    end: () => must(answers === 1, `${answers} answers to ${name}`),
  };
}

function readResults(
  { values }: Response & { type: "data" },
  choice: WatchChoice,
): { tag: string; numbers: number[] } {
  const { tag, uid, pairs } = readExtended(values);
  must(uid === choice.uid, "ESEARCH with UID where it is not, or without");
  const all = new Map(pairs).get("ALL");
  return { tag, numbers: all === undefined ? [] : numbersOf(textOf(all)) };
}

/** CANCELUPDATE of one of the searches. */
export function cancelUpdate(tag: string): Sending {
  let model: ClientModel;
  return {
    name: "CANCELUPDATE",
    parts: [`CANCELUPDATE "${tag}"`],
    refusals: [],
    begin(given) {
      model = given;
      const watched = model.watched.get(tag);
      if (watched !== undefined) watched.isCancelled = true;
    },
    end: () => void model.watched.delete(tag),
  };
}

/** The search made anew finds what the client knows already. */
export function searchAgain(model: ClientModel, watched: Watched): Sending {
  const { choice } = watched;
  return {
    ...commandOf(choice, "ALL"),
    refusals: [],
    heard(response) {
      if (response.type !== "data" || response.name !== "ESEARCH") return;
      assertEquals(
        watched.numbers(model.selection!),
        readResults(response, choice).numbers,
        `The results of ${choice.key} by ${choice.order}`,
      );
    },
  };
}
