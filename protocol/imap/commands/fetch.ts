/**
 * FETCH: RFC 9051 § 6.4.5.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import { format, type SequenceSet } from "../../wire/sequence_set.ts";
import type { Command, Completion, ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import type { FetchModifier, FetchRequest } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import { MACROS, MODSEQ } from "../fetch/attributes.ts";
import { fetchMessages, withUid } from "../fetch/engine.ts";
import { completeInPart, noteLimit, portionOf } from "../message_limit.ts";
import { messageUids } from "../messages.ts";
import { parseOptional } from "../parameters.ts";

interface FetchArguments {
  readonly set: SequenceSet;
  readonly attributes: readonly FetchAttribute[];
  readonly modifiers: readonly ReturnType<FetchModifier["parse"]>[];
}

/** fetch-att, by the slot of that name. */
export function parseFetchItem(
  d: Decoder,
  context: ParseContext,
): FetchAttribute {
  const item = context.registry.fetchItems.get(d.keyword());
  if (item === undefined) throw new Bad("Unknown FETCH item");
  return item.parse(d, context);
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
//         "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]
/** FETCH and UID FETCH. */
export const fetch: Command<FetchArguments> = {
  name: "FETCH",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const set = d.sp().sequenceSet();
    const attributes = parseAttributes(d.sp(), context);
    return { set, attributes, modifiers: parseModifiers(d, context) };
  },

  async execute(session, { set, attributes, modifiers }, { uid }) {
    if (attributes.includes(MODSEQ)) session.enableCondstore();
    const request: FetchRequest = {
      set,
      uid,
      uids: messageUids(session, set, uid),
      attributes: uid ? withUid(session, attributes) : attributes,
    };
    for (const modify of modifiers) modify(session, request);
    const there = session.view.present(request.uids);
    const { uids, code } = portionOf(session, there);
    // "the server is REQUIRED to process messages from highest to lowest UID" then (RFC 9738 § 3.1).
    const backwards = code !== undefined;
    const downgraded: number[] = [];
    let all = there.length === request.uids.length;
    try {
      const answered = await fetchMessages(session, uids, request.attributes, {
        backwards,
        downgraded,
      });
      all &&= answered;
    } catch (error) {
      if (error instanceof No) noteLimit(session, code);
      throw error;
    }
    if (all || uid) {
      return completeInPart(session, code, completionOf(downgraded));
    }
    if (code === undefined) throw expungeIssued();
    noteLimit(session, code);
    return GONE;
  },
};

// "ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"
function parseAttributes(
  d: Decoder,
  context: ParseContext,
): readonly FetchAttribute[] {
  const macro = d.tryKeyword(...MACROS.keys());
  if (macro !== undefined) return MACROS.get(macro)!;
  if (d.peek() !== PARENTHESIS) return [parseFetchItem(d, context)];
  const named = new Map<string, FetchAttribute>();
  for (const one of d.nonEmptyList(() => parseFetchItem(d, context))) {
    // Of two that are answered alike the one counts that asks for more.
    if (!named.has(one.name) || one.setsSeen || one.prevails) {
      named.set(one.name, one);
    }
  }
  return [...named.values()];
}

// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"        RFC 4466 § 3
function parseModifiers(
  d: Decoder,
  context: ParseContext,
): FetchArguments["modifiers"] {
  const { fetchModifiers } = context.registry;
  const named = parseOptional(d, fetchModifiers, context, "FETCH modifier");
  return [...fetchModifiers.keys()]
    .flatMap((name) => named.get(name) ?? []);
}

/** Some messages are gone, and the client has not been told yet (RFC 5530 § 3, RFC 2180 § 4.1.2). */
export function expungeIssued(code = "EXPUNGEISSUED"): No {
  return new No(code, GONE_TEXT);
}

const GONE_TEXT = "Some of the messages are gone";

/** Beside MESSAGELIMIT, EXPUNGEISSUED "MUST be returned in the tagged OK response" (RFC 9738 § 3.1). */
export const GONE: Completion = { code: "EXPUNGEISSUED", text: GONE_TEXT };

const PARENTHESIS = "(".charCodeAt(0);

/** resp-text-code =/ "DOWNGRADED" SP sequence-set        RFC 6858 § 3 */
function completionOf(downgraded: readonly number[]): Completion | undefined {
  if (downgraded.length === 0) return undefined;
  return { code: `DOWNGRADED ${format(Uint32Array.from(downgraded))}` };
}
