/**
 * What a migration has done, in lines or as JSON.
 *
 * @module
 */

import type { MigratedMailbox, MigrateResult } from "../migrate/migrator.ts";
import { print, printable, printError } from "./terminal.ts";

/** How to tell it. */
export interface ReportOptions {
  /** How long it took. */
  readonly seconds: number;
  /** Whether as JSON. */
  readonly json: boolean;
  /** Whether nothing was changed. */
  readonly dryRun: boolean;
}

const COUNTS = [
  "copied",
  "bytes",
  "alreadyThere",
  "flagsChanged",
  "deleted",
  "refused",
] as const;

/** Prints what was done; returns the exit status. */
export function reportMigration(
  result: MigrateResult,
  { seconds, json, dryRun }: ReportOptions,
): number {
  const { mailboxes, leftOut, failures, stopped } = result;
  if (json) {
    const sums = COUNTS.map((count) => [
      count,
      mailboxes.reduce((sum, each) => sum + each[count], 0),
    ]);
    print(JSON.stringify({
      dryRun,
      ...Object.fromEntries(sums),
      seconds,
      mailboxes: mailboxes.map(({ planned, ...counts }) => ({
        source: planned.path,
        mailbox: planned.name,
        specialUse: planned.specialUse,
        specialUseBy: planned.specialUseBy,
        ...counts,
      })),
      leftOut,
      failed: failures.count,
      failures: failures.named,
      stopped,
    }));
  } else for (const each of mailboxes) print(describe(each, dryRun));
  for (const { path, reason } of leftOut) {
    printError(`imapd: left out ${printable(path)}: ${reason}`);
  }
  for (const { planned, keywordsLeftOut } of mailboxes) {
    if (keywordsLeftOut.length === 0) continue;
    const text = `${planned.path}: left out keywords: ` +
      keywordsLeftOut.join(" ");
    printError(`imapd: ${printable(text)}`);
  }
  for (const { what, reason } of failures.named) {
    printError(`imapd: passed over ${printable(`${what}: ${reason}`)}`);
  }
  const unnamed = failures.count - failures.named.length;
  if (unnamed > 0) printError(`imapd: passed over ${unnamed} more`);
  if (stopped !== undefined) {
    printError(
      `imapd: ${printable(stopped)}; run again, and it goes on from here`,
    );
  }
  return failures.count > 0 || stopped !== undefined ? 1 : 0;
}

function describe(each: MigratedMailbox, dryRun: boolean): string {
  const { planned: { path, name, specialUse, specialUseBy } } = each;
  const use = specialUse === undefined
    ? ""
    : ` (${specialUse}${specialUseBy === "name" ? ", by its name" : ""})`;
  const parts = [`${each.copied} messages (${each.bytes} bytes)`];
  if (each.alreadyThere > 0) {
    parts.push(`${each.alreadyThere} were there already`);
  }
  if (each.flagsChanged > 0) parts.push(`${each.flagsChanged} flags changed`);
  if (each.deleted > 0) parts.push(`${each.deleted} removed`);
  const to = path === name ? "" : ` into ${name}`;
  const would = dryRun ? "would copy " : "";
  return printable(`${path}${use}${to}: ${would}${parts.join(", ")}`);
}
