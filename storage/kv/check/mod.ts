/**
 * Checks a whole database that nobody else uses, and repairs it.
 *
 * A pass goes from names to mailboxes to contents; each part goes by what the one before has made sure of.
 * What can be decoded is believed, what cannot is removed, and everything that is made from something else
 * (counts, summaries, how many messages share a content) is made anew where it does not fit. Nothing that a
 * message has goes; what may have been a message's and has lost it goes below `Lost+Found`. A repair is
 * passes until one finds nothing more.
 *
 * In memory are 24 bytes for each message of the database, and what belongs to one mailbox at a time.
 *
 * @module
 */

import { DEFAULT_STORAGE_LIMITS } from "../../limits.ts";
import { BodyFiles } from "../body_files.ts";
import { Committer } from "../commit.ts";
import { ContentReader } from "../content_reader.ts";
import { Counter } from "../counter.ts";
import { Threads } from "../threads.ts";
import { ALONE } from "../freshness.ts";
import { NO_LOCKS } from "../locks.ts";
import type { Database, Settings } from "../database.ts";
import { readFiles } from "./bodies.ts";
import { checkContents } from "./contents.ts";
import { checkSmallest } from "./smallest.ts";
import {
  type CheckContext,
  type CheckProgress,
  RepairWriter,
} from "./context.ts";
import { checkCounter, checkMailboxNumbers } from "./counters.ts";
import { checkCopies, checkLists, checkUploads } from "./counts.ts";
import type { Finding } from "./finding.ts";
import { checkMailboxes } from "./mailboxes.ts";
import { checkMetadata } from "./metadata.ts";
import { checkAccounts } from "./names.ts";
import { checkSecret, checkThreads } from "./threads.ts";
import { clearAway, recoverMessages } from "./recover.ts";
import { ContentReferences } from "./references.ts";

export type { CheckProgress } from "./context.ts";
export type { Finding, FindingKind } from "./finding.ts";

/** Options of {@linkcode checkDatabase}. */
export interface CheckOptions {
  /** Whether what is found is repaired. */
  readonly repair: boolean;
  /** The folder for large sources, where there may be one. */
  readonly bodyFolder?: string | undefined;
  /** Makes the summary of a source, for messages that lack it. */
  readonly summarize: (source: Uint8Array) => Uint8Array;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Told what is found, when it is found. In a repair, what later passes find as well. */
  readonly onFinding?: (finding: Finding) => void;
  /** Told how far it has come. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** What a check came to. */
export interface CheckResult {
  /** Accounts, mailboxes, messages and contents, as the last pass found them. */
  readonly accounts: number;
  readonly mailboxes: number;
  readonly messages: number;
  readonly contents: number;
  /** How much was found in all; what is merely unfinished is not among it. */
  readonly faults: number;
  /** How much of that is left. */
  readonly left: number;
}

/** A repair may bring to light what was hidden; after so many passes it has failed. */
const MAX_PASSES = 4;
/** Numbers that a repair reserves at a time. */
const NUMBERS = 16;

/**
 * Checks a database.
 * @param kv a database that nobody else uses
 */
export async function checkDatabase(
  kv: Deno.Kv,
  options: CheckOptions,
): Promise<CheckResult> {
  let faults = 0;
  for (let pass = 1;; pass++) {
    const { left, unfinished, ...totals } = await runPass(kv, options);
    faults += left;
    const last = !options.repair || left + unfinished === 0 ||
      pass === MAX_PASSES;
    if (last) return { ...totals, faults, left };
  }
}

async function runPass(
  kv: Deno.Kv,
  options: CheckOptions,
): Promise<Omit<CheckResult, "faults"> & { unfinished: number }> {
  let left = 0;
  let unfinished = 0;
  await using stack = new AsyncDisposableStack();
  const context = await contextOf(kv, options, stack, (finding) => {
    if (finding.kind === "unfinished") unfinished++;
    else left++;
    options.onFinding?.(finding);
  });
  const { writer, repair } = context;
  const references = new ContentReferences();
  const given = new Set<number>();
  await checkMailboxNumbers(context);
  await checkAccounts(context);
  const mailboxes = await checkMailboxes(context, references, given);
  await writer.flush();
  await checkMetadata(context);
  await checkThreads(context);
  await checkSecret(context);
  const changes = await checkLists(context);
  await checkUploads(context, given);
  await checkCopies(context);
  await writer.flush();
  const outcome = await checkContents(context, references, changes, given);
  await checkSmallest(context, outcome.smallestInFile);
  await checkCounter(context, "content", outcome.highest);
  if (repair && left + unfinished > 0) {
    await recoverMessages(context, outcome);
    await clearAway(context);
  }
  return {
    accounts: context.users.size,
    mailboxes,
    messages: references.length,
    contents: outcome.contents,
    left,
    unfinished,
  };
}

async function contextOf(
  kv: Deno.Kv,
  { repair, bodyFolder, summarize, now = Date.now, onProgress }: CheckOptions,
  stack: AsyncDisposableStack,
  found: (finding: Finding) => void,
): Promise<CheckContext> {
  // What fails here fails the check: nobody else is told.
  const onFault = () => {};
  const committer = new Committer(kv, {
    maxChecks: 10,
    remote: false,
    freshness: ALONE,
    locks: NO_LOCKS,
    onFault,
  });
  const { maxMessageSize, ...limits } = DEFAULT_STORAGE_LIMITS;
  const settings: Settings = {
    hierarchyDelimiter: "/",
    // What has been taken once is taken again.
    limits: { ...limits, maxMessageSize: Math.max(maxMessageSize, 2 ** 32) },
    now,
    shared: false,
    sole: true,
    maxCachedMessages: 0,
    gracePeriod: 0,
    foldRecords: 512,
    foldBytes: 128_000,
    onFault,
  };
  const files = bodyFolder === undefined
    ? undefined
    : await BodyFiles.open(kv, committer, {
      folder: bodyFolder,
      // What a repair adds goes into the database.
      from: Infinity,
      sole: true,
      onFault,
    });
  if (files !== undefined) stack.defer(() => files.close());
  const db: Database = {
    reader: kv,
    contents: new ContentReader(kv, files, 0),
    files,
    committer,
    freshness: ALONE,
    link: undefined,
    mailboxNumbers: new Counter(kv, committer, "mailbox", NUMBERS),
    contentNumbers: new Counter(kv, committer, "content", NUMBERS),
    threads: new Threads(kv, committer, settings),
    settings,
  };
  return {
    files: await readFiles(files),
    kv,
    db,
    repair,
    summarize,
    writer: new RepairWriter(kv),
    found,
    progress: onProgress ?? (() => {}),
    users: new Set(),
    carriers: new Map(),
    dead: new Set(),
    nameless: new Set(),
    damaged: new Set(),
  };
}
