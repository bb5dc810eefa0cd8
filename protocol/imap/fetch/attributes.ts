/**
 * The FETCH items that need no section: RFC 9051 § 6.4.5.
 *
 * @module
 */

import { formatDateTime } from "../../wire/date_time.ts";
import { writeFlags } from "../announce.ts";
import type { FetchItem } from "../extension.ts";
import type { FetchAttribute } from "./attribute.ts";

/** FLAGS. */
export const FLAGS: FetchAttribute = {
  needs: "state",
  write({ session, index, uid }) {
    session.out.text("FLAGS ");
    writeFlags(session, session.view.state.flagsAt(index), uid);
  },
};

/** UID. */
export const UID: FetchAttribute = {
  needs: "state",
  write({ session, uid }) {
    session.out.text("UID ").number(uid);
  },
};

/** INTERNALDATE. */
export const INTERNALDATE: FetchAttribute = {
  needs: "state",
  write({ session, index }) {
    const time = session.view.state.internalDates[index]!;
    session.out.text(`INTERNALDATE ${formatDateTime(time)}`);
  },
};

/** RFC822.SIZE. */
export const SIZE: FetchAttribute = {
  needs: "state",
  write({ session, index }) {
    session.out.text("RFC822.SIZE ").number(session.view.state.sizes[index]!);
  },
};

/** ENVELOPE. */
export const ENVELOPE: FetchAttribute = {
  needs: "summary",
  write({ session, summary }) {
    session.out.text("ENVELOPE ").bytes(summary.envelope);
  },
};

/** BODYSTRUCTURE. */
export const BODYSTRUCTURE: FetchAttribute = {
  needs: "summary",
  write({ session, summary }) {
    session.out.text("BODYSTRUCTURE ").bytes(summary.bodyStructure);
  },
};

/** BODY without a section: BODYSTRUCTURE without its extension data. */
export const BODY: FetchAttribute = {
  needs: "summary",
  write({ session, summary }) {
    session.out.text("BODY ").bytes(summary.body);
  },
};

/** The macros, which stand alone (RFC 9051 § 6.4.5). */
export const MACROS: ReadonlyMap<string, readonly FetchAttribute[]> = new Map([
  ["FAST", [FLAGS, INTERNALDATE, SIZE]],
  ["ALL", [FLAGS, INTERNALDATE, SIZE, ENVELOPE]],
  ["FULL", [FLAGS, INTERNALDATE, SIZE, ENVELOPE, BODY]],
]);

const plain = (name: string, attribute: FetchAttribute): FetchItem => ({
  name,
  parse: () => attribute,
});

/** The items of this file by name. */
export const plainItems: readonly FetchItem[] = [
  plain("FLAGS", FLAGS),
  plain("UID", UID),
  plain("INTERNALDATE", INTERNALDATE),
  plain("RFC822.SIZE", SIZE),
  plain("ENVELOPE", ENVELOPE),
  plain("BODYSTRUCTURE", BODYSTRUCTURE),
];
