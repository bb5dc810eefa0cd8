/**
 * SEARCH and SORT, and what a client expects of the answer.
 *
 * @module
 */

import type { Response } from "../responses/response.ts";
import type { ClientModel } from "./client_model.ts";
import type { Sending } from "./commands.ts";
import type { Meant, MessageSet } from "./message_set.ts";
import type { Slot } from "./selection.ts";
import { itemsOf, numberOf, numbersOf, pairsOf, textOf } from "./values.ts";
import { must } from "./world.ts";

/** A return option (RFC 4731, RFC 5182). */
export type ReturnOption = "MIN" | "MAX" | "ALL" | "COUNT" | "SAVE";

/** What a SEARCH or SORT asks. */
export interface SearchChoice {
  /** By what the results are sorted, in parentheses; absent for SEARCH. */
  readonly sort?: string | undefined;
  /** Whether by UID SEARCH or UID SORT. */
  readonly uid: boolean;
  /** The keys beside the set. */
  readonly key: string;
  /** The messages that the results are to be among. */
  readonly among: MessageSet | undefined;
  /** The return options, or undefined for a plain SEARCH. */
  readonly options: readonly ReturnOption[] | undefined;
}

/** A search result: numbers, and the messages that they name as far as the client knows. */
interface Found {
  readonly numbers: readonly number[];
  readonly slots: readonly (Slot | undefined)[];
}

/** SEARCH or SORT, behind UID or not. */
export function search(choice: SearchChoice): Sending {
  const { uid, sort, among, options } = choice;
  const name = `${uid ? "UID " : ""}${sort === undefined ? "SEARCH" : "SORT"}`;
  const criteria = sort === undefined ? "" : ` ${sort} UTF-8`;
  const set = among === undefined
    ? ""
    : ` ${among.uid ? "UID " : ""}${among.text}`;
  const returns = options === undefined ? "" : ` RETURN (${options.join(" ")})`;
  let model: ClientModel;
  let meant: Meant;
  let answers = 0;
  const found = new Map<string, Found>();
  return {
    name,
    parts: [`${name}${returns}${criteria} ${choice.key}${set}`],
    numbers: among?.numbers ?? false,
    refusals: [],
    begin(given) {
      model = given;
      const known = model.selection!.slots!;
      meant = among?.meant(model) ?? { certain: [...known], possible: [] };
    },
    heard(response) {
      const said = readSearch(response, model, choice);
      if (said === undefined) return;
      for (const [option, numbers] of said) {
        found.set(option, resolve(model, numbers, choice, meant));
      }
      answers++;
    },
    end() {
      const all = found.get("ALL");
      if (choice.key === "ALL" && all !== undefined) missed(model, all, meant);
      const silent = options?.length === 1 && options[0] === "SAVE";
      must(answers === (silent ? 0 : 1), `${answers} answers to ${name}`);
      if (options?.includes("SAVE")) {
        const slots = saved(options, found);
        const sure = !model.vanishes || slots?.every(({ uid }) => uid);
        model.saved = sure ? slots : undefined;
      }
    },
  };
}

/** What the answer says under each return option, or undefined when the response is none. */
function readSearch(
  response: Response,
  model: ClientModel,
  { uid, sort, options }: SearchChoice,
): Map<string, number[]> | undefined {
  if (response.type !== "data") return undefined;
  const { name, values } = response;
  const extended = options !== undefined || model.rev2 && sort === undefined;
  if (name === (sort === undefined ? "SEARCH" : "SORT")) {
    must(!extended, `${name} where ESEARCH is due`);
    return new Map([["ALL", values.map(numberOf)]]);
  }
  if (name !== "ESEARCH") return undefined;
  must(extended, "ESEARCH where SEARCH or SORT is due");
  const [correlator, ...rest] = values;
  const isUid = rest[0]?.type === "atom" && rest[0].text === "UID";
  must(itemsOf(correlator).length === 2, "ESEARCH without its TAG");
  must(isUid === uid, "ESEARCH with UID where it is not, or without");
  const pairs = pairsOf(isUid ? rest.slice(1) : rest);
  const count = pairs.get("COUNT");
  pairs.delete("COUNT");
  const said = new Map<string, number[]>();
  for (const [option, value] of pairs) {
    said.set(option, numbersOf(textOf(value)));
  }
  const all = said.get("ALL");
  if (all !== undefined) {
    must((said.get("MIN")?.[0] ?? all[0]) === all[0], "MIN is not the first");
    must(
      (said.get("MAX")?.[0] ?? all.at(-1)) === all.at(-1),
      "MAX is not last",
    );
    must(
      numberOf(count ?? ofNumber(all.length)) === all.length,
      "COUNT is off",
    );
  }
  return said;
}

function ofNumber(number: number) {
  return { type: "atom", text: `${number}` } as const;
}

/** The messages of numbers: such as the client knows, ascending where not sorted, and among those that were meant. */
function resolve(
  { selection }: ClientModel,
  numbers: readonly number[],
  { uid, sort }: SearchChoice,
  meant: Meant,
): Found {
  must(new Set(numbers).size === numbers.length, "A result comes twice");
  const slots = numbers.map((number, index) => {
    must(
      sort !== undefined || number > (numbers[index - 1] ?? 0),
      "The results do not ascend",
    );
    const slot = uid ? selection!.ofUid(number) : selection!.at(number);
    if (slot !== undefined) {
      must(
        meant.certain.includes(slot) || meant.possible.includes(slot),
        `${number} is found, and was not asked for`,
      );
    }
    return slot;
  });
  return { numbers, slots };
}

/** What is meant and not found is gone. */
function missed(model: ClientModel, found: Found, { certain }: Meant): void {
  if (found.slots.includes(undefined)) return;
  for (const slot of certain) {
    if (!slot.gone && !found.slots.includes(slot)) model.owe([slot]);
  }
}

/** What `$` is after SAVE (RFC 5182 § 2.4), as far as the client knows. */
function saved(
  options: readonly ReturnOption[],
  found: ReadonlyMap<string, Found>,
): Slot[] | undefined {
  const asks = (option: ReturnOption) => options.includes(option);
  let slots: readonly (Slot | undefined)[];
  if (asks("ALL")) slots = found.get("ALL")?.slots ?? [];
  else if (asks("COUNT") || !(asks("MIN") || asks("MAX"))) return undefined;
  else {
    slots = ["MIN", "MAX"].flatMap((option) => found.get(option)?.slots ?? []);
  }
  const known = slots.filter((slot) => slot !== undefined);
  if (known.length < slots.length) return undefined;
  return [...new Set(known)].filter((slot) => !slot.gone);
}
