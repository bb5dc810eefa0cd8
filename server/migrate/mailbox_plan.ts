/**
 * Which mailbox of the source goes into which mailbox here.
 *
 * A mailbox with a special use (RFC 6154) goes into the one that has that use here, whatever the two are
 * called; any other one keeps its name, level by level, without the prefix of the personal namespace (RFC
 * 2342). One that has been migrated before goes where it went then.
 *
 * @module
 */

import type { MailboxInfo } from "../../storage/model.ts";
import { INBOX } from "../../storage/names.ts";

/** A mailbox as the source lists it. */
export interface SourceMailbox {
  /** Its name, in Unicode. */
  readonly path: string;
  /** The hierarchy delimiter; empty where there is no hierarchy. */
  readonly delimiter: string;
  /** Mailbox attributes (RFC 9051 § 7.3.1). */
  readonly flags: ReadonlySet<string>;
  /** Its special use, `\Inbox` for the inbox. */
  readonly specialUse?: string | undefined;
  /** Whether the server says so, or only the name. */
  readonly specialUseSource?: "user" | "extension" | "name" | undefined;
  /** Whether it is subscribed. */
  readonly subscribed: boolean;
  /** How many messages it has, where the server says. */
  readonly messages?: number | undefined;
}

/** A mailbox that is migrated. */
export interface PlannedMailbox {
  /** Its name at the source. */
  readonly path: string;
  /** The name here. */
  readonly name: string;
  /** Its special use. */
  readonly specialUse?: string;
  /** Whether the server says so, or only the name. */
  readonly specialUseBy?: "server" | "name";
  /** Whether it is subscribed at the source. */
  readonly subscribed: boolean;
  /** How many messages it has, where the server says. */
  readonly messages: number | undefined;
}

/** A mailbox that is not migrated. */
export interface LeftOutMailbox {
  /** Its name at the source. */
  readonly path: string;
  /** Why not. */
  readonly reason: string;
}

/** What is migrated, and what not. */
export interface MailboxPlan {
  /** Those that are. */
  readonly mailboxes: readonly PlannedMailbox[];
  /** Those that are not although nobody said so. */
  readonly leftOut: readonly LeftOutMailbox[];
}

/** What a plan depends on. */
export interface PlanOptions {
  /** The prefix of the personal namespace, such as `INBOX.`; empty mostly. */
  readonly prefix: string;
  /** The prefixes of what belongs to others. */
  readonly foreign: readonly string[];
  /** The hierarchy delimiter here. */
  readonly delimiter: string;
  /** The mailboxes here. */
  readonly local: readonly MailboxInfo[];
  /** Where mailboxes went before: names here by names at the source. */
  readonly before: ReadonlyMap<string, string>;
  /** Whether a mailbox is named by the user; undefined when none is. */
  readonly isNamed?: (mailbox: SourceMailbox) => boolean;
  /** Whether a mailbox is excluded by the user. */
  readonly isExcluded: (mailbox: SourceMailbox) => boolean;
}

/** Attributes of mailboxes that show messages of other mailboxes (RFC 6154 § 2, RFC 8457 § 3). */
const VIEWS: Readonly<Record<string, string>> = {
  "\\all":
    "it shows the messages of all mailboxes, and those that are in no other one",
  "\\flagged": "it shows messages of other mailboxes",
  "\\important": "it shows messages of other mailboxes",
};

/** Makes the plan, in the order of the names at the source, the inbox first. */
export function planMailboxes(
  listed: readonly SourceMailbox[],
  options: PlanOptions,
): MailboxPlan {
  const { isNamed, isExcluded, before } = options;
  const byServer = listed.some((mailbox) =>
    specialUseOf(mailbox) !== undefined && isSaid(mailbox)
  );
  const leftOut: LeftOutMailbox[] = [];
  const chosen: SourceMailbox[] = [];
  for (const mailbox of [...listed].sort(compare)) {
    const { path } = mailbox;
    if (isMereName(mailbox) || isForeign(mailbox, options)) continue;
    if (isExcluded(mailbox)) continue;
    const view = viewOf(mailbox);
    if (isNamed !== undefined) {
      if (isNamed(mailbox)) chosen.push(mailbox);
    } else if (view === undefined) chosen.push(mailbox);
    else {
      leftOut.push({
        path,
        reason: `${view}; name it with --mailbox to have it too`,
      });
    }
  }
  const names = new Names(options);
  const targets = new Map<string, string>();
  const useOf = (mailbox: SourceMailbox) =>
    isSaid(mailbox) || !byServer ? specialUseOf(mailbox) : undefined;
  // Those whose place is fixed come before those that can be called otherwise.
  for (const { path } of chosen) {
    const name = before.get(path);
    if (name !== undefined && names.take(name)) targets.set(path, name);
  }
  for (const mailbox of chosen) {
    if (targets.has(mailbox.path)) continue;
    const name = isInbox(mailbox) ? INBOX : names.usedAs(useOf(mailbox));
    if (name !== undefined && names.take(name)) targets.set(mailbox.path, name);
  }
  const mailboxes = chosen.map((mailbox) => {
    const { path, subscribed, messages } = mailbox;
    const use = useOf(mailbox);
    return {
      path,
      name: targets.get(path) ?? names.free(nameOf(mailbox, options)),
      subscribed,
      messages,
      ...(use === undefined ? {} : {
        specialUse: use,
        specialUseBy: isSaid(mailbox) ? "server" : "name",
      } as const),
    };
  });
  return { mailboxes, leftOut };
}

/** The names here, each of which takes one mailbox. */
class Names {
  readonly #taken = new Set<string>();
  readonly #uses = new Map<string, string>();

  constructor({ local }: PlanOptions) {
    for (const { id, name, specialUse } of local) {
      if (id === undefined) continue;
      for (const use of specialUse) {
        if (!this.#uses.has(use.toLowerCase())) {
          this.#uses.set(use.toLowerCase(), name);
        }
      }
    }
  }

  /** The mailbox with a special use. */
  usedAs(use: string | undefined): string | undefined {
    return use === undefined ? undefined : this.#uses.get(use.toLowerCase());
  }

  /** Takes a name, if nobody has. */
  take(name: string): boolean {
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    return true;
  }

  /** Takes a name, or one that is like it. */
  free(name: string): string {
    let free = name;
    for (let number = 2; !this.take(free); number++) {
      free = `${name} (${number})`;
    }
    return free;
  }
}

/** The name that a mailbox has here by its name at the source. */
export function nameOf(
  { path, delimiter }: Pick<SourceMailbox, "path" | "delimiter">,
  { prefix, delimiter: own }: Pick<PlanOptions, "prefix" | "delimiter">,
): string {
  const plain = prefix !== "" && path.startsWith(prefix) &&
      path.length > prefix.length
    ? path.slice(prefix.length)
    : path;
  const levels = (delimiter === "" ? [plain] : plain.split(delimiter))
    .map((level) => levelOf(level, own)).filter((level) => level !== "");
  if (levels.length === 0) return "_";
  if (levels[0]!.toUpperCase() === INBOX) levels[0] = INBOX;
  return levels.join(own);
}

/** A level without what no level has here. */
function levelOf(level: string, delimiter: string): string {
  const plain = level.toWellFormed().normalize("NFC")
    .replaceAll(delimiter, "_")
    .replace(/[\p{Cc}\u2028\u2029]/gu, "_").trim();
  return plain === "." || plain === ".." ? plain.replaceAll(".", "_") : plain;
}

function viewOf({ flags }: SourceMailbox): string | undefined {
  for (const flag of flags) {
    const what = VIEWS[flag.toLowerCase()];
    if (what !== undefined) return `${what} (${flag})`;
  }
  return undefined;
}

function isSaid({ specialUseSource }: SourceMailbox): boolean {
  return specialUseSource === "extension";
}

function specialUseOf({ specialUse }: SourceMailbox): string | undefined {
  return specialUse === "\\Inbox" ? undefined : specialUse;
}

function isInbox({ path, specialUse }: SourceMailbox): boolean {
  return specialUse === "\\Inbox" || path.toUpperCase() === INBOX;
}

/** A name that only has others below it (RFC 9051 § 7.3.1). */
function isMereName({ flags }: SourceMailbox): boolean {
  return [...flags].some((flag) => /^\\(?:noselect|nonexistent)$/i.test(flag));
}

function isForeign(mailbox: SourceMailbox, options: PlanOptions): boolean {
  const { prefix, foreign } = options;
  if (isInbox(mailbox)) return false;
  return foreign.some((other) =>
    other !== "" && other !== prefix && mailbox.path.startsWith(other)
  );
}

function compare(a: SourceMailbox, b: SourceMailbox): number {
  if (isInbox(a) !== isInbox(b)) return isInbox(a) ? -1 : 1;
  return a.path === b.path ? 0 : a.path < b.path ? -1 : 1;
}
