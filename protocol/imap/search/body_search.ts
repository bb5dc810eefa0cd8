/**
 * Looks for strings in the text of a message, for BODY and TEXT (RFC 9051 § 6.4.4).
 *
 * The text of the body is that of the parts of type text and message, embedded messages included, with
 * transfer encoding and charset undone; other media types may be left out and are. BODY "doesn't match any
 * header fields": not those of the message, nor of its parts, nor of messages in it; TEXT matches them all.
 *
 * @module
 */

import type { Part } from "../../mime/part.ts";
import { partText } from "../../mime/text.ts";
import { headerLines, plainText } from "./header_texts.ts";
import type { Pace } from "../../../storage/pace.ts";
import type { WantedString } from "./predicate.ts";
import { type SearchedPart, searchedParts } from "./searched_parts.ts";
import { foldedPieces } from "./text_match.ts";

/**
 * Looks for strings in a message, all at once: the message is decoded one time and a piece at a time.
 * @param source the whole message
 * @param root its structure
 * @param pace where to rest
 * @returns for each string 1 when the message has it, else 0
 */
export async function searchBody(
  source: Uint8Array,
  root: Part,
  strings: readonly WantedString[],
  pace: Pace,
): Promise<Uint8Array> {
  const found = new Uint8Array(strings.length);
  const longest = Math.max(...strings.map(({ needle }) => needle.length));
  for (const searched of searchedParts(root)) {
    await searchHeader(source, searched, strings, found, pace);
    if (searched.hasText) {
      const text = partText(source, searched.part);
      for (const piece of foldedPieces(text, longest)) {
        let missing = false;
        for (let index = 0; index < strings.length; index++) {
          if (found[index] === 1) continue;
          if (strings[index]!.needle.inText(piece)) found[index] = 1;
          else missing = true;
        }
        if (!missing) return found;
        if (pace.due) await pace.rest();
      }
    }
    if (pace.due) await pace.rest();
  }
  return found;
}

async function searchHeader(
  source: Uint8Array,
  { part: { headerStart }, headerEnd }: SearchedPart,
  strings: readonly WantedString[],
  found: Uint8Array,
  pace: Pace,
): Promise<void> {
  if (headerStart === headerEnd) return;
  const open: number[] = [];
  for (let index = 0; index < strings.length; index++) {
    if (strings[index]!.inHeaders && found[index] === 0) open.push(index);
  }
  if (open.length === 0) return;
  const plain = plainText(source, headerStart, headerEnd);
  const wanted = open.filter((index) =>
    plain === undefined || strings[index]!.needle.mayBeIn(plain)
  );
  if (wanted.length === 0) return;
  for (const line of headerLines(source, headerStart, headerEnd)) {
    for (const index of wanted) {
      if (strings[index]!.needle.inHeader(line)) found[index] = 1;
    }
    if (pace.due) await pace.rest();
  }
}
