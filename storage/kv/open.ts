/**
 * Opening a database, with what there is to open one.
 *
 * @module
 */

import { dirname } from "@std/path";
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
  for (const name of ["read", "write"] as const) {
    const { state } = await Deno.permissions.query({ name, path: folder });
    if (state !== "granted") return undefined;
  }
  return folder;
}

/**
 * Opens a database; makes the folders above a file.
 * @param path a file, `:memory:`, or the URL of a KV Connect server
 */
export async function openKv(path: string): Promise<OpenedKv> {
  if (isFile(path)) await Deno.mkdir(dirname(path), { recursive: true });
  if (typeof Deno.openKv === "function") {
    return { kv: await Deno.openKv(path), provider: "deno" };
  }
  return { kv: await openNpmKv(path), provider: "npm" };
}
