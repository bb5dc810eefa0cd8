/**
 * CONDSTORE: RFC 7162 § 3.1. Sessions and responses know of modseqs; this is how clients ask for them.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { Bad } from "../errors.ts";
import type {
  Extension,
  FetchModifier,
  SelectParameter,
  StatusItem,
  StoreModifier,
} from "../extension.ts";
import { MODSEQ } from "../fetch/attributes.ts";
import type { SearchKeyParser } from "../search/key.ts";

/** select-param =/ "CONDSTORE" */
const selectParameter: SelectParameter = {
  name: "CONDSTORE",
  parse: () => ({
    before(session) {
      // The mailbox before is about to be left: nothing of it needs telling.
      session.enabled.add("CONDSTORE");
    },
  }),
};

// fetch-modifier =/ "CHANGEDSINCE" SP mod-sequence-value
const changedSince: FetchModifier = {
  name: "CHANGEDSINCE",
  parse(d) {
    const since = d.sp().modseq();
    return (session, request) => {
      session.enableCondstore();
      request.changedSince = since;
      request.uids = changedAfter(session.view.state, request.uids, since);
      const { attributes } = request;
      request.attributes = [...new Set([...attributes, MODSEQ])];
    };
  },
};

/** Of ascending UIDs those that are there and were changed after a modseq. */
export function changedAfter(
  state: MailboxState,
  uids: UidList,
  modseq: number,
): UidList {
  let at = -1;
  return uids.filter((uid) => {
    at++;
    if (at >= state.length || state.uids[at] !== uid) at = state.indexOf(uid);
    return at >= 0 && state.modseqs[at]! > modseq;
  });
}

// store-modifier =/ "UNCHANGEDSINCE" SP mod-sequence-valzer
const unchangedSince: StoreModifier = {
  name: "UNCHANGEDSINCE",
  parse: (d) => ({ unchangedSince: d.sp().modseq() }),
};

// search-key            =/ "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer
// search-modseq-ext     = SP entry-name SP entry-type-req
const searchKey: SearchKeyParser = (d) => {
  d.sp();
  if (d.peek() === QUOTE) skipEntry(d);
  const from = d.modseq();
  return {
    kind: "column",
    modseq: true,
    matches: (state, index) => state.modseqs[index]! >= from,
  };
};

/** Modseqs are of messages, not of flags: the entry is "ignored" (RFC 7162 § 3.1.5) where it is one. */
function skipEntry(d: Decoder): void {
  // entry-name = DQUOTE "/flags/" attr-flag DQUOTE
  if (!/^\/flags\/\\?[^\p{Cc} (){%*"\\\]]+$/iu.test(d.quoted())) {
    throw new Bad("Expected the entry of a flag");
  }
  d.sp();
  if (d.tryKeyword("PRIV", "SHARED", "ALL") === undefined) {
    throw new Bad("Expected priv, shared or all");
  }
  d.sp();
}

/** STATUS HIGHESTMODSEQ */
const statusItem: StatusItem = {
  name: "HIGHESTMODSEQ",
  before: (session) => session.enableCondstore(),
  write: ({ out }, status) => void out.number(status.highestModseq),
};

const QUOTE = '"'.charCodeAt(0);

/** CONDSTORE. */
export const condstoreExtension: Extension = {
  capabilities: () => ["CONDSTORE"],
  documents: { CONDSTORE: "7162" },
  // RFC 7162 § 3.2.3
  impliedBy: ["QRESYNC"],
  enable: ["CONDSTORE"],
  whenEnabled: (session) => session.enableCondstore(),
  selectParameters: [selectParameter],
  fetchItems: [{ name: "MODSEQ", parse: () => MODSEQ }],
  fetchModifiers: [changedSince],
  storeModifiers: [unchangedSince],
  searchKeys: new Map([["MODSEQ", searchKey]]),
  statusItems: [statusItem],
};
