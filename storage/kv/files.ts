/**
 * What files need to be there after a crash, and gone when they have been removed.
 *
 * @module
 */

/** Whether there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    (error as { code?: unknown } | undefined)?.code === "ENOENT";
}

/** Whether there is something at a path. */
export function isThere(path: string): Promise<boolean> {
  return unlessMissing(Deno.lstat(path));
}

/** Removes a file; false when there was none. */
export function unlink(path: string): Promise<boolean> {
  return unlessMissing(Deno.remove(path));
}

/** Whether what is done with a file is done; false when there is none. */
async function unlessMissing(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Has the names in a folder on the disk. Windows has no such call, and keeps them in its journal. */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** Something that is done once for all who ask for it before it begins. */
export class GroupedTask {
  readonly #task: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** Nothing under way. */
  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Settles when the task has been done from its beginning. */
  run(): Promise<void> {
    this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#running = this.#next!;
      this.#next = undefined;
      return this.#task();
    });
    return this.#next;
  }
}
