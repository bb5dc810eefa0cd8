/**
 * STORE: RFC 9051 § 6.4.6.
 *
 * @module
 */

import type { FlagChange } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import type { Command } from "../command.ts";
import { Bad } from "../errors.ts";
import { FLAGS } from "../fetch/attributes.ts";
import { fetchMessages, withUid } from "../fetch/engine.ts";
import { messageUids } from "../messages.ts";
import { expungeIssued } from "./fetch.ts";

interface StoreArguments {
  readonly set: SequenceSet;
  readonly change: FlagChange;
  readonly silent: boolean;
}

// store           = "STORE" SP sequence-set SP store-att-flags
// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/** STORE and UID STORE. */
export const store: Command<StoreArguments> = {
  name: "STORE",
  uid: "also",
  state: "selected",
  keepsNumbers: true,

  parse(d) {
    const set = d.sp().sequenceSet();
    d.sp();
    const mode = d.tryChar("+") ? "add" : d.tryChar("-") ? "remove" : "replace";
    const item = d.tryKeyword("FLAGS", "FLAGS.SILENT");
    if (item === undefined) throw new Bad("Unknown STORE item");
    const flags = d.sp().flagsOrList();
    return { set, change: { mode, flags }, silent: item === "FLAGS.SILENT" };
  },

  async execute(session, { set, change, silent }, { uid }) {
    session.assertWritable();
    const { view } = session;
    const uids = messageUids(session, set, uid);
    const present = view.present(uids);
    const result = await view.mailbox.storeFlags(present, change);
    view.own(result.modseqs);
    if (result.unmet !== undefined) view.tell(result.unmet);
    let all = present.length === uids.length && result.missing.length === 0;
    if (!silent) {
      const attributes = uid ? withUid([FLAGS]) : [FLAGS];
      all = await fetchMessages(session, present, attributes) && all;
    }
    if (!all && !uid) throw expungeIssued();
  },
};
