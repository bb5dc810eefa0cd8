/**
 * What part of an account somebody may use, and how.
 *
 * @module
 */

import { tryParseName } from "./names.ts";
import { StorageError } from "./model.ts";

/** A part of an account. Without restrictions it is all of it. */
export interface Scope {
  /** Whether nothing may be changed: mailboxes are read-only, `\Seen` is not set. Default false. */
  readonly readOnly?: boolean;
  /** Whether messages may be put into mailboxes, and nothing else: names are seen, nothing is read. Default false. */
  readonly appendOnly?: boolean;
  /**
   * The full names of the mailboxes that there are, `INBOX` in any case; those below them are not among them. Any
   * other mailbox is as if it did not exist, and cannot be created. Default: all.
   */
  readonly mailboxes?: readonly string[];
}

/** Whether a scope leaves anything out. */
export function isRestricted(scope: Scope | undefined): scope is Scope {
  return scope !== undefined &&
    (scope.readOnly === true || scope.appendOnly === true ||
      scope.mailboxes !== undefined);
}

/** What two scopes both leave. */
export function commonScope(
  one: Scope | undefined,
  other: Scope | undefined,
): Scope | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const named = one.mailboxes && other.mailboxes
    ? one.mailboxes.filter((name) =>
      other.mailboxes!.some((also) => isSameName(name, also))
    )
    : one.mailboxes ?? other.mailboxes;
  return {
    readOnly: one.readOnly === true || other.readOnly === true,
    appendOnly: one.appendOnly === true || other.appendOnly === true,
    ...(named === undefined ? {} : { mailboxes: named }),
  };
}

function isSameName(one: string, other: string): boolean {
  const isInbox = (name: string) => name.toUpperCase() === "INBOX";
  return one === other || (isInbox(one) && isInbox(other));
}

/** The names of a scope in the form in which a storage has them; undefined for all. What is no name is left out. */
export function namesOf(
  { mailboxes }: Scope,
  delimiter: string,
): ReadonlySet<string> | undefined {
  return mailboxes && new Set(
    mailboxes.map((name) => normalName(name, delimiter))
      .filter((name) => name !== undefined),
  );
}

/** A name in that form; undefined for what is no name. */
export function normalName(
  name: string,
  delimiter: string,
): string | undefined {
  return tryParseName(name, delimiter)?.join(delimiter);
}

/** The refusal of what is outside a scope. */
export function outOfScope(): StorageError {
  return new StorageError("NOPERM", "These credentials are not for that");
}
