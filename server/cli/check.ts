/**
 * `imapd check`: looks for what is broken in a database, and repairs it.
 *
 * @module
 */

import { summarize } from "../../protocol/imap/summary.ts";
import type {
  CheckProgress,
  CheckResult,
  Finding,
} from "../../storage/kv/check/mod.ts";
import { isDatabaseFile } from "../config.ts";
import { DatabaseLock } from "../lock.ts";
import {
  type Arguments,
  type CliCommand,
  CommandError,
  UsageError,
} from "./arguments.ts";
import { DATABASE_OPTIONS, databaseConfig, databasePath } from "./database.ts";
import { type ProgressBar, progressBar } from "./progress.ts";
import { print, printable } from "./terminal.ts";

/** How many findings are told one by one. */
const MAX_TOLD = 10_000;

/** See the module's text. */
export const checkCommand: CliCommand = {
  name: "check",
  summary: "look for what is broken in the database, and repair it",
  usage: ["check [--repair] [--json] [OPTIONS]"],
  about: [
    "Reads the whole database and prints a line for everything that is wrong: values that cannot be " +
    "read, wrong counts, messages without their source, sources without a message, mailboxes " +
    "without an account. Without --repair nothing is changed, but for what a crash has left in the " +
    "journal, which is brought in.",
    "--repair makes anew what follows from something else, and says what it did. What has lost its " +
    "place goes below Lost+Found of the user whose it is; what may be anybody's, into the account " +
    "lost+found. A message goes only when its source has gone; what is left of that is kept in " +
    "Lost+Found/Messages. Make a copy of the database and of its folder .bodies before.",
    "Exit status: 0 all is well, or all was repaired; 1 faults are left.",
    "The database has one process: stop the server before, and every server where it is one over a " +
    "network.",
  ],
  options: [
    ...DATABASE_OPTIONS,
    { name: "repair", help: "repair what is found" },
    { name: "json", help: "print the result as JSON" },
  ],
  needsKv: true,
  readsInput: false,
  run,
};

async function run(args: Arguments): Promise<number> {
  if (args.operands.length > 0) {
    throw new UsageError(`check takes no operand ${args.operands[0]}`);
  }
  const path = databasePath(await databaseConfig(args));
  const repair = args.flag("repair");
  const findings: Finding[] = [];
  let count = 0;
  const result = await withDatabase(path, async (kv) => {
    // Loaded here: a command that opens no database has no use for it.
    const { checkDatabase } = await import("../../storage/kv/check/mod.ts");
    const { bodyFolder } = await import("../../storage/kv/open.ts");
    using bar = await progressBar({
      label: "names",
      total: 0,
      unit: "messages",
    });
    return await checkDatabase(kv, {
      repair,
      bodyFolder: await bodyFolder(path),
      summarize,
      onFinding: (finding) => {
        if (++count <= MAX_TOLD) findings.push(finding);
      },
      onProgress: showOn(bar),
    });
  });
  const untold = count - findings.length;
  if (args.flag("json")) {
    print(JSON.stringify({ ...result, repair, findings, untold }));
  } else tell(result, findings, untold, repair);
  return result.left > 0 ? 1 : 0;
}

/** Does something with a database that nobody else uses meanwhile. */
async function withDatabase<T>(
  path: string,
  action: (kv: Deno.Kv) => Promise<T>,
): Promise<T> {
  const onDisk = isDatabaseFile(path);
  if (onDisk && !await isThere(path)) {
    throw new CommandError(`There is no database ${path}`);
  }
  using _lock = onDisk ? await DatabaseLock.take(path) : undefined;
  const { openKv } = await import("../../storage/kv/open.ts");
  const { kv } = await openKv(path).catch((cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`The database ${path} does not open: ${reason}`, {
      cause,
    });
  });
  try {
    return await action(kv);
  } finally {
    kv.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function showOn(bar: ProgressBar): (progress: CheckProgress) => void {
  let shown: CheckProgress["phase"] | undefined;
  return ({ phase, done, total }) => {
    if (phase !== shown) {
      shown = phase;
      bar.setLabel(phase);
      bar.setTotal(total);
    }
    bar.set(done);
  };
}

function tell(
  { accounts, mailboxes, messages, contents, faults, left }: CheckResult,
  findings: readonly Finding[],
  untold: number,
  repair: boolean,
): void {
  for (const { where, what, repair: done } of findings) {
    print(printable(`${where}: ${what}${repair ? `: ${done}` : ""}`));
  }
  if (untold > 0) print(`and ${untold} more`);
  print(
    `${accounts} accounts, ${mailboxes} mailboxes, ${messages} messages with ` +
      `${contents} contents`,
  );
  if (faults === 0) print("All is well");
  else if (left === 0) print(`${faults} faults repaired`);
  else if (repair) print(`${faults} faults found, ${left} of them are left`);
  else print(`${faults} faults; --repair repairs them`);
}
