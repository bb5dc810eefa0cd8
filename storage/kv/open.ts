/**
 * Opening a database, with what there is to open one.
 *
 * @module
 */

import { dirname } from "@std/path";
import { replayJournal } from "./journal/replay.ts";
import { openNpmKv } from "./npm_kv.ts";

/** What opened a database. */
export type KvProvider = "deno" | "npm";

/** An open database. */
export interface OpenedKv {
  /** The database. */
  readonly kv: Deno.Kv;
  /**
   * `deno` is `Deno.openKv`, which is there with `--unstable-kv`; `npm` is `@deno/kv`, which works without
   * but is about half as fast.
   */
  readonly provider: KvProvider;
}

/** Whether a path names a database over the network. */
export function isRemote(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** Whether a path names a file, rather than memory or something over the network. */
export function isFile(path: string): boolean {
  return path !== ":memory:" && !isRemote(path);
}

/**
 * The folder for large sources of a database at a path: `PATH.bodies`, where that is a file and we may write beside
 * it.
 */
export async function bodyFolder(path: string): Promise<string | undefined> {
  if (!isFile(path)) return undefined;
  const folder = `${path}.bodies`;
  return await isOurs(folder) ? folder : undefined;
}

/** The journal of a database that is open: `PATH.journal`, where that is a file and we may write beside it. */
export async function journalPath(path: string): Promise<string | undefined> {
  if (!isFile(path)) return undefined;
  if (!await isOurs(`${path}.journal`)) return undefined;
  // Whoever comes to the database by another name comes to the same journal.
  return `${await Deno.realPath(path)}.journal`;
}

async function isOurs(path: string): Promise<boolean> {
  for (const name of ["read", "write"] as const) {
    const { state } = await Deno.permissions.query({ name, path });
    if (state !== "granted") return false;
  }
  return true;
}

/**
 * Opens a database; makes the folders above a file, and brings in what a crash has left in its journal.
 * @param path a file, `:memory:`, or the URL of a KV Connect server
 */
export async function openKv(path: string): Promise<OpenedKv> {
  if (isFile(path)) await Deno.mkdir(dirname(path), { recursive: true });
  const opened = await openHandle(path);
  try {
    const journal = await journalPath(path);
    if (journal !== undefined) await replayJournal(opened.kv, journal);
    return opened;
  } catch (error) {
    opened.kv.close();
    throw error;
  }
}

/** Opens one more handle on a database that is open already. */
export async function openHandle(path: string): Promise<OpenedKv> {
  return typeof Deno.openKv === "function"
    ? { kv: await Deno.openKv(path), provider: "deno" }
    : { kv: await openNpmKv(path), provider: "npm" };
}
