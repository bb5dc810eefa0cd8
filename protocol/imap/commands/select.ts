/**
 * SELECT and EXAMINE: RFC 9051 § 6.3.2, § 6.3.3; RFC 3501 § 6.3.1, § 6.3.2.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import { flagsResponses, highestModseq } from "../announce.ts";
import type { Command } from "../command.ts";
import type { SelectStep } from "../extension.ts";
import {
  announceName,
  type MailboxArgument,
  mailboxArgument,
} from "../mailboxes.ts";
import { parseOptional } from "../parameters.ts";

interface SelectArguments {
  readonly mailbox: MailboxArgument;
  readonly steps: readonly SelectStep[];
}

function selecting(name: "SELECT" | "EXAMINE"): Command<SelectArguments> {
  return {
    name,
    state: "authenticated",
    // select        = "SELECT" SP mailbox [select-params]
    // select-params = SP "(" select-param *(SP select-param) ")"        RFC 4466 § 3
    parse(d, context) {
      const mailbox = mailboxArgument(d.sp());
      const { selectParameters } = context.registry;
      const named = parseOptional(
        d,
        selectParameters,
        context,
        "parameter of SELECT",
      );
      return { mailbox, steps: [...named.values()] };
    },

    async execute(session, { mailbox: given, steps }) {
      const { out } = session;
      for (const step of steps) step.before?.(session);
      const before = session.state === "selected";
      if (before) {
        // A SELECT that fails leaves no mailbox selected either.
        session.unselect();
        out.text("* OK [CLOSED] The mailbox before is closed").crlf();
      }
      const mailbox = await session.account.openMailbox(given.name);
      try {
        await mailbox.refresh();
      } catch (error) {
        mailbox.close();
        throw error;
      }
      // RFC 9051 § 6.3.2: one that cannot be changed is opened all the same, and the answer says so.
      const readOnly = name === "EXAMINE" || mailbox.readOnly === true;
      const view = session.select(mailbox, readOnly);
      const { state } = mailbox;
      flagsResponses(session);
      out.text("* ").number(view.length).text(" EXISTS").crlf();
      if (!session.rev2) {
        out.text("* ").number(view.recentCount).text(" RECENT").crlf();
        const unseen = session.uidOnly ? 0 : firstUnseen(state);
        if (unseen > 0) {
          out.text(`* OK [UNSEEN ${unseen}] The first unseen message`).crlf();
        }
      }
      out.text(`* OK [UIDVALIDITY ${state.uidValidity}] UIDs valid`).crlf();
      out.text(`* OK [UIDNEXT ${state.uidNext}] The next UID`).crlf();
      // RFC 7162 § 3.1.2.1: also to those who have not asked, as they may, with the next command.
      highestModseq(session);
      for (const respond of session.registry.selectResponses) respond(session);
      if (session.rev2) await announceName(session, given);
      for (const step of steps) await step.after?.(session);
      return { code: readOnly ? "READ-ONLY" : "READ-WRITE" };
    },
  };
}

/** The sequence number of the first message without `\Seen`, or 0 (RFC 3501 § 7.1, UNSEEN). */
function firstUnseen(state: MailboxState): number {
  if (state.unseen === 0) return 0;
  for (let index = 0; index < state.length; index++) {
    if (!state.flagsAt(index).seen) return index + 1;
  }
  return 0;
}

/** SELECT. */
export const select: Command<SelectArguments> = selecting("SELECT");

/** EXAMINE. */
export const examine: Command<SelectArguments> = selecting("EXAMINE");
