/**
 * A server to be measured.
 *
 * @module
 */

import type { Account } from "./client.ts";

/** A server that runs and can be logged into. */
export interface Target extends Account, AsyncDisposable {
  /** The head of its column. */
  readonly name: string;
  /** What is to be known about its version and settings. */
  readonly note: string;
  /** Stops and starts it on the same data; absent for a server that somebody else started. */
  readonly restart?: () => Promise<void>;
  /** Port of IMAP over TLS; 0 or absent where there is none. */
  readonly tlsPort?: number;
  /** Further ports, by what is spoken there, such as `lmtp`; absent where none is known. */
  readonly ports?: ReadonlyMap<string, number>;
  /** Its log file; absent for a server that somebody else started. */
  readonly log?: string;
  /** Its processes, now; absent for a server that somebody else started. */
  readonly processes?: () => number[];
}

/** A server that this program starts; what one that it only talks to lacks is there. */
export type OwnTarget =
  & Target
  & Required<Pick<Target, "restart" | "log" | "processes">>;

/** Returns a TCP port of the loopback interface that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until something accepts connections at the port; throws after `timeout` milliseconds. */
export async function untilListening(
  port: number,
  timeout = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Returns the process and all that descend from it, as /proc has them. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of Deno.readDirSync("/proc")) {
    const pid = Number(entry.name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      // pid (name) state ppid ...; the name may hold spaces and parentheses.
      const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(pid, Number(rest[1]));
    } catch { /* it ended meanwhile */ }
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) {
      if (parent === pid) tree.push(child);
    }
  }
  return tree;
}

/** Memory of some processes together, in KiB. */
export interface Memory {
  /** Resident set sizes; pages shared by several processes count several times. */
  readonly rss: number;
  /** Proportional set sizes; shared pages are divided among those who share them. */
  readonly pss: number;
}

/** Returns the memory of the processes; those that may not be looked at are left out. */
export function memoryOf(processes: readonly number[]): Memory {
  let rss = 0, pss = 0;
  for (const pid of processes) {
    try {
      const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
      rss += Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
      pss += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    } catch { /* it ended, or belongs to another user */ }
  }
  return { rss, pss };
}
