/**
 * Reads of a message what a FETCH of a section would give.
 *
 * @module
 */

import type { Uid } from "../../../storage/model.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import { FieldNames, headerFields } from "../../mime/header.ts";
import { readSummary, type Summary, summaryOf } from "../summary.ts";
import type { Partial } from "./attribute.ts";
import { cut, rangeOf, type Section } from "./section.ts";

/**
 * The octets of BODY.PEEK[section]<partial>, as they lie in the message.
 * @param admit called with the number of octets that are about to be read
 * @returns undefined when the message or the part is not there
 */
export async function readSection(
  mailbox: Mailbox,
  uid: Uid,
  { section, partial }: {
    readonly section: Section;
    readonly partial: Partial | undefined;
  },
  admit: (octets: number) => void,
): Promise<Uint8Array | undefined> {
  const { state } = mailbox;
  const index = state.indexOf(uid);
  if (index < 0) return undefined;
  const size = state.sizes[index]!;
  const { fields } = section;
  const whole = section.part.length === 0 && section.text === ""
    ? [0, size] as const
    : await rangeIn(mailbox, uid, section, size);
  const range = whole && (fields === undefined ? cut(whole, partial) : whole);
  if (range === undefined) return undefined;
  admit(range[1] - range[0]);
  const octets = await mailbox.readSource(uid, ...range);
  if (octets === undefined || fields === undefined) return octets;
  const names = new FieldNames(fields.names);
  const picked = headerFields(octets, 0, octets.length, names, fields.not);
  return picked.subarray(...cut([0, picked.length], partial));
}

async function rangeIn(
  mailbox: Mailbox,
  uid: Uid,
  section: Section,
  size: number,
): Promise<ReturnType<typeof rangeOf>> {
  const summary = await summaryIn(mailbox, uid);
  return summary && rangeOf(section, summary, size);
}

/** The summary of a message, from its source where none is kept. */
async function summaryIn(
  mailbox: Mailbox,
  uid: Uid,
): Promise<Summary | undefined> {
  let bytes: Uint8Array | undefined;
  for await (const batch of mailbox.readSummaries(Uint32Array.of(uid))) {
    bytes = batch[0]?.bytes;
  }
  const kept = bytes && readSummary(bytes);
  if (kept !== undefined) return kept;
  const source = await mailbox.readSource(uid);
  return source && summaryOf(source);
}
