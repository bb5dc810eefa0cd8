/**
 * Checks contents: that each message has its own, whole and with a summary, that each counts its messages,
 * and that there are none that no message has.
 *
 * @module
 */

import { FILE_RECORD } from "../body_files.ts";
import { COUNTS, SUMMARIES } from "../collect.ts";
import { changePages, type PageKind } from "../pack.ts";
import { summaryWrites } from "../contents.ts";
import { bodyFileKey } from "../keys.ts";
import { type Body, readBodies, readBody, readSingles } from "./bodies.ts";
import { type CheckContext, numbersIn } from "./context.ts";
import { forgetChanges, type UncountedChanges } from "./counts.ts";
import { checkPages } from "./packed.ts";
import type { ContentReferences, Reference } from "./references.ts";

/** A content, or the beginning of one, that is to be a message of its own. */
export interface FoundContent {
  /** The mailbox in which it first arrived. */
  readonly home: number;
  /** Its number. */
  readonly number: number;
  /** How much of it there is. */
  readonly bytes: number;
  /** Whether messages refer to it, with which it goes. */
  readonly referred: boolean;
}

/** What is to be done about messages once all contents have been checked. */
export interface ContentsOutcome {
  /** Contents that are to become messages. */
  readonly found: readonly FoundContent[];
  /** Messages that lack their content, by mailbox. */
  readonly lacking: ReadonlyMap<number, readonly number[]>;
  /** How many contents there are. */
  readonly contents: number;
  /** The size of the smallest that is in a file, or Infinity. */
  readonly smallestInFile: number;
  /** The highest number of a content, or of a record about contents. */
  readonly highest: number;
}

const KINDS = ["body", "summary", SUMMARIES.name, COUNTS.name];

/**
 * Checks all contents.
 * @param given contents that have been given up: they go without a word
 */
export async function checkContents(
  context: CheckContext,
  references: ContentReferences,
  changes: UncountedChanges,
  given: ReadonlySet<number>,
): Promise<ContentsOutcome> {
  const { kv } = context;
  const homes = references.homes();
  for (const home of changes.homes()) homes.add(home);
  for (const home of context.files.keys()) homes.add(home);
  for (const kind of KINDS) {
    for await (const home of numbersIn(kv, kind)) {
      homes.add(home);
    }
  }
  const check = new ContentsCheck(context, references, changes, given);
  for (const home of [...homes].sort((a, b) => a - b)) {
    await check.checkHome(home);
  }
  await check.finish();
  return {
    found: check.found,
    lacking: check.lacking,
    contents: check.contents,
    smallestInFile: check.smallestInFile,
    highest: Math.max(check.highest, changes.lastSerial),
  };
}

/** What there is of a content. */
interface Parts {
  readonly home: number;
  readonly number: number;
  readonly messages: readonly Reference[];
  readonly body: Body | undefined;
  /** Whether the summary that is not packed is whole; undefined when there is none. */
  readonly single: boolean | undefined;
  readonly packed: boolean;
  readonly extra: number | undefined;
}

class ContentsCheck {
  readonly found: FoundContent[] = [];
  readonly lacking = new Map<number, number[]>();
  contents = 0;
  smallestInFile = Infinity;
  highest = 0;
  readonly #context: CheckContext;
  readonly #references: ContentReferences;
  readonly #changes: UncountedChanges;
  readonly #given: ReadonlySet<number>;
  /** Contents that count wrong, by home: how many messages they have. */
  readonly #counts = new Map<number, Map<number, number>>();
  readonly #forget = new Set<number>();
  #messages = 0;

  constructor(
    context: CheckContext,
    references: ContentReferences,
    changes: UncountedChanges,
    given: ReadonlySet<number>,
  ) {
    this.#context = context;
    this.#references = references;
    this.#changes = changes;
    this.#given = given;
  }

  async checkHome(home: number): Promise<void> {
    const { kv } = this.#context;
    const extras = await checkPages(
      this.#context,
      COUNTS,
      home,
      (count) => count,
    );
    const packed = await checkPages(this.#context, SUMMARIES, home, () => true);
    const singles = await readSingles(kv, home);
    const files = this.#context.files.get(home) ?? new Map();
    const bodies = await readBodies(kv, home, files);
    const references = this.#references.of(home);
    const uncounted = this.#changes.of(home);
    const removed: number[] = [];
    const unpacked: number[] = [];
    const all = [extras, packed, singles, bodies, references, uncounted];
    for (const number of new Set(all.flatMap((map) => [...map.keys()]))) {
      this.highest = Math.max(this.highest, number);
      const parts: Parts = {
        home,
        number,
        messages: references.get(number) ?? [],
        body: bodies.get(number),
        single: singles.get(number),
        packed: packed.has(number),
        extra: extras.get(number),
      };
      if (parts.messages.length === 0) {
        if (this.#checkUnused(parts)) removed.push(number);
        continue;
      }
      this.contents++;
      this.#messages += parts.messages.length;
      const done = this.#messages;
      const total = this.#references.length;
      this.#context.progress({ phase: "contents", done, total });
      this.#checkBody(parts);
      await this.#checkFile(parts);
      if (await this.#checkSummary(parts)) unpacked.push(number);
      this.#checkCount(parts);
    }
    if (!this.#context.repair) return;
    await this.#context.writer.flush();
    await removeContents(this.#context, home, removed);
    await changeValues(
      this.#context,
      SUMMARIES,
      home,
      unpacked,
      () => undefined,
    );
    const counts = this.#counts.get(home);
    if (counts === undefined) return;
    // Rather too much than too little, until what is not counted yet has been forgotten.
    await changeValues(
      this.#context,
      COUNTS,
      home,
      counts.keys(),
      (n, before) => {
        const garbage = uncounted.get(n)?.garbage ?? 0;
        return Math.max(before ?? 0, counts.get(n)! - 1 + garbage) || undefined;
      },
    );
  }

  /** Puts the counts right. */
  async finish(): Promise<void> {
    const context = this.#context;
    if (!context.repair) return;
    await forgetChanges(context, this.#forget);
    for (const [home, counts] of this.#counts) {
      await changeValues(
        context,
        COUNTS,
        home,
        counts.keys(),
        (number) => counts.get(number)! - 1 || undefined,
      );
    }
  }

  /** How many messages a content says that it has. */
  #countedOf({ home, number, extra = 0 }: Parts): number {
    const uncounted = this.#changes.of(home).get(number);
    return 1 + extra + (uncounted?.shared ?? 0) - (uncounted?.garbage ?? 0);
  }

  /** A content that no message has; whether it is to be removed. */
  #checkUnused(parts: Parts): boolean {
    const { home, number, body } = parts;
    if (this.#given.has(number)) {
      this.#forget.add(number);
      return true;
    }
    if (body?.file?.arriving && !body.recorded) {
      this.#context.found({
        kind: "unfinished",
        where: `file ${home}-${number}`,
        what: "its message never came to be stored",
        repair: "removed it",
      });
      return true;
    }
    // The collector will come by.
    if (this.#countedOf(parts) === 0) return false;
    this.#forget.add(number);
    const bytes = body?.bytes ?? 0;
    const { damaged, found } = this.#context;
    const kept = damaged.size > 0 && bytes > 0;
    found({
      kind: "content",
      where: `content ${number} of mailbox ${home}`,
      what: `no message has it, ${bytes} bytes`,
      repair: kept ? "put it into Lost+Found/Messages" : "removed it",
    });
    if (kept) this.found.push({ home, number, bytes, referred: false });
    return !kept;
  }

  #checkBody({ home, number, body, messages }: Parts): void {
    const { bytes = 0, torn = false } = body ?? {};
    const lacking = messages.filter(({ size, mailbox }) =>
      (size !== bytes || torn) && !this.#context.dead.has(mailbox)
    );
    for (const { mailbox, uid, size } of lacking) {
      this.#context.found({
        kind: "message",
        where: `UID ${uid} in ${this.#nameOf(mailbox)}`,
        what: bytes === 0
          ? `its source of ${size} bytes is missing`
          : `its source has ${bytes} bytes, not ${size}`,
        repair: bytes === 0
          ? "removed the message"
          : "put what there is into Lost+Found/Messages",
      });
      const uids = this.lacking.get(mailbox);
      if (uids === undefined) this.lacking.set(mailbox, [uid]);
      else uids.push(uid);
    }
    if (lacking.length === 0 || bytes === 0) return;
    this.found.push({ home, number, bytes, referred: true });
  }

  /** A file that the database does not know of; those that it knows and has not are in `#checkBody`. */
  async #checkFile({ home, number, body, messages }: Parts): Promise<void> {
    const { found, repair, writer, db } = this.#context;
    if (body?.file === undefined) return;
    for (const { size } of messages) {
      this.smallestInFile = Math.min(this.smallestInFile, size);
    }
    if (body.recorded) return;
    const isInChunks = await this.#hasChunks(home, number);
    found({
      kind: "content",
      where: `content ${number} of mailbox ${home}`,
      what: isInChunks
        ? "there is a file of its name, too"
        : "it is in a file that the database does not know of",
      repair: isInChunks ? "removed the file" : "recorded it",
    });
    if (!repair) return;
    if (isInChunks) await db.files!.remove([{ home, number }]);
    else await writer.write(bodyFileKey({ home, number }), FILE_RECORD);
  }

  async #hasChunks(home: number, number: number): Promise<boolean> {
    const prefix: Deno.KvKey = ["body", home, number];
    const chunks = this.#context.kv.list({ prefix }, { limit: 1 });
    return (await Array.fromAsync(chunks)).length > 0;
  }

  /** A summary, of which there has to be one; whether it is to go from its page. */
  async #checkSummary(parts: Parts): Promise<boolean> {
    const { home, number, body, single, packed } = parts;
    const { kv, found, repair, writer, summarize } = this.#context;
    if (single === undefined ? packed : single && !packed) return false;
    const twice = packed && single === true;
    found({
      kind: "summary",
      where: `content ${number} of mailbox ${home}`,
      what: twice
        ? "there are two summaries"
        : single === false
        ? "the summary is not whole"
        : "there is no summary",
      repair: twice || packed ? "removed one" : "made it anew",
    });
    if (!repair || twice) return twice;
    for await (
      const { key } of kv.list({ prefix: ["summary", home, number] })
    ) {
      await writer.write(key, null);
    }
    if (packed) return false;
    const source = await readBody(
      this.#context,
      home,
      number,
      body?.bytes ?? 0,
    );
    const summary = summarize(source);
    for (const [key, value] of summaryWrites(home, number, summary)) {
      await writer.write(key, value);
    }
    return false;
  }

  #checkCount(parts: Parts): void {
    const { home, number, messages } = parts;
    const counted = this.#countedOf(parts);
    if (counted === messages.length) return;
    this.#context.found({
      kind: "references",
      where: `content ${number} of mailbox ${home}`,
      what: `it counts ${counted} messages, ${messages.length} have it`,
      repair: "counted anew",
    });
    this.#forget.add(number);
    const counts = this.#counts.get(home);
    if (counts === undefined) {
      this.#counts.set(home, new Map([[number, messages.length]]));
    } else counts.set(number, messages.length);
  }

  #nameOf(mailbox: number): string {
    const carrier = this.#context.carriers.get(mailbox);
    return carrier === undefined
      ? `mailbox ${mailbox}`
      : `${carrier.name} of ${carrier.user}`;
  }
}

/** Removes contents of a home with all that there is of them. */
export async function removeContents(
  context: CheckContext,
  home: number,
  numbers: readonly number[],
): Promise<void> {
  const { kv, writer } = context;
  for (const number of numbers) {
    for (const kind of ["body", "summary"]) {
      for await (const { key } of kv.list({ prefix: [kind, home, number] })) {
        await writer.write(key, null);
      }
    }
  }
  // Their keys before: what is without one is found again.
  await writer.flush();
  await context.db.files?.remove(numbers.map((number) => ({ home, number })));
  for (const kind of [SUMMARIES, COUNTS] as PageKind<unknown>[]) {
    await changeValues(context, kind, home, numbers, () => undefined);
  }
}

/** Changes what the pages of a home say of some numbers. */
async function changeValues<V>(
  { kv, writer }: CheckContext,
  kind: PageKind<V>,
  home: number,
  numbers: Iterable<number>,
  change: (number: number, before: V | undefined) => V | undefined,
): Promise<void> {
  const changes = new Map(
    Array.from(numbers, (number) => [
      number,
      (before: V | undefined) => change(number, before),
    ]),
  );
  for await (const { writes } of changePages(kv, kind, home, changes)) {
    for (const [key, value] of writes) await writer.write(key, value);
  }
  await writer.flush();
}
