/**
 * Puts keys in the place of those that extensions look up.
 *
 * @module
 */

import type { Session } from "../session.ts";
import { TooManyKeys } from "./key.ts";
import { type SearchKey, some } from "./search_key.ts";

/**
 * Has the deferred keys of a search looked up, one after the other, those in what was found included.
 * @param maxKeys how many keys there may be in all that was found together; since each counts, there is an end also
 * to what refers to itself
 * @throws {TooManyKeys} beyond that
 */
export async function resolveKeys(
  session: Session,
  key: SearchKey,
  maxKeys: number,
): Promise<SearchKey> {
  let room = maxKeys;
  return await resolve(key, 0);

  async function resolve(key: SearchKey, depth: number): Promise<SearchKey> {
    if (!some(key, isDeferred)) return key;
    switch (key.kind) {
      case "deferred": {
        const found = await key.look(session, depth);
        some(found, count);
        return await resolve(found, depth + 1);
      }
      case "not":
        return { kind: "not", key: await resolve(key.key, depth) };
      case "and":
      case "or": {
        const keys: SearchKey[] = [];
        for (const inner of key.keys) keys.push(await resolve(inner, depth));
        return { kind: key.kind, keys };
      }
      default:
        return key;
    }
  }

  function count(): boolean {
    if (--room < 0) throw new TooManyKeys(maxKeys);
    return false;
  }
}

function isDeferred(key: SearchKey): boolean {
  return key.kind === "deferred";
}
