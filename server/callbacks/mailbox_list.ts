/**
 * Reads what `getMailboxes` has answered, and makes of it the list that clients see.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { MailboxId, MailboxInfo } from "../../storage/model.ts";
import { compareNames, INBOX, tryParseName } from "../../storage/names.ts";
import type { MailboxEntry, MailboxRename } from "./events.ts";
import { type Problems, shown } from "./problems.ts";

/** How many names there may be. */
const MAX_NAMES = 100_000;

/** The largest UIDVALIDITY and UIDNEXT (RFC 9051 § 9, nz-number). */
const MAX_NUMBER = 0xffff_ffff;

/** A name as it was listed, checked. */
export interface ListedName {
  /** The full name. */
  readonly name: string;
  /** Its levels. */
  readonly path: readonly string[];
  /** Whether there is a mailbox of that name. */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUse: readonly string[];
  readonly readOnly: boolean;
  readonly uidValidity: number | undefined;
  readonly uidNext: number | undefined;
}

/** What tells a mailbox from all others. */
export interface MailboxIdentity {
  /** Its identifier. */
  readonly id: MailboxId;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
}

/** Numbers of mailboxes that are in no storage begin here, above those of any storage. */
const FIRST_ID = 2 ** 52;

/**
 * The identifier of a virtual mailbox: the same for the same name and UIDVALIDITY, in whatever process (RFC 8474 § 4),
 * and as good as certainly no other's.
 */
export function virtualId(
  user: string,
  name: string,
  uidValidity: number,
): MailboxId {
  const digest = createHash("sha256")
    .update(JSON.stringify([user, name, uidValidity])).digest();
  return FIRST_ID + digest.readUIntBE(0, 6) as MailboxId;
}

/**
 * Reads an answer; `INBOX` is in it whether it was there or not.
 * @throws {TypeError} when it is no list
 */
export function readMailboxes(
  answer: unknown,
  delimiter: string,
  problems: Problems,
): Map<string, ListedName> {
  if (
    typeof answer !== "object" || answer === null ||
    !(Symbol.iterator in answer)
  ) throw new TypeError("The answer is no list of mailboxes");
  const names = new Map<string, ListedName>();
  for (const entry of answer as Iterable<unknown>) {
    const listed = readEntry(entry, delimiter, problems);
    if (listed === undefined) continue;
    if (names.has(listed.name)) problems.add(`${shown(listed.name)} twice`);
    else names.set(listed.name, listed);
    if (names.size > MAX_NAMES) {
      throw new RangeError("The list of mailboxes does not end");
    }
  }
  const inbox = names.get(INBOX) ?? nameOnly([INBOX], delimiter);
  names.set(INBOX, { ...inbox, selectable: true });
  return names;
}

function readEntry(
  value: unknown,
  delimiter: string,
  problems: Problems,
): ListedName | undefined {
  const entry = value as Partial<MailboxEntry> | null | undefined;
  const given: unknown = entry?.name;
  const path = typeof given === "string"
    ? tryParseName(given, delimiter)
    : undefined;
  if (path === undefined) {
    problems.add(`${shown(given)} cannot be a name`);
    return undefined;
  }
  const { selectable, subscribed, specialUse, readOnly } = entry!;
  const { uidValidity, uidNext } = entry!;
  const name = path.join(delimiter);
  return {
    name,
    path,
    selectable: selectable ?? true,
    subscribed: subscribed ?? false,
    specialUse: readUses(specialUse, name, problems),
    readOnly: readOnly ?? false,
    uidValidity: number(uidValidity, name, problems),
    uidNext: number(uidNext, name, problems),
  };
}

function readUses(
  uses: unknown,
  name: string,
  problems: Problems,
): readonly string[] {
  const given = Array.isArray(uses) ? uses : [];
  const good = given.filter((use) =>
    typeof use === "string" && /^\\[A-Za-z-]+$/.test(use)
  );
  if (uses !== undefined && good.length !== (uses as unknown[]).length) {
    problems.add(`special uses of ${shown(name)}`);
  }
  return good;
}

function number(
  value: unknown,
  name: string,
  problems: Problems,
): number | undefined {
  if (value === undefined) return undefined;
  if (
    typeof value === "number" && Number.isInteger(value) && value > 0 &&
    value <= MAX_NUMBER
  ) return value;
  problems.add(`${shown(value)} as a number of ${shown(name)}`);
  return undefined;
}

/** A name that is nothing but a name. */
export function nameOnly(
  path: readonly string[],
  delimiter: string,
): ListedName {
  return {
    name: path.join(delimiter),
    path,
    selectable: false,
    subscribed: false,
    specialUse: [],
    readOnly: false,
    uidValidity: undefined,
    uidNext: undefined,
  };
}

/**
 * The list that clients see: with the names above others, sorted.
 * @param identify says which mailbox is meant by a name
 */
export function infosOf(
  names: ReadonlyMap<string, ListedName>,
  delimiter: string,
  identify: (listed: ListedName) => MailboxIdentity,
): MailboxInfo[] {
  const all = new Map(names);
  const parents = new Set<string>();
  for (const { path, selectable } of names.values()) {
    if (!selectable) continue;
    for (let level = 1; level < path.length; level++) {
      const parent = nameOnly(path.slice(0, level), delimiter);
      parents.add(parent.name);
      if (!all.has(parent.name)) all.set(parent.name, parent);
    }
  }
  return [...all.values()]
    .filter((one) => one.selectable || one.subscribed || parents.has(one.name))
    .sort((a, b) => compareNames(a.path, b.path))
    .map((one) => ({
      name: one.name,
      ...(one.selectable ? identify(one) : {}),
      specialUse: one.specialUse,
      subscribed: one.subscribed,
      hasChildren: parents.has(one.name),
    }));
}

/** The mailboxes that get another name when one is renamed (RFC 9051 § 6.3.6). */
export function renamesOf(
  infos: readonly MailboxInfo[],
  delimiter: string,
  from: string,
  to: string,
): MailboxRename[] {
  return infos
    .filter(({ id, name }) =>
      id !== undefined &&
      (name === from || from !== INBOX && name.startsWith(from + delimiter))
    )
    .map(({ name }) => ({
      from: { name },
      to: { name: to + name.slice(from.length) },
    }));
}

/** What a storage has, as a callback is told of it. */
export function entriesOf(infos: readonly MailboxInfo[]): MailboxEntry[] {
  return infos.map((info) => ({
    name: info.name,
    selectable: info.id !== undefined,
    subscribed: info.subscribed,
    specialUse: info.specialUse,
  }));
}
