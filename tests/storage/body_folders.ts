/**
 * Folders for large sources, in memory where the system has a place for that: nothing there waits for a disk.
 *
 * @module
 */

import { join } from "@std/path";

const IN_MEMORY = "/dev/shm";

/** Does something with as many new folders as it asks for. */
export async function withBodyFolders<T>(
  action: (make: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const above = await temporary();
  let made = 0;
  try {
    return await action(() => Promise.resolve(join(above, `${made++}`)));
  } finally {
    await Deno.remove(above, { recursive: true });
  }
}

/** A folder of that kind, to be removed by the caller. */
export async function temporary(): Promise<string> {
  const there = await Deno.stat(IN_MEMORY).catch(() => undefined);
  return await Deno.makeTempDir(there?.isDirectory ? { dir: IN_MEMORY } : {});
}

/** All files in a folder, by their paths there. */
export async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const { name, isDirectory } of await entries(folder)) {
    if (!isDirectory) files.push(name);
    else {
      const inside = await filesIn(join(folder, name));
      files.push(...inside.map((file) => join(name, file)));
    }
  }
  return files.sort();
}

async function entries(folder: string): Promise<Deno.DirEntry[]> {
  return await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
}
