/**
 * Commands on mailboxes and sessions, and what a client expects of the answers.
 *
 * @module
 */

import type { ClientModel } from "./client_model.ts";
import type { Sending } from "./commands.ts";
import type { Selection } from "./selection.ts";
import { itemsOf, numberOf, pairsOf, textOf } from "./values.ts";
import { must } from "./world.ts";

/** A command of which nothing is expected but its answer. */
export function simple(text: string, ...refusals: string[]): Sending {
  return { name: text.split(" ", 1)[0]!, parts: [text], refusals };
}

/** SELECT or EXAMINE. */
export function select(mailbox: string, readOnly: boolean): Sending {
  const name = readOnly ? "EXAMINE" : "SELECT";
  let model: ClientModel;
  let before: Selection | undefined;
  return {
    name,
    parts: [`${name} ${mailbox}`],
    refusals: ["NONEXISTENT"],
    begin(given) {
      model = given;
      before = model.selection;
      model.asks();
    },
    end(ok, code) {
      // A SELECT that fails leaves nothing selected (RFC 9051 § 6.3.2).
      if (!ok) return model.unselect();
      const { selection } = model;
      must(
        selection !== undefined && selection !== before,
        `${name} has not said CLOSED and EXISTS`,
      );
      const { slots, uidValidity, uidNext, keywords } = selection;
      must(
        slots !== undefined && uidValidity > 0 && uidNext > 0 &&
          keywords !== undefined,
        `${name} has not said EXISTS, UIDVALIDITY, UIDNEXT and FLAGS`,
      );
      model.uidNextIs(uidValidity, uidNext);
      const access = readOnly ? "READ-ONLY" : "READ-WRITE";
      must(textOf(code[0]) === access, `${name} without ${access}`);
    },
  };
}

/** CLOSE or UNSELECT. */
export function leave(name: "CLOSE" | "UNSELECT"): Sending {
  let model: ClientModel;
  return {
    ...simple(name),
    begin(given) {
      model = given;
      if (name === "UNSELECT") return;
      model.world.removes(model.selection!.uidValidity);
    },
    end: () => model.unselect(),
  };
}

/** STATUS. */
export function status(mailbox: string): Sending {
  const items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE RECENT";
  let said = 0;
  return {
    ...simple(`STATUS ${mailbox} (${items})`, "NONEXISTENT"),
    heard(response) {
      if (response.type !== "data" || response.name !== "STATUS") return;
      const counts = pairsOf(itemsOf(response.values[1]));
      // One that comes unasked (RFC 5465) has not all of the items.
      if (!counts.has("DELETED")) return;
      said++;
      const messages = numberOf(counts.get("MESSAGES"));
      for (const name of ["UNSEEN", "DELETED", "RECENT"]) {
        must(
          numberOf(counts.get(name)) <= messages,
          `More are ${name} than there are MESSAGES`,
        );
      }
      must(messages < numberOf(counts.get("UIDNEXT")), "UIDNEXT is too small");
    },
    end(ok) {
      must(said === (ok ? 1 : 0), `${said} answers to STATUS`);
    },
  };
}

/** ENABLE of one capability. */
export function enable(
  capability: "IMAP4rev2" | "QRESYNC" | "UIDONLY",
): Sending {
  let said = false;
  return {
    ...simple(`ENABLE ${capability}`),
    heard(response) {
      said ||= response.type === "data" && response.name === "ENABLED" &&
        textOf(response.values[0]).toUpperCase() === capability.toUpperCase();
    },
    end: () => must(said, `${capability} is not enabled`),
  };
}
