/**
 * What a search asks of a message, as a tree.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { Storage } from "../../../storage/storage.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import type { Session } from "../session.ts";

/** What a message has to be like. Days count from 1970-01-01; of a pair `from`, `to` the second is outside. */
export type SearchKey =
  /** Every message. */
  | { readonly kind: "all" }
  /** Messages with a flag or keyword, in lower case. */
  | { readonly kind: "flag"; readonly flag: string }
  /** Messages that are `\Recent` in this session (RFC 3501 § 2.3.2). */
  | { readonly kind: "recent" }
  /** Messages by sequence number, or `$` (RFC 5182). */
  | { readonly kind: "numbers"; readonly set: SequenceSet }
  /** Messages by UID, or `$`. */
  | { readonly kind: "uids"; readonly set: SequenceSet }
  /** Messages of which INTERNALDATE, in UTC, is a day from `from` up to before `to`. */
  | {
    readonly kind: "internalDate";
    readonly from: number;
    readonly to: number;
  }
  /** Messages of which the Date field, in its own zone, is a day from `from` up to before `to`. */
  | { readonly kind: "sentDate"; readonly from: number; readonly to: number }
  /** Messages with more octets than `above` and fewer than `below`. */
  | { readonly kind: "size"; readonly above: number; readonly below: number }
  /** Messages with a header field of this name, in lower case, that contains the text. */
  | { readonly kind: "header"; readonly field: string; readonly text: string }
  /** Messages whose body contains the text. */
  | { readonly kind: "body"; readonly text: string }
  /** Messages whose header or body contains the text. */
  | { readonly kind: "text"; readonly text: string }
  /** Messages that the key does not match. */
  | { readonly kind: "not"; readonly key: SearchKey }
  /** Messages that all keys match. */
  | { readonly kind: "and"; readonly keys: readonly SearchKey[] }
  /** Messages that one of the keys matches. */
  | { readonly kind: "or"; readonly keys: readonly SearchKey[] }
  /** What an extension asks of the columns of the mailbox's state. */
  | {
    readonly kind: "column";
    readonly matches: ColumnTest;
    /** Whether it asks of modseqs, so that the answer tells one (RFC 7162 § 3.1.5). */
    readonly modseq?: boolean;
  }
  /** What an extension has to look up before the search begins; `resolveKeys` puts a key in its place. */
  | { readonly kind: "deferred"; readonly look: KeyLookup };

/**
 * Looks up the key that stands in for a deferred one, which may have deferred ones in it again.
 * @param depth how many deferred keys this one was found in
 */
export type KeyLookup = (session: Session, depth: number) => Promise<SearchKey>;

/** Whether a key, or one in it, passes a test. */
export function some(
  key: SearchKey,
  test: (key: SearchKey) => boolean,
): boolean {
  if (test(key)) return true;
  switch (key.kind) {
    case "not":
      return some(key.key, test);
    case "and":
    case "or":
      return key.keys.some((inner) => some(inner, test));
    default:
      return false;
  }
}

/** Whether a key names messages by sequence number. */
export function isNumbers(key: SearchKey): boolean {
  return key.kind === "numbers";
}

/** Whether a key says a sequence number, as `$` does not (RFC 5182 § 2.1). */
export function saysNumbers(key: SearchKey): boolean {
  return key.kind === "numbers" && key.set.kind !== "saved";
}

/** Whether a key asks of modseqs. */
export function isModseq(key: SearchKey): boolean {
  return key.kind === "column" && key.modseq === true;
}

/**
 * Whether the message at a place in the columns matches.
 * @param now the time of the search, in milliseconds since 1970
 * @param storage where the mailbox is
 */
export type ColumnTest = (
  state: MailboxState,
  index: number,
  now: number,
  storage: Pick<Storage, "secret">,
) => boolean;

/** What an extension's key can read with beside the decoder. */
export interface SearchKeyContext {
  /** The command's charset, as the client spelled it; `UTF-8` when it named none. */
  readonly charset: string;
  /** Reads a string in the command's charset. */
  string(): string;
  /** Reads another key, for keys about keys. */
  key(): SearchKey;
}

/** Reads what follows the name of a key, from the space on, if anything does. */
export type SearchKeyParser = (
  d: Decoder,
  context: SearchKeyContext,
) => SearchKey;
