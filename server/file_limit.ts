/**
 * How many files the process may have open: Deno does not survive having none left, so connections must
 * not use them up.
 *
 * @module
 */

/** Files for everything that is no connection: the database, the log, connections that are turned away. */
const RESERVED = 128;

/** The most connections that leave enough files, or undefined where the limit cannot be known. */
export async function connectionsThatFit(): Promise<number | undefined> {
  const path = "/proc/self/limits";
  if (Deno.build.os !== "linux") return undefined;
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") return undefined;
  let limits: string;
  try {
    limits = await Deno.readTextFile(path);
  } catch {
    // Not every sandbox shows it, and not every set of permissions allows it.
    return undefined;
  }
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Math.max(1, Number(soft) - RESERVED);
}
