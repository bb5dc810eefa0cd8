/**
 * The FETCH items that need no section: RFC 9051 § 6.4.5.
 *
 * @module
 */

import { formatDateTime } from "../../wire/date_time.ts";
import { writeFlags, writeModseq } from "../announce.ts";
import type { FetchItem } from "../extension.ts";
import type { FetchAttribute } from "./attribute.ts";

/** FLAGS. */
export const FLAGS: FetchAttribute = {
  name: "FLAGS",
  needs: "state",
  write({ session, flags, uid }) {
    session.out.text("FLAGS ");
    writeFlags(session, flags, uid);
  },
};

/** UID. */
export const UID: FetchAttribute = {
  name: "UID",
  needs: "state",
  write({ session, uid }) {
    session.out.text("UID ").number(uid);
  },
};

/** MODSEQ (RFC 7162 § 3.1.4.2); who asks for it by that name is answered by CONDSTORE's item. */
export const MODSEQ: FetchAttribute = {
  name: "MODSEQ",
  needs: "state",
  write({ session, modseq }) {
    writeModseq(session, modseq);
  },
};

/** INTERNALDATE. */
export const INTERNALDATE: FetchAttribute = {
  name: "INTERNALDATE",
  needs: "state",
  write({ session, internalDate }) {
    session.out.text(`INTERNALDATE ${formatDateTime(internalDate)}`);
  },
};

/** RFC822.SIZE. */
export const SIZE: FetchAttribute = {
  name: "RFC822.SIZE",
  needs: "state",
  write({ session, storedSize }) {
    session.out.text("RFC822.SIZE ").number(storedSize);
  },
};

/** ENVELOPE. */
export const ENVELOPE: FetchAttribute = {
  name: "ENVELOPE",
  needs: "summary",
  write({ session, summary }) {
    session.out.text("ENVELOPE ").bytes(summary.envelope);
  },
};

/** BODYSTRUCTURE. */
export const BODYSTRUCTURE: FetchAttribute = {
  name: "BODYSTRUCTURE",
  needs: "summary",
  write({ session, summary }) {
    session.out.text("BODYSTRUCTURE ").bytes(summary.bodyStructure);
  },
};

/** BODY without a section: BODYSTRUCTURE without its extension data. */
export const BODY: FetchAttribute = {
  name: "BODY",
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

const plain = (attribute: FetchAttribute): FetchItem => ({
  name: attribute.name,
  parse: () => attribute,
});

/** The items of this file by name. */
export const plainItems: readonly FetchItem[] = [
  plain(FLAGS),
  plain(UID),
  plain(INTERNALDATE),
  plain(SIZE),
  plain(ENVELOPE),
  plain(BODYSTRUCTURE),
];
