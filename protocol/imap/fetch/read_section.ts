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
 * @param admit called with the number of octets before they are put in memory; of fields, once the header has been read
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
  if (whole === undefined) return undefined;
  if (fields === undefined) {
    const range = cut(whole, partial);
    admit(range[1] - range[0]);
    return await mailbox.readSource(uid, ...range);
  }
  const header = await mailbox.readSource(uid, ...whole);
  if (header === undefined) return undefined;
  const names = new FieldNames(fields.names);
  const picked = headerFields(header, 0, header.length, names, fields.not);
  const octets = picked.subarray(...cut([0, picked.length], partial));
  admit(octets.length);
  return octets;
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
