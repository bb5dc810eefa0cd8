/**
 * Lists of named parameters and modifiers, whose names extensions define (RFC 4466 § 2).
 *
 * @module
 */

import type { Decoder } from "../wire/decoder.ts";
import type { ParseContext } from "./command.ts";
import { Bad } from "./errors.ts";

/** What has a name and reads what follows it. */
interface Named<T> {
  readonly name: string;
  parse(d: Decoder, context: ParseContext): T;
}

/**
 * "(" name [arguments] *(SP name [arguments]) ")"
 * @param slot the names that there are
 * @param what they are, for people
 * @param empty whether the list may be empty
 * @returns what each gave, by name
 * @throws {Bad} for a name that is not there, or there twice
 */
export function parseParameters<T>(
  d: Decoder,
  slot: ReadonlyMap<string, Named<T>>,
  context: ParseContext,
  what: string,
  { empty = false }: { readonly empty?: boolean } = {},
): Map<string, T> {
  const found = new Map<string, T>();
  const read = () => {
    const named = slot.get(d.keyword());
    if (named === undefined) throw new Bad(`Unknown ${what}`);
    if (found.has(named.name)) throw new Bad(`The same ${what} twice`);
    found.set(named.name, named.parse(d, context));
  };
  if (empty) d.list(read);
  else d.nonEmptyList(read);
  return found;
}

/** The same behind a space, or nothing. */
export function parseOptional<T>(
  d: Decoder,
  slot: ReadonlyMap<string, Named<T>>,
  context: ParseContext,
  what: string,
): Map<string, T> {
  return d.trySp() ? parseParameters(d, slot, context, what) : new Map();
}
