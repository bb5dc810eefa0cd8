/**
 * Names of entries of metadata (RFC 5464 § 3.2).
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import { latin1Text } from "../../wire/text.ts";
import type { ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";

// "*", "%", controls, and whatever is not ASCII.
const FORBIDDEN = /[^ -~]|[*%]/;

/**
 * entry = astring
 * @returns the name as the client spelled it; names are the same in whatever case
 */
export function parseEntry(d: Decoder, { limits }: ParseContext): string {
  const entry = latin1Text(d.astringBytes());
  const [root, ...levels] = entry.slice(1).split("/");
  if (
    !entry.startsWith("/") || FORBIDDEN.test(entry) || levels.includes("") ||
    !["private", "shared"].includes(root!.toLowerCase())
  ) {
    throw new Bad("Expected the name of an entry below /private or /shared");
  }
  if (entry.length > limits.metadataEntry) {
    throw new Bad("The name of an entry is too long", "LIMIT");
  }
  return entry;
}

/** Whether a value can be set under a name: two levels at the least, four for vendors (RFC 5464 § 3.2). */
export function canHaveValue(entry: string): boolean {
  const [, , name, ...levels] = entry.toLowerCase().split("/");
  return name === "vendor" ? levels.length >= 2 : name !== undefined;
}

/** Whether an entry is a user's own. */
export function isPrivate(entry: string): boolean {
  return /^\/private(\/|$)/i.test(entry);
}
