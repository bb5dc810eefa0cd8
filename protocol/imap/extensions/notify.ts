/**
 * NOTIFY: RFC 5465.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";
import { MODSEQ } from "../fetch/attributes.ts";
import {
  badEvent,
  type EventGroups,
  parseEventGroups,
} from "../notify/event_groups.ts";
import { Notifier } from "../notify/notifier.ts";

interface NotifyArguments {
  /** What is asked for; undefined for NONE. */
  readonly groups: EventGroups | undefined;
  readonly status: boolean;
}

const NONE: EventGroups = {
  selected: undefined,
  others: [],
  unsupported: false,
};

const PARENTHESIS = "(".charCodeAt(0);

// notify      = "NOTIFY" SP (notify-set / notify-none)
// notify-set  = "SET" [SP "STATUS"] SP event-groups
// notify-none = "NONE"
const notify: Command<NotifyArguments> = {
  name: "NOTIFY",
  state: "authenticated",

  parse(d, context) {
    const form = d.sp().atom().toUpperCase();
    if (form === "NONE") return { groups: undefined, status: false };
    if (form !== "SET") throw new Bad("Expected SET or NONE");
    let status = false;
    if (d.sp().peek() !== PARENTHESIS) {
      if (d.atom().toUpperCase() !== "STATUS") throw new Bad("Expected STATUS");
      status = true;
      d.sp();
    }
    return { groups: parseEventGroups(d, context), status };
  },

  async execute(session, { groups, status }) {
    if (groups?.unsupported) throw badEvent(session.registry);
    const notifier = new Notifier(session, groups ?? NONE);
    try {
      await notifier.listen();
      if (status) await notifier.status();
    } catch (error) {
      notifier.close();
      throw error;
    }
    if (groups?.selected?.attributes.includes(MODSEQ)) {
      session.enableCondstore();
    }
    session.notifications?.close();
    session.notifications = undefined;
    // "Implies an implicit NOOP command" (§ 3.1): all up to now is told, whatever is wanted from now on.
    if (groups !== undefined && session.state === "selected") {
      await session.view.mailbox.refresh();
      const bye = await session.sync(true);
      if (bye !== undefined) throw bye;
    }
    session.notifications = notifier;
  },
};

/** NOTIFY. */
export const notifyExtension: Extension = {
  capabilities: () => ["NOTIFY"],
  documents: { NOTIFY: "5465" },
  commands: [notify],
};
