/**
 * Mailboxes by what is said of them: `filter-mailboxes` of RFC 5465 § 6, § 8, with what RFC 7377 § 4 adds.
 *
 * @module
 */

import type { MailboxInfo } from "../../storage/model.ts";
import type { Decoder } from "../wire/decoder.ts";
import { Bad } from "./errors.ts";

/** The kinds that name no mailboxes, and those that do. */
const PLAIN = ["inboxes", "personal", "subscribed"] as const;
const SELECTED = ["selected", "selected-delayed"] as const;
const NAMING = ["mailboxes", "subtree", "subtree-one"] as const;

/** One `filter-mailboxes`. */
export type MailboxFilter =
  | { readonly kind: typeof PLAIN[number] | typeof SELECTED[number] }
  | {
    readonly kind: typeof NAMING[number];
    /** Full names, no wildcards in them. */
    readonly names: readonly string[];
  };

/** What a filter is called. */
export type MailboxFilterKind = MailboxFilter["kind"];

const OPEN = "(".charCodeAt(0);

/**
 * filter-mailboxes
 * @param kinds those that may stand here
 * @throws {Bad} for another
 */
export function parseMailboxFilter(
  d: Decoder,
  kinds: readonly MailboxFilterKind[],
): MailboxFilter {
  const name = d.keyword().toLowerCase();
  const kind = kinds.find((kind) => kind === name);
  if (kind === undefined) throw new Bad("Unknown kind of mailboxes");
  if (!isNaming(kind)) return { kind };
  d.sp();
  // one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
  const names = d.peek() === OPEN
    ? d.nonEmptyList(() => d.mailbox())
    : [d.mailbox()];
  return { kind, names };
}

function isNaming(kind: MailboxFilterKind): kind is typeof NAMING[number] {
  return NAMING.some((naming) => naming === kind);
}

/** Several filters, of which a mailbox has to pass one. */
export class MailboxFilters {
  readonly #delimiter: string;
  readonly #all: boolean;
  readonly #subscribed: boolean;
  readonly #names = new Set<string>();
  readonly #parents = new Set<string>();
  readonly #roots = new Set<string>();
  /** Whether the selected mailbox is among them, by `selected` or `selected-delayed`. */
  readonly selected: boolean;

  /** @param delimiter between the levels of a name */
  constructor(filters: readonly MailboxFilter[], delimiter: string) {
    this.#delimiter = delimiter;
    const has = (...kinds: readonly MailboxFilterKind[]) =>
      filters.some(({ kind }) => kinds.includes(kind));
    // Mail may be delivered to any mailbox, by what stands behind the "+" of an address. Where that set is not easily
    // computed, "inboxes" is "personal" (RFC 5465 § 6.3), and all mailboxes that a user has here are personal.
    this.#all = has("personal", "inboxes");
    this.#subscribed = has("subscribed");
    this.selected = has(...SELECTED);
    for (const filter of filters) {
      if (!("names" in filter)) continue;
      for (const name of filter.names) {
        this.#names.add(name);
        if (filter.kind === "subtree-one") this.#parents.add(name);
        if (filter.kind === "subtree") this.#roots.add(name);
      }
    }
  }

  /** Whether a mailbox passes by its name or its subscription. */
  includes(
    { name, subscribed }: Pick<MailboxInfo, "name" | "subscribed">,
  ): boolean {
    if (this.#all || (this.#subscribed && subscribed)) return true;
    if (this.#names.has(name)) return true;
    let end = name.lastIndexOf(this.#delimiter);
    if (end > 0 && this.#parents.has(name.slice(0, end))) return true;
    for (; end > 0; end = name.lastIndexOf(this.#delimiter, end - 1)) {
      if (this.#roots.has(name.slice(0, end))) return true;
    }
    return false;
  }
}
