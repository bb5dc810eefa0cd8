/**
 * Looks whether every content that messages have is there, and nothing else.
 *
 * @module
 */

import type { MailboxState } from "../mailbox_state.ts";
import { lowerBound } from "../uid_list.ts";
import type { BodyFiles } from "./body_files.ts";
import { COUNTS, SUMMARIES } from "./collect.ts";
import { decodeContents } from "./content_list.ts";
import { chunksOf, decodeSummary, decodeUpload } from "./contents.ts";
import { GARBAGE, IN_FILE, MAX_VALUE, SHARED, UPLOADS } from "./keys.ts";

/** A content, and how many messages have it. */
interface Reference {
  readonly home: number;
  readonly size: number;
  count: number;
}

/** How many messages have each content. */
export class References {
  /** By number. */
  readonly byNumber: Map<number, Reference> = new Map();

  /** Counts the messages of a mailbox after a UID. */
  addMessages(state: MailboxState, afterUid: number): void {
    for (
      let at = lowerBound(state.uids, state.length, afterUid + 1);
      at < state.length;
      at++
    ) {
      const { home, number } = state.contentAt(at);
      this.add(home, number, state.sizes[at]!, 1);
    }
  }

  /** Counts a content so many times. */
  add(home: number, number: number, size: number, count: number): void {
    const known = this.byNumber.get(number);
    if (known === undefined) this.byNumber.set(number, { home, size, count });
    else known.count += count;
  }
}

/** The faults of the contents, given which messages have them. */
export async function verifyContents(
  kv: Deno.Kv,
  files: BodyFiles | undefined,
  references: References,
): Promise<string[]> {
  const faults: string[] = [];
  const expected = await expectedReferences(kv, references);
  for (const [number, { counted, had }] of expected.counts) {
    if (counted !== had) {
      faults.push(
        `content ${number} counts ${counted} messages, ${had} have it`,
      );
    }
  }
  for (const number of expected.twice) {
    faults.push(`content ${number} is counted in two places`);
  }
  const bodies = await readBodies(kv, files, faults);
  const summaries = await summaryNumbers(kv, faults);
  for (const [number, { home, size, count }] of references.byNumber) {
    if (count === 0) continue;
    const body = bodies.get(number) ?? { chunks: 0, bytes: 0, home };
    if (
      body.bytes !== size || body.chunks !== chunksOf(size) ||
      body.home !== home
    ) {
      faults.push(`content ${number} has ${body.bytes} bytes, not ${size}`);
    }
    if (summaries.get(number) !== home) {
      faults.push(`content ${number} has no summary`);
    }
  }
  for (const number of new Set([...bodies.keys(), ...summaries.keys()])) {
    if (!references.byNumber.has(number)) {
      faults.push(`nothing refers to content ${number}`);
    }
  }
  return faults;
}

/** What there is of a source. */
interface Body {
  readonly home: number;
  chunks: number;
  bytes: number;
}

/** All sources, in chunks and in files, by number. */
async function readBodies(
  kv: Deno.Kv,
  files: BodyFiles | undefined,
  faults: string[],
): Promise<Map<number, Body>> {
  const bodies = new Map<number, Body>();
  const inFiles = new Set<string>();
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: ["body"] }, {
      batchSize: 100,
    })
  ) {
    const [, home, number, chunk] = key as [string, number, number, number];
    const body = bodies.get(number) ?? { chunks: 0, bytes: 0, home };
    bodies.set(number, body);
    if (chunk === IN_FILE) {
      inFiles.add(`${home} ${number}`);
      continue;
    }
    if (inFiles.has(`${home} ${number}`)) {
      faults.push(`content ${number} is in a file and in chunks`);
    }
    body.chunks++;
    body.bytes += value.length;
    if (value.length > MAX_VALUE) {
      faults.push(`a chunk of ${number} is too large`);
    }
  }
  for await (const { content, size } of files?.list() ?? []) {
    const { home, number } = content;
    if (!inFiles.has(`${home} ${number}`)) {
      faults.push(`nothing refers to file ${home}-${number}`);
      continue;
    }
    const body = bodies.get(number)!;
    body.bytes = size;
    body.chunks = chunksOf(size);
    if (!files!.mayHave(size)) {
      faults.push(`file ${home}-${number} is smaller than any should be`);
    }
  }
  return bodies;
}

/** How many messages each content counts, what is garbage or shared but not counted yet included. */
async function expectedReferences(
  kv: Deno.Kv,
  references: References,
): Promise<
  { counts: Map<number, { counted: number; had: number }>; twice: number[] }
> {
  for await (const { key, value } of kv.list<Uint8Array>({ prefix: UPLOADS })) {
    const [, home, first] = key as [string, number, number];
    for (const [index, size] of decodeUpload(value).sizes.entries()) {
      references.add(home, first + index, size, 0);
    }
  }
  const deltas = new Map<number, number>();
  const lists: [Deno.KvKey, number][] = [[GARBAGE, -1], [SHARED, 1]];
  for (const [prefix, delta] of lists) {
    for await (const { value } of kv.list<Uint8Array>({ prefix })) {
      for (const { home, number, size } of decodeContents(value).entries) {
        references.add(home, number, size, 0);
        deltas.set(number, (deltas.get(number) ?? 0) + delta);
      }
    }
  }
  const extra = new Map<number, number>();
  const twice: number[] = [];
  for await (
    const { value } of kv.list<Uint8Array>({ prefix: [COUNTS.name] })
  ) {
    for (const [number, count] of COUNTS.decode(value)) {
      if (extra.has(number)) twice.push(number);
      extra.set(number, count);
    }
  }
  const counts = new Map<number, { counted: number; had: number }>();
  for (const number of extra.keys()) {
    if (!references.byNumber.has(number)) {
      counts.set(number, { counted: extra.get(number)! + 1, had: 0 });
    }
  }
  const uploads = await uploadedNumbers(kv);
  for (const [number, { count }] of references.byNumber) {
    if (uploads.has(number)) continue;
    const counted = 1 + (extra.get(number) ?? 0) + (deltas.get(number) ?? 0);
    counts.set(number, { counted, had: count });
  }
  return { counts, twice };
}

async function uploadedNumbers(kv: Deno.Kv): Promise<Set<number>> {
  const numbers = new Set<number>();
  for await (const { key, value } of kv.list<Uint8Array>({ prefix: UPLOADS })) {
    const first = key[2] as number;
    decodeUpload(value).sizes.forEach((_, index) => numbers.add(first + index));
  }
  return numbers;
}

/** The numbers that have a whole summary, and the home of each. */
async function summaryNumbers(
  kv: Deno.Kv,
  faults: string[],
): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  const put = (home: number, number: number) => {
    if (numbers.has(number)) faults.push(`content ${number} has two summaries`);
    numbers.set(number, home);
  };
  const missing = new Map<number, number>();
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: ["summary"] }, {
      batchSize: 100,
    })
  ) {
    const [, home, number, part] = key as [string, number, number, number];
    if (part === 0) {
      put(home, number);
      const { length, start } = decodeSummary(value);
      missing.set(number, length - start.length);
    } else missing.set(number, (missing.get(number) ?? 0) - value.length);
  }
  for (const [number, bytes] of missing) {
    if (bytes !== 0) {
      faults.push(`the summary of content ${number} is not whole`);
    }
  }
  let last: [number, number] = [0, 0];
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: [SUMMARIES.name] }, {
      batchSize: 100,
    })
  ) {
    const [, home, first] = key as [string, number, number];
    for (const number of SUMMARIES.decode(value).keys()) {
      put(home, number);
      if (number < first || last[0] === home && number <= last[1]) {
        faults.push(`the summary of content ${number} is in the wrong page`);
      }
      last = [home, number];
    }
  }
  return numbers;
}
