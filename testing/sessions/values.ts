/**
 * From the values of responses to numbers, texts and lists.
 *
 * @module
 */

import type { Value } from "../responses/value.ts";
import { must } from "./world.ts";

/** The text of an atom or a string. */
export function textOf(value: Value | undefined): string {
  must(
    value?.type === "atom" || value?.type === "string",
    "An atom or a string is missing",
  );
  return value.text;
}

/** A number. */
export function numberOf(value: Value | undefined): number {
  const text = textOf(value);
  must(/^\d+$/.test(text), `${text} is no number`);
  return Number(text);
}

/** The items of a list. */
export function itemsOf(value: Value | undefined): readonly Value[] {
  must(value?.type === "list", "A list is missing");
  return value.items;
}

/** Names and values in turn, the names in capitals. */
export function pairsOf(values: readonly Value[]): Map<string, Value> {
  const pairs = new Map<string, Value>();
  for (let index = 0; index < values.length; index += 2) {
    const name = textOf(values[index]).toUpperCase();
    must(!pairs.has(name), `${name} is there twice`);
    must(values[index + 1] !== undefined, `${name} has no value`);
    pairs.set(name, values[index + 1]!);
  }
  return pairs;
}

/** The numbers of a set that a server sends, in order. */
export function numbersOf(set: string): number[] {
  return set.split(",").flatMap((range) => {
    const [first, last = first] = range.split(":").map(Number);
    must(first! > 0 && last! >= first! && last! < 1e6, `${set} is no set`);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}
