/**
 * What a client wants to be notified of: event groups (RFC 5465 § 5, § 6, § 8).
 *
 * @module
 */

import type { MailboxInfo } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { ParseContext } from "../command.ts";
import { parseFetchItem } from "../commands/fetch.ts";
import { Bad, No } from "../errors.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import {
  type MailboxFilter,
  MailboxFilters,
  parseMailboxFilter,
} from "../mailbox_filter.ts";
import type { Registry } from "../registry.ts";

/** Events about messages that can be notified of. AnnotationChange cannot: there are no annotations. */
export const MESSAGE_EVENTS = [
  "MessageNew",
  "MessageExpunge",
  "FlagChange",
] as const;
/** Events about mailboxes. */
const MAILBOX_EVENTS = ["MailboxName", "SubscriptionChange"] as const;
/** Events that there are where extensions say so. */
const FURTHER_EVENTS = [
  "MailboxMetadataChange",
  "ServerMetadataChange",
] as const;

/** An event. */
export type NotifyEvent =
  | (typeof MESSAGE_EVENTS)[number]
  | (typeof MAILBOX_EVENTS)[number]
  | FurtherNotifyEvent;

/** An event that there is because of an extension. */
export type FurtherNotifyEvent = (typeof FURTHER_EVENTS)[number];

const BASE: readonly NotifyEvent[] = [...MESSAGE_EVENTS, ...MAILBOX_EVENTS];

/** Events that a client may not ask for of the selected mailbox, whether there are such or not. */
const OTHER_EVENTS = new Set(
  [...MAILBOX_EVENTS, ...FURTHER_EVENTS].map((name) => name.toUpperCase()),
);

/** filter-mailboxes */
const KINDS = [
  "selected",
  "selected-delayed",
  "inboxes",
  "personal",
  "subscribed",
  "subtree",
  "mailboxes",
] as const;

/** Events of mailboxes other than the selected one. */
export interface EventGroup {
  /** Which mailboxes. */
  readonly mailboxes: MailboxFilter;
  /** Which events; none for NONE, which keeps those of other groups from these mailboxes. */
  readonly events: ReadonlySet<NotifyEvent>;
}

/** Events of the selected mailbox. */
export interface SelectedGroup {
  /** Whether EXPUNGE waits for a command (§ 6.1.2). */
  readonly delayed: boolean;
  /** Which events. */
  readonly events: ReadonlySet<NotifyEvent>;
  /** What MessageNew tells of each message. */
  readonly attributes: readonly FetchAttribute[];
}

/** All that a NOTIFY SET asks for. */
export interface EventGroups {
  /** Of the selected mailbox; undefined for nothing. */
  readonly selected: SelectedGroup | undefined;
  /** Of the others. */
  readonly others: readonly EventGroup[];
  /** Events that there are not here: the command is to be refused. */
  readonly unsupported: boolean;
}

/** All events that there are. */
function eventsThereAre({ notifyEvents }: Registry): readonly NotifyEvent[] {
  return [...BASE, ...notifyEvents];
}

/** resp-text-code =/ "BADEVENT" SP "(" event-name *(SP event-name) ")" */
export function badEvent(registry: Registry): No {
  const code = `BADEVENT (${eventsThereAre(registry).join(" ")})`;
  return new No(code, "There are these events and no others");
}

/**
 * event-groups = event-group *(SP event-group)
 * @throws {No} where they are too many (RFC 5465 § 3.1)
 */
export function parseEventGroups(
  d: Decoder,
  context: ParseContext,
): EventGroups {
  let selected: SelectedGroup | undefined;
  const others: EventGroup[] = [];
  let unsupported = false;
  let left = context.limits.notifyNames;
  const count = (names: number) => {
    left -= names;
    if (left < 0) {
      throw new No("NOTIFICATIONOVERFLOW", "These are too many mailboxes");
    }
  };
  // event-group = "(" filter-mailboxes SP events ")"
  do {
    d.char("(");
    const mailboxes = parseMailboxFilter(d, KINDS);
    count("names" in mailboxes ? 1 + mailboxes.names.length : 1);
    const { kind } = mailboxes;
    if (kind === "selected" || kind === "selected-delayed") {
      if (selected !== undefined) throw new Bad("The selected mailbox twice");
      const events = parseEvents(d.sp(), context, true);
      selected = { delayed: kind === "selected-delayed", ...events };
      unsupported ||= events.unsupported;
    } else {
      const { events, ...found } = parseEvents(d.sp(), context, false);
      others.push({ mailboxes, events });
      unsupported ||= found.unsupported;
    }
    d.char(")");
  } while (d.trySp());
  return { selected, others, unsupported };
}

// events = ( "(" event *(SP event) ")" ) / "NONE"
function parseEvents(d: Decoder, context: ParseContext, selected: boolean) {
  const events = new Set<NotifyEvent>();
  const supported = eventsThereAre(context.registry);
  let attributes: readonly FetchAttribute[] = [];
  let unsupported = false;
  if (d.peek() !== PARENTHESIS) {
    if (d.atom().toUpperCase() !== "NONE") throw new Bad("Expected events");
    return { events, attributes, unsupported };
  }
  d.char("(");
  for (let more = true; more;) {
    const name = d.atom().toUpperCase();
    const event = supported.find((event) => event.toUpperCase() === name);
    if (selected && OTHER_EVENTS.has(name)) {
      throw new Bad("That is no event of messages");
    }
    if (event === undefined) unsupported = true;
    else events.add(event);
    more = d.trySp();
    // message-event = ( "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")" ] )
    if (more && event === "MessageNew" && d.peek() === PARENTHESIS) {
      if (!selected) throw new Bad("Only of the selected mailbox");
      attributes = [
        ...new Set(d.nonEmptyList(() => parseFetchItem(d, context))),
      ];
      more = d.trySp();
    }
  }
  d.char(")");
  // RFC 5465 § 5
  const [came, went] = [events.has("MessageNew"), events.has("MessageExpunge")];
  if (came !== went || events.has("FlagChange") && !came) {
    throw new Bad("MessageNew and MessageExpunge go together");
  }
  return { events, attributes, unsupported };
}

const PARENTHESIS = "(".charCodeAt(0);

/** Which events are wanted of which mailboxes, but for the selected one. */
export class OtherEvents {
  readonly #groups: readonly {
    readonly mailboxes: MailboxFilters;
    readonly events: ReadonlySet<NotifyEvent>;
  }[];
  /** Whether it has to be known what is subscribed. */
  readonly bySubscription: boolean;

  /** @param delimiter between the levels of a name */
  constructor(groups: readonly EventGroup[], delimiter: string) {
    this.#groups = groups.map(({ mailboxes, events }) => ({
      mailboxes: new MailboxFilters([mailboxes], delimiter),
      events,
    }));
    this.bySubscription = groups.some(({ mailboxes }) =>
      mailboxes.kind === "subscribed"
    );
  }

  /** Whether there are no groups. */
  get none(): boolean {
    return this.#groups.length === 0;
  }

  /** Whether one of some events is wanted of any mailbox. */
  includes(...wanted: readonly NotifyEvent[]): boolean {
    return this.#groups.some(({ events }) => hasOne(events, wanted));
  }

  /** The events of a mailbox. */
  of(
    mailbox: Pick<MailboxInfo, "name" | "subscribed">,
  ): ReadonlySet<NotifyEvent> {
    const all = new Set<NotifyEvent>();
    for (const { mailboxes, events } of this.#groups) {
      if (!mailboxes.includes(mailbox)) continue;
      if (events.size === 0) return events;
      for (const event of events) all.add(event);
    }
    return all;
  }
}

/** Whether events are among those of messages. */
export function isOfMessages(events: ReadonlySet<NotifyEvent>): boolean {
  return hasOne(events, MESSAGE_EVENTS);
}

function hasOne(
  events: ReadonlySet<NotifyEvent>,
  wanted: readonly NotifyEvent[],
): boolean {
  return wanted.some((event) => events.has(event));
}
