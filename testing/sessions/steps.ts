/**
 * What happens in a history, as fast-check makes it up.
 *
 * @module
 */

import fc from "fast-check";
import type { SetChoice } from "./message_set.ts";
import type { ReturnOption } from "./search_command.ts";

/** The names that mailboxes may have. */
const NAMES = ["INBOX", "a", "b", "c"] as const;

const name = fc.constantFrom(...NAMES);
const flags = fc.subarray(["\\Seen", "\\Deleted", "\\Flagged", "k1", "k2"]);
const silent = fc.boolean();

const set: fc.Arbitrary<SetChoice> = fc.record({
  by: fc.oneof(
    { weight: 4, arbitrary: fc.constant("number" as const) },
    { weight: 4, arbitrary: fc.constant("uid" as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom("saved number" as const, "saved uid" as const),
    },
  ),
  from: fc.nat(11),
  more: fc.nat(5),
  form: fc.constantFrom(
    "range" as const,
    "reversed" as const,
    "list" as const,
    "star" as const,
  ),
});

const append = fc.record({
  does: fc.constant("append" as const),
  to: name,
  count: fc.integer({ min: 1, max: 3 }),
  flags,
  together: fc.boolean(),
  literalWaits: fc.boolean(),
});

const store = fc.record({
  does: fc.constant("store" as const),
  set,
  mode: fc.constantFrom("+" as const, "-" as const, "" as const),
  flags,
  silent,
});

const fetch = fc.record({
  does: fc.constant("fetch" as const),
  set,
  item: fc.constantFrom(
    "RFC822.SIZE",
    "(UID FLAGS RFC822.SIZE)",
    "BODY.PEEK[HEADER.FIELDS (Subject)]",
    "(FLAGS BODY.PEEK[])",
    "BODY[]",
  ),
});

const RETURN: ReturnOption[] = ["MIN", "MAX", "ALL", "COUNT", "SAVE"];
const search = fc.record({
  does: fc.constant("search" as const),
  sort: fc.option(
    fc.constantFrom("(REVERSE ARRIVAL)", "(SUBJECT)", "(REVERSE SIZE FROM)"),
    { nil: undefined, freq: 2 },
  ),
  uid: fc.boolean(),
  key: fc.constantFrom("ALL", "ALL", "DELETED", "NOT KEYWORD k1", "BODY am"),
  among: fc.option(set, { nil: undefined, freq: 2 }),
  options: fc.option(fc.subarray(RETURN, { minLength: 1 }), { nil: undefined }),
});

const watch = fc.record({
  does: fc.constant("watch" as const),
  uid: fc.boolean(),
  key: fc.constantFrom(
    "ALL",
    "UNDELETED",
    "KEYWORD k1 UNSEEN",
    "NOT BODY am",
    "OR FLAGGED BODY am",
    "UNDELETED NOT BODY zz",
    "DELETED NOT BODY zz",
    "UID 2:* NOT UID *",
  ),
  order: fc.option(
    fc.constantFrom("SUBJECT", "REVERSE SIZE", "ARRIVAL REVERSE SUBJECT"),
    { nil: undefined },
  ),
});

const cancel = fc.record({
  does: fc.constant("cancel update" as const),
  which: fc.nat(3),
});

const onMessages = fc.record({
  does: fc.constantFrom("uid expunge" as const, "partial" as const),
  set,
});

const transfer = fc.record({
  does: fc.constantFrom("copy" as const, "move" as const),
  set,
  to: name,
});

/** One message by its number or its UID. */
const one: fc.Arbitrary<SetChoice> = fc.record({
  by: fc.constantFrom("number" as const, "uid" as const),
  from: fc.nat(11),
  more: fc.constant(0),
  form: fc.constant("range" as const),
});

const replace = fc.record({
  does: fc.constant("replace" as const),
  set: one,
  to: name,
  flags,
  literalWaits: fc.boolean(),
});

const plain = fc.record({
  does: fc.constantFrom("noop", "noop", "check", "expunge", "expunge"),
});

const leave = fc.record({
  does: fc.constantFrom("close" as const, "unselect" as const),
});

const idle = fc.record({
  does: fc.constant("idle" as const),
  turns: fc.nat(9),
});

const select = fc.record({
  does: fc.constant("select" as const),
  name,
  readOnly: fc.boolean(),
});

const status = fc.record({ does: fc.constant("status" as const), name });

const mailboxes = fc.record({
  does: fc.constantFrom(
    "create" as const,
    "delete" as const,
    "rename" as const,
  ),
  name,
  to: name,
});

const action = fc.oneof(
  { weight: 4, arbitrary: append },
  { weight: 6, arbitrary: store },
  { weight: 6, arbitrary: fetch },
  { weight: 4, arbitrary: search },
  { weight: 3, arbitrary: watch },
  { weight: 1, arbitrary: cancel },
  { weight: 2, arbitrary: onMessages },
  { weight: 4, arbitrary: transfer },
  { weight: 2, arbitrary: replace },
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: leave },
  { weight: 2, arbitrary: idle },
  { weight: 2, arbitrary: select },
  { weight: 1, arbitrary: status },
  { weight: 1, arbitrary: mailboxes },
);

/** What a session does. */
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What a session does, and whether it waits for the answer. */
export interface Step {
  /** What. */
  readonly action: Action;
  /** Whether the next step waits for the answer, even where it need not. */
  readonly waits: boolean;
}

const behind = fc.record({
  does: fc.constantFrom(
    "append" as const,
    "append" as const,
    "expunge" as const,
    "flags" as const,
    "flags" as const,
    "delete" as const,
  ),
  name,
  every: fc.integer({ min: 1, max: 4 }),
  flags,
});

/** What happens in the storage behind the sessions' backs, as by a delivery. */
export type Behind = typeof behind extends fc.Arbitrary<infer T> ? T : never;

/** One client. */
export interface Script {
  /** Whether it asks for IMAP4rev2. */
  readonly rev2: boolean;
  /** Whether it asks for QRESYNC. */
  readonly qresync: boolean;
  /** Whether it asks for UIDONLY (RFC 9586). */
  readonly uidOnly: boolean;
  /** Whether it asks to be notified of everything at all times (RFC 5465). */
  readonly notified: boolean;
  /** What it selects at first. */
  readonly mailbox: string;
  /** What it does then. */
  readonly steps: readonly Step[];
}

/** All that happens to an account. */
export interface History {
  /** How many mailboxes there are at first. */
  readonly mailboxes: number;
  /** The clients. */
  readonly scripts: readonly Script[];
  /** What happens besides. */
  readonly behind: readonly Behind[];
  /** How many bytes the server gathers. */
  readonly batchSize: number;
  /** Who has the next turn, and where what is sent is cut. */
  readonly choices: readonly number[];
}

/** Histories. */
export const histories: fc.Arbitrary<History> = fc.record({
  mailboxes: fc.integer({ min: 1, max: 3 }),
  scripts: fc.array(
    fc.record({
      rev2: fc.boolean(),
      qresync: fc.boolean(),
      uidOnly: fc.boolean(),
      notified: fc.boolean(),
      mailbox: fc.constantFrom("INBOX", "INBOX", "a"),
      steps: fc.array(fc.record({ action, waits: fc.boolean() }), {
        minLength: 1,
        maxLength: 12,
        size: "max",
      }),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  behind: fc.array(behind, { maxLength: 6, size: "max" }),
  batchSize: fc.constantFrom(16_384, 64),
  choices: fc.array(fc.nat(11), { maxLength: 1500, size: "max" }),
});
