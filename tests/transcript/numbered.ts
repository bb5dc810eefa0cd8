/**
 * Responses that name messages by UID, as those with sequence numbers that say the same to a client who knows which
 * UID has which number. So that scripts read the same in sessions of QRESYNC and UIDONLY.
 *
 * @module
 */

import type { Response } from "../../testing/responses/response.ts";
import type { Value } from "../../testing/responses/value.ts";
import { isSequenceSet } from "./sequence_set.ts";

/**
 * VANISHED as EXPUNGEs (RFC 7162 § 3.2.10), UIDFETCH as FETCH with a UID (RFC 9586 § 3.3); others as they are.
 * @param uids the UIDs by sequence number less one, where they are known
 * @throws {Error} for a UID that cannot be that of a message
 */
export function numbered(
  response: Response,
  uids: readonly (number | undefined)[],
): Response[] {
  if (response.type !== "data") return [response];
  const { name, values } = response;
  if (name === "UIDFETCH") {
    const number = indexOf(uids, uidOf(response.number)) + 1;
    const [items] = values;
    const list = items?.type === "list" ? items.items : [];
    const named = list.some((item, index) =>
      index % 2 === 0 && item.type === "atom" && item.text === "UID"
    );
    const all = named ? list : [atom("UID"), response.number!, ...list];
    return [{
      type: "data",
      number: atom(`${number}`),
      name: "FETCH",
      values: [{ type: "list", items: all }],
    }];
  }
  const [set] = values;
  if (name !== "VANISHED" || set?.type !== "atom") return [response];
  const left = [...uids];
  return uidsOf(set.text).map((uid) => {
    const index = indexOf(left, uid);
    left.splice(index, 1);
    return {
      type: "data",
      number: atom(`${index + 1}`),
      name: "EXPUNGE",
      values: [],
    };
  });
}

function atom(text: string): Value {
  return { type: "atom", text };
}

function uidOf(value: Value | undefined): number {
  if (value?.type !== "atom") throw new Error("UIDFETCH without a UID");
  return Number(value.text);
}

function uidsOf(set: string): number[] {
  if (!isSequenceSet(set)) throw new Error("VANISHED without UIDs");
  return set.split(",").flatMap((part) => {
    const [low, high = low] = part.split(":").map(Number);
    return Array.from({ length: high! - low! + 1 }, (_, i) => low! + i);
  });
}

/** The place of a UID: where it is known, or the first of those unknown among which it must be. */
function indexOf(uids: readonly (number | undefined)[], uid: number): number {
  const known = uids.indexOf(uid);
  if (known >= 0) return known;
  const at = uids.findLastIndex((other) => other !== undefined && other < uid);
  if (at + 1 < uids.length && uids[at + 1] === undefined) return at + 1;
  throw new Error(`UID ${uid} is that of no message`);
}
