/**
 * STORE: RFC 9051 § 6.4.6.
 *
 * @module
 */

import type { FlagChange } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { format } from "../../wire/sequence_set.ts";
import type { Command, ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import { FLAGS, MODSEQ, UID } from "../fetch/attributes.ts";
import { fetchMessages, withUid } from "../fetch/engine.ts";
import { completeInPart, noteLimit, portionOf } from "../message_limit.ts";
import { messageUids } from "../messages.ts";
import { parseParameters } from "../parameters.ts";
import { withProgress } from "../progress.ts";
import { expungeIssued, GONE } from "./fetch.ts";

interface StoreArguments {
  readonly set: SequenceSet;
  readonly change: FlagChange;
  readonly silent: boolean;
}

// store           = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags        RFC 4466 § 3
// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/** STORE and UID STORE. */
export const store: Command<StoreArguments> = {
  name: "STORE",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const set = d.sp().sequenceSet();
    d.sp();
    const condition = parseModifiers(d, context);
    const mode = d.tryChar("+") ? "add" : d.tryChar("-") ? "remove" : "replace";
    const item = d.tryKeyword("FLAGS", "FLAGS.SILENT");
    if (item === undefined) throw new Bad("Unknown STORE item");
    const flags = d.sp().flagsOrList();
    const change = { mode, flags, ...condition } as const;
    return { set, change, silent: item === "FLAGS.SILENT" };
  },

  async execute(session, { set, change, silent }, { uid, tag }) {
    session.assertWritable();
    const { view } = session;
    const conditional = change.unchangedSince !== undefined;
    if (conditional) session.enableCondstore();
    const uids = messageUids(session, set, uid);
    const there = view.present(uids);
    const { uids: present, code: limited } = portionOf(session, there);
    const result = await withProgress(
      session,
      tag,
      () => view.mailbox.storeFlags(present, change),
    );
    view.own(result.modseqs);
    if (result.unmet !== undefined) view.tell(result.unmet);
    const modified = new Set(result.modified);
    const passed = conditional
      ? present.filter((uid) => !modified.has(uid))
      : present;
    let all = there.length === uids.length && result.missing.length === 0;
    const { condstore } = session;
    if (!silent || condstore) {
      // Modseqs are told also where flags are not; of a conditional STORE for all that it reached (RFC 7162 § 3.1.3).
      const told = silent && !conditional ? result.changed : passed;
      const attributes = [
        ...(condstore && !session.uidOnly ? [UID] : []),
        ...(silent ? [] : [FLAGS]),
        ...(condstore ? [MODSEQ] : []),
      ];
      const wanted = uid ? withUid(session, attributes) : attributes;
      const backwards = limited !== undefined;
      all = await fetchMessages(session, told, wanted, { backwards }) && all;
    }
    // What kept them from being changed the client had better know, too.
    view.tell(result.modified);
    const failed = uid
      ? result.modified
      : result.modified.map((uid) => view.numberOf(uid));
    const code = failed.length > 0 ? `MODIFIED ${format(failed)}` : undefined;
    if (!all && !uid) {
      if (limited === undefined) throw expungeIssued(code);
      noteLimit(session, limited);
      return code === undefined ? GONE : { ...GONE, code };
    }
    const modifiedCode = code === undefined ? undefined : { code };
    return completeInPart(session, limited, modifiedCode);
  },
};

// [store-modifiers SP]
// store-modifiers = "(" store-modifier *(SP store-modifier) ")"        RFC 4466 § 3
function parseModifiers(
  d: Decoder,
  context: ParseContext,
): Pick<FlagChange, "unchangedSince"> {
  if (d.peek() !== PARENTHESIS) return {};
  const { storeModifiers } = context.registry;
  const named = parseParameters(d, storeModifiers, context, "STORE modifier");
  d.sp();
  return Object.assign({}, ...named.values());
}

const PARENTHESIS = "(".charCodeAt(0);
