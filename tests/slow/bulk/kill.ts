/**
 * Commands that are killed half-way.
 *
 * @module
 */

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("../../../mod.ts", import.meta.url));

/** How a command ended. */
export interface Ending {
  /** Whether it was killed, and did not come to its end before. */
  readonly killed: boolean;
  /** Exit status. */
  readonly status: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly err: string;
}

/**
 * Runs a command, and kills it (SIGKILL) as soon as `isTime` says so.
 * @param isTime asked again and again
 */
export async function runAndKill(
  args: readonly string[],
  isTime: () => boolean,
): Promise<Ending> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--unstable-kv", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { IMAPD_SOURCE_PASSWORD: "secret" },
  }).spawn();
  let killed = false;
  const timer = setInterval(() => {
    if (killed || !isTime()) return;
    killed = true;
    child.kill("SIGKILL");
  }, 2);
  const { code, stdout, stderr, signal } = await child.output();
  clearInterval(timer);
  const decoder = new TextDecoder();
  return {
    killed: signal === "SIGKILL",
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

/**
 * Runs a command again and again, killed each time when `size` has grown to one of the marks, and lastly to
 * its end.
 * @param size how far it has come
 * @returns how it ended at last
 */
export async function runThroughKills(
  args: readonly string[],
  marks: readonly number[],
  size: () => number,
): Promise<Ending> {
  let kills = 0;
  for (const mark of marks) {
    const { killed, status, err } = await runAndKill(
      args,
      () => size() >= mark,
    );
    if (killed) kills++;
    else assert(status === 0, err);
  }
  assert(kills > 0, "It was never killed half-way");
  return await runAndKill(args, () => false);
}

/** The size of a file, 0 where there is none. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
