/**
 * Moves an account over from another IMAP server, mailbox by mailbox, several at once.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ImapFlow } from "imapflow";
import { join } from "@std/path";
import { compilePattern } from "../../protocol/wire/mailbox_name.ts";
import { type MailboxInfo, StorageError } from "../../storage/model.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { Failures } from "../import/failures.ts";
import { openOrCreate } from "../import/open_or_create.ts";
import { ByteBudget } from "./byte_budget.ts";
import {
  emptyResult,
  type MailboxResult,
  migrateMailbox,
} from "./mailbox_migration.ts";
import {
  type LeftOutMailbox,
  type MailboxPlan,
  planMailboxes,
  type PlannedMailbox,
  type SourceMailbox,
} from "./mailbox_plan.ts";
import { SourceBreaks, SourceGone, SourceRefusal } from "./source_error.ts";
import type { SourcePool } from "./source_pool.ts";
import { MigrationState } from "./state_file.ts";

/** Bytes of messages that may be on their way from the source. */
const BUDGET = 32 * 1_048_576;

/** What is migrated, and how. */
export interface MigrateOptions {
  /** The connections to the source. */
  readonly pool: SourcePool;
  /** How many connections there are: so many mailboxes are worked on at once. */
  readonly connections: number;
  /** The account here; undefined when there is none and none is to be made, in a dry run. */
  readonly account: Account | undefined;
  /** The hierarchy delimiter here. */
  readonly delimiter: string;
  /** The folder of the state, this source's alone. */
  readonly folder: string;
  /** Patterns of names at the source: only these. None for all. */
  readonly include: readonly string[];
  /** Patterns of names at the source: not these. */
  readonly exclude: readonly string[];
  /** The largest message, in bytes. */
  readonly maxMessageSize: number;
  /** Whether to remove what has gone at the source. */
  readonly remove: boolean;
  /** Whether to change nothing. */
  readonly dryRun: boolean;
  /** Told how many messages there are, in all mailboxes. */
  readonly onTotal?: (messages: number) => void;
  /** Told of so many messages that are done with. */
  readonly onProgress?: (messages: number) => void;
}

/** What was done with one mailbox. */
export interface MigratedMailbox extends MailboxResult {
  /** What was planned. */
  readonly planned: PlannedMailbox;
}

/** What was done. */
export interface MigrateResult {
  /** The mailboxes that were finished, in the order of the plan. */
  readonly mailboxes: readonly MigratedMailbox[];
  /** Those that were not begun although nobody said so. */
  readonly leftOut: readonly LeftOutMailbox[];
  /** What could not be done. */
  readonly failures: Failures;
  /** Why it ended before its end, if it did. */
  readonly stopped?: string;
}

/** A pattern that names no mailbox of the source. */
export class NoSuchMailbox extends Error {}

/**
 * Migrates mailboxes.
 * @throws {SourceGone} when the source cannot be reached in the first place
 * @throws {NoSuchMailbox} when a pattern names none
 * @throws {StorageError} OVERQUOTA and whatever else holds for all mailboxes
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const { pool, onTotal } = options;
  const { listed, prefix, foreign } = await pool.run({ ask: listSource });
  const plan = await makePlan(listed, prefix, foreign, options);
  const { mailboxes } = plan;
  onTotal?.(mailboxes.reduce((sum, { messages = 0 }) => sum + messages, 0));
  return await new Migration(options, plan).run();
}

/** A file name for what is kept of something. */
export function stateName(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex")
    .slice(0, 32);
}

interface SourceList {
  readonly listed: readonly SourceMailbox[];
  readonly prefix: string;
  readonly foreign: readonly string[];
}

async function listSource(client: ImapFlow): Promise<SourceList> {
  const listed = await client.list({ statusQuery: { messages: true } });
  const { personal, other, shared } = client.namespaces ?? {};
  return {
    listed: listed.map((mailbox) => ({
      path: mailbox.path,
      delimiter: mailbox.delimiter ?? "",
      flags: mailbox.flags,
      specialUse: mailbox.specialUse,
      specialUseSource: mailbox.specialUseSource,
      subscribed: mailbox.subscribed === true,
      messages: mailbox.status?.messages,
    })),
    prefix: (personal || [])[0]?.prefix ?? "",
    foreign: [...(other || []), ...(shared || [])].map(({ prefix }) => prefix),
  };
}

async function makePlan(
  listed: readonly SourceMailbox[],
  prefix: string,
  foreign: readonly string[],
  options: MigrateOptions,
): Promise<MailboxPlan> {
  const { account, delimiter, include, exclude } = options;
  const local = await account?.mailboxes() ?? [];
  const matches = (pattern: string) => (mailbox: SourceMailbox) =>
    compilePattern(pattern, mailbox.delimiter || "\0")(mailbox.path);
  const included = include.map(matches);
  const excluded = exclude.map(matches);
  for (const [index, test] of included.entries()) {
    if (!listed.some(test)) throw new NoSuchMailbox(include[index]);
  }
  return planMailboxes(listed, {
    prefix,
    foreign,
    delimiter,
    local,
    before: await placesBefore(listed, local, options),
    isExcluded: (mailbox) => excluded.some((test) => test(mailbox)),
    ...(include.length === 0 ? {} : {
      isNamed: (mailbox: SourceMailbox) =>
        included.some((test) => test(mailbox)),
    }),
  });
}

/** Where mailboxes went in a run before, by UIDVALIDITY, which a rename does not change. */
async function placesBefore(
  listed: readonly SourceMailbox[],
  local: readonly MailboxInfo[],
  { folder }: MigrateOptions,
): Promise<Map<string, string>> {
  const names = new Map(local.map(({ name, uidValidity }) => [
    uidValidity,
    name,
  ]));
  const places = new Map<string, string>();
  for (const { path } of listed) {
    const { head } = await MigrationState.open(join(folder, stateName(path)));
    const name = names.get(head?.uidValidity);
    if (head?.path === path && name !== undefined) places.set(path, name);
  }
  return places;
}

/** A migration by its plan. */
class Migration {
  readonly #options: MigrateOptions;
  readonly #plan: MailboxPlan;
  readonly #budget = new ByteBudget(BUDGET);
  readonly #failures = new Failures();
  readonly #results = new Map<PlannedMailbox, MailboxResult>();
  #stopped: string | undefined;
  #failed = false;

  constructor(options: MigrateOptions, plan: MailboxPlan) {
    this.#options = options;
    this.#plan = plan;
  }

  async run(): Promise<MigrateResult> {
    const queue = this.#plan.mailboxes.values();
    const workers = Array.from(
      { length: this.#options.connections },
      () => this.#work(queue),
    );
    const ended = await Promise.allSettled(workers);
    for (const each of ended) {
      if (each.status === "rejected") throw each.reason;
    }
    const mailboxes = this.#plan.mailboxes.flatMap((planned) => {
      const result = this.#results.get(planned);
      return result === undefined ? [] : [{ planned, ...result }];
    });
    const { leftOut } = this.#plan;
    return {
      mailboxes,
      leftOut,
      failures: this.#failures,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    };
  }

  /** Takes one mailbox after the other. */
  async #work(queue: Iterable<PlannedMailbox>): Promise<void> {
    for (const planned of queue) {
      if (this.#stopped !== undefined || this.#failed) return;
      try {
        this.#results.set(planned, await this.#migrate(planned));
      } catch (error) {
        if (error instanceof SourceGone) this.#stopped ??= error.message;
        else if (isOfOneMailbox(error)) {
          this.#failures.add(`mailbox ${planned.path}`, error.message);
        } else {
          this.#failed = true;
          throw error;
        }
      }
    }
  }

  async #migrate(planned: PlannedMailbox): Promise<MailboxResult> {
    const { account, folder, dryRun } = this.#options;
    const { path, name, messages } = planned;
    const state = await MigrationState.open(join(folder, stateName(path)));
    // An empty one is not even looked into.
    if (messages === 0 && state.head === undefined) {
      if (!dryRun) (await this.#open(planned)).close();
      return emptyResult();
    }
    const local = dryRun
      ? { uidValidity: (await account?.mailbox(name))?.uidValidity }
      : () => this.#open(planned);
    return await migrateMailbox({
      pool: this.#options.pool,
      parallel: this.#options.connections + 1,
      budget: this.#budget,
      path,
      state,
      maxMessageSize: this.#options.maxMessageSize,
      remove: this.#options.remove,
      failures: this.#failures,
      onProgress: this.#options.onProgress ?? (() => {}),
    }, local);
  }

  /** Opens the mailbox here, made where it is missing, subscribed and used as it is at the source. */
  async #open(planned: PlannedMailbox): Promise<Mailbox> {
    const account = this.#options.account!;
    const { name, specialUse, subscribed } = planned;
    // A use that another mailbox has here stays with that one.
    const wanted = specialUse === undefined || await this.#isUsed(specialUse)
      ? []
      : [specialUse];
    const mailbox = await openOrCreate(account, name, { specialUse: wanted });
    const info = await account.mailbox(name);
    if (subscribed && info?.subscribed === false) {
      await account.updateMailbox(name, { subscribed });
    }
    if (wanted.length > 0 && info?.specialUse.length === 0) {
      await account.updateMailbox(name, { specialUse: wanted });
    }
    return mailbox;
  }

  async #isUsed(specialUse: string): Promise<boolean> {
    const use = specialUse.toLowerCase();
    return (await this.#options.account!.mailboxes()).some((mailbox) =>
      mailbox.specialUse.some((own) => own.toLowerCase() === use)
    );
  }
}

/** What holds for one mailbox and not for the others. */
function isOfOneMailbox(error: unknown): error is Error {
  return error instanceof SourceRefusal || error instanceof SourceBreaks ||
    error instanceof StorageError && ["CANNOT", "LIMIT"].includes(error.code);
}
