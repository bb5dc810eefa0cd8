/**
 * OBJECTID: RFC 8474. Which mailbox, message or thread something is, whatever name or UID it has.
 *
 * EMAILID is of a content, which copies share; THREADID is what the storage has given the message when it came.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import { Bad } from "../errors.ts";
import type { Extension } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import {
  isObjectId,
  type ObjectIds,
  objectIdsOf,
  type ObjectNumbers,
} from "../object_ids.ts";
import type { SearchKeyParser } from "../search/key.ts";
import type { Session } from "../session.ts";

function idsOf({ host }: Session): ObjectIds {
  return objectIdsOf(host.storage);
}

// resp-text-code =/ "MAILBOXID" SP "(" objectid ")"
function mailboxId(session: Session, id: number): string {
  return `MAILBOXID (${idsOf(session).encode("mailbox", id)})`;
}

// fetch-emailid-resp = "EMAILID" SP "(" objectid ")"
const EMAILID: FetchAttribute = {
  name: "EMAILID",
  needs: "state",
  write({ session, contentHome: home, contentNumber: number }) {
    // A content without a home is of its mailbox alone.
    const place = home || session.view.state.id;
    const id = idsOf(session).encode("email", number, place);
    session.out.text(`EMAILID (${id})`);
  },
};

// fetch-threadid-resp = "THREADID" SP ( "(" objectid ")" / nil )
const THREADID: FetchAttribute = {
  name: "THREADID",
  needs: "state",
  write({ session, thread }) {
    session.out.text("THREADID ");
    if (thread === 0) session.out.text("NIL");
    else session.out.text(`(${idsOf(session).encode("thread", thread)})`);
  },
};

// search-key =/ "EMAILID" SP objectid / "THREADID" SP objectid
function searchKey(
  kind: "email" | "thread",
  isAt: (state: MailboxState, index: number, wanted: ObjectNumbers) => boolean,
): SearchKeyParser {
  return (d) => {
    const id = d.sp().astring();
    if (!isObjectId(id)) throw new Bad("Expected an object identifier");
    let wanted: ObjectNumbers | undefined | null = null;
    return {
      kind: "column",
      matches(state, index, _now, storage) {
        if (wanted === null) wanted = objectIdsOf(storage).decode(kind, id);
        return wanted !== undefined && isAt(state, index, wanted);
      },
    };
  };
}

/** OBJECTID. */
export const objectIdExtension: Extension = {
  capabilities: () => ["OBJECTID"],
  documents: { OBJECTID: "8474" },
  createCode: (session, { id }) =>
    id === undefined ? undefined : mailboxId(session, id),
  selectResponse(session) {
    const code = mailboxId(session, session.view.state.id);
    session.out.text(`* OK [${code}] The mailbox's identifier`).crlf();
  },
  statusItems: [{
    name: "MAILBOXID",
    // status-att-val =/ "MAILBOXID" SP "(" objectid ")"
    write(session, _status, { id }) {
      const known = idsOf(session).encode("mailbox", id!);
      session.out.text(`(${known})`);
    },
  }],
  // RFC 8474 § 5.1
  identifiesContents: true,
  fetchItems: [EMAILID, THREADID].map((attribute) => ({
    name: attribute.name,
    parse: () => attribute,
  })),
  searchKeys: new Map([
    [
      "EMAILID",
      searchKey(
        "email",
        (state, index, { number, home }) =>
          state.contentNumbers[index] === number &&
          (state.contentHomes[index] || state.id) === home,
      ),
    ],
    [
      "THREADID",
      searchKey(
        "thread",
        (state, index, { number }) => state.threads[index] === number,
      ),
    ],
  ]),
};
