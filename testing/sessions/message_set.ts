/**
 * Sets of messages as a client names them, and what it knows of which messages those are.
 *
 * @module
 */

import type { ClientModel } from "./client_model.ts";
import type { Slot } from "./selection.ts";

/** The messages of a set, when it comes to be used. */
export interface Meant {
  /** Those that are in it. */
  readonly certain: readonly Slot[];
  /** Those that may be in it. */
  readonly possible: readonly Slot[];
}

/** A set of messages. */
export interface MessageSet {
  /** How it is written. */
  readonly text: string;
  /** Whether it is of UIDs. */
  readonly uid: boolean;
  /** Whether it says sequence numbers; `$` does not (RFC 5182 § 2.1). */
  readonly numbers: boolean;
  /** What it means with what the client knows now. */
  meant(model: ClientModel): Meant;
}

/** How to choose a set. */
export interface SetChoice {
  /** What it is of. */
  readonly by: "number" | "uid" | "saved number" | "saved uid";
  /** Where it begins, from 0, round and round. */
  readonly from: number;
  /** How many more. */
  readonly more: number;
  /** How it is written. */
  readonly form: "range" | "reversed" | "list" | "star";
}

/** A set of messages that the client knows of, or undefined where it can name none. */
export function chooseSet(
  model: ClientModel,
  choice: SetChoice,
): MessageSet | undefined {
  const slots = model.selection?.slots ?? [];
  const uid = model.uidOnly || choice.by.endsWith("uid");
  if (choice.by.startsWith("saved")) return savedSet(uid);
  // Who is told by UID what has gone names by number what it knows the UID of, or it could not tell which that was.
  const { vanishes } = model;
  const unknown = slots.findIndex((slot) => slot.uid === undefined);
  const named = vanishes && unknown >= 0 ? slots.slice(0, unknown) : slots;
  const names = uid
    ? slots.flatMap((slot) => slot.uid ?? [])
    : named.map((_, index) => index + 1);
  const form = vanishes && choice.form === "star" ? "range" : choice.form;
  if (names.length === 0) return undefined;
  const first = choice.from % names.length;
  const last = Math.min(first + choice.more, names.length - 1);
  const chosen = names.slice(first, last + 1);
  return form === "list"
    ? listed(chosen, uid)
    : range(names[first]!, names[last]!, form, uid);
}

/** `1:*`, of numbers or of UIDs. */
export function allMessages(uid = false): MessageSet {
  return range(1, 1, "star", uid);
}

/** All messages up to a number, or a UID. */
export function messagesUpTo(last: number, uid: boolean): MessageSet {
  return range(1, last, "range", uid);
}

function savedSet(uid: boolean): MessageSet {
  return {
    text: "$",
    uid,
    numbers: false,
    meant: ({ saved, selection }) =>
      saved === undefined
        ? { certain: [], possible: [...selection!.slots!] }
        : { certain: saved, possible: [] },
  };
}

function listed(names: readonly number[], uid: boolean): MessageSet {
  return {
    text: names.toReversed().join(","),
    uid,
    numbers: !uid,
    meant: (model) => among(model, uid, (name) => names.includes(name)),
  };
}

function range(
  first: number,
  last: number,
  form: "range" | "reversed" | "star",
  uid: boolean,
): MessageSet {
  const text = {
    range: first === last ? `${first}` : `${first}:${last}`,
    reversed: `${last}:${first}`,
    star: `${first}:*`,
  };
  const end = form === "star" ? Infinity : last;
  return {
    text: text[form],
    uid,
    numbers: !uid,
    meant: (model) =>
      among(
        model,
        uid,
        (name, isLast) =>
          name >= first && name <= end || form === "star" && isLast,
      ),
  };
}

function among(
  model: ClientModel,
  uid: boolean,
  has: (name: number, isLast: boolean) => boolean,
): Meant {
  const certain: Slot[] = [];
  const possible: Slot[] = [];
  const slots = model.selection!.slots!;
  for (const [index, slot] of slots.entries()) {
    const name = uid ? slot.uid : index + 1;
    const isLast = index === slots.length - 1;
    if (has(name ?? 0, isLast)) certain.push(slot);
    else if (name === undefined) possible.push(slot);
  }
  return { certain, possible };
}
