/**
 * What a client wants to be notified of: event groups (RFC 5465 § 5, § 6, § 8).
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import type { ParseContext } from "../command.ts";
import { parseFetchItem } from "../commands/fetch.ts";
import { Bad, No } from "../errors.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";

/** Events about messages that can be notified of. AnnotationChange cannot: there are no annotations. */
const MESSAGE_EVENTS = ["MessageNew", "MessageExpunge", "FlagChange"] as const;
/** Events about mailboxes. */
const MAILBOX_EVENTS = ["MailboxName", "SubscriptionChange"] as const;
/** Events that there are, and that a client may not ask for of the selected mailbox. */
const OTHER_EVENTS = new Set(
  [...MAILBOX_EVENTS, "MailboxMetadataChange", "ServerMetadataChange"]
    .map((name) => name.toUpperCase()),
);

/** An event. */
export type NotifyEvent =
  | (typeof MESSAGE_EVENTS)[number]
  | (typeof MAILBOX_EVENTS)[number];

const SUPPORTED = new Map<string, NotifyEvent>(
  [...MESSAGE_EVENTS, ...MAILBOX_EVENTS].map((name) => [
    name.toUpperCase(),
    name,
  ]),
);

/** Events of mailboxes other than the selected one. */
export interface EventGroup {
  /** Which mailboxes. */
  readonly mailboxes:
    | { readonly kind: "personal" | "subscribed" }
    | {
      readonly kind: "subtree" | "mailboxes";
      readonly names: ReadonlySet<string>;
    };
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

/** resp-text-code =/ "BADEVENT" SP "(" event-name *(SP event-name) ")" */
export function badEvent(): No {
  const code = `BADEVENT (${[...SUPPORTED.values()].join(" ")})`;
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
  const count = () => {
    if (left-- <= 0) {
      throw new No("NOTIFICATIONOVERFLOW", "These are too many mailboxes");
    }
  };
  // event-group = "(" filter-mailboxes SP events ")"
  do {
    count();
    d.char("(");
    const filter = d.atom().toLowerCase();
    if (filter === "selected" || filter === "selected-delayed") {
      if (selected !== undefined) throw new Bad("The selected mailbox twice");
      const events = parseEvents(d.sp(), context, true);
      selected = { delayed: filter === "selected-delayed", ...events };
      unsupported ||= events.unsupported;
    } else {
      const mailboxes = parseMailboxes(d, filter, count);
      const { events, ...found } = parseEvents(d.sp(), context, false);
      others.push({ mailboxes, events });
      unsupported ||= found.unsupported;
    }
    d.char(")");
  } while (d.trySp());
  return { selected, others, unsupported };
}

// filter-mailboxes-other = "inboxes" / "personal" / "subscribed" /
//                          ( "subtree" SP one-or-more-mailbox ) / ( "mailboxes" SP one-or-more-mailbox )
function parseMailboxes(
  d: Decoder,
  filter: string,
  count: () => void,
): EventGroup["mailboxes"] {
  switch (filter) {
    // Mail may be delivered to any mailbox (§ 6.3), and there is but the personal namespace.
    case "inboxes":
    case "personal":
      return { kind: "personal" };
    case "subscribed":
      return { kind: "subscribed" };
    case "subtree":
    case "mailboxes": {
      const names = new Set<string>();
      const name = () => {
        count();
        names.add(d.mailbox());
      };
      if (d.sp().peek() === PARENTHESIS) d.nonEmptyList(name);
      else name();
      return { kind: filter, names };
    }
    default:
      throw new Bad("Unknown set of mailboxes");
  }
}

// events = ( "(" event *(SP event) ")" ) / "NONE"
function parseEvents(d: Decoder, context: ParseContext, selected: boolean) {
  const events = new Set<NotifyEvent>();
  let attributes: readonly FetchAttribute[] = [];
  let unsupported = false;
  if (d.peek() !== PARENTHESIS) {
    if (d.atom().toUpperCase() !== "NONE") throw new Bad("Expected events");
    return { events, attributes, unsupported };
  }
  d.char("(");
  for (let more = true; more;) {
    const name = d.atom().toUpperCase();
    const event = SUPPORTED.get(name);
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

/**
 * The events of a mailbox that is not selected.
 * @param subscribed whether the name is subscribed
 */
export function eventsOf(
  groups: readonly EventGroup[],
  name: string,
  subscribed: boolean,
  delimiter: string,
): ReadonlySet<NotifyEvent> {
  const events = new Set<NotifyEvent>();
  for (const group of groups) {
    if (!covers(group.mailboxes, name, subscribed, delimiter)) continue;
    if (group.events.size === 0) return group.events;
    for (const event of group.events) events.add(event);
  }
  return events;
}

function covers(
  mailboxes: EventGroup["mailboxes"],
  name: string,
  subscribed: boolean,
  delimiter: string,
): boolean {
  switch (mailboxes.kind) {
    case "personal":
      return true;
    case "subscribed":
      return subscribed;
    case "mailboxes":
      return mailboxes.names.has(name);
    case "subtree": {
      if (mailboxes.names.has(name)) return true;
      let end = name.lastIndexOf(delimiter);
      for (; end > 0; end = name.lastIndexOf(delimiter, end - 1)) {
        if (mailboxes.names.has(name.slice(0, end))) return true;
      }
      return false;
    }
  }
}
