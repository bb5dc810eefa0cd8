/**
 * Keeps a database file to one process: two that write it would hold each other up and fail.
 *
 * @module
 */

import { dirname } from "@std/path";

/** A database that another process has open. */
export class DatabaseInUse extends Error {
  /** Says so of a database. */
  constructor(path: string, pid: string) {
    const who = pid === "" ? "Another process" : `Process ${pid}`;
    super(
      `${who} has the database ${path} open: stop the server that runs on it first`,
    );
    this.name = "DatabaseInUse";
  }
}

/** A lock on a database, given back when it is disposed of or when the process ends, however it does. */
export class DatabaseLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks the database at a path by the file `PATH.lock` beside it, which stays; its folder, for the
   * owner alone, is made where it is missing.
   * @throws {DatabaseInUse} when another process has it
   */
  static async take(path: string): Promise<DatabaseLock> {
    // Mail is for its owner's eyes.
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await Deno.open(`${path}.lock`, {
      create: true,
      read: true,
      write: true,
      mode: 0o600,
    });
    try {
      if (!await file.tryLock(true)) {
        throw new DatabaseInUse(path, await readPid(file));
      }
      await file.truncate();
      await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    } catch (error) {
      file.close();
      throw error;
    }
    return new DatabaseLock(file);
  }

  /** Gives the lock back. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Who has the lock, for people; empty when the file does not tell. */
async function readPid(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(20);
  const count = await file.read(bytes) ?? 0;
  return /^\d+/.exec(new TextDecoder().decode(bytes.subarray(0, count)))?.[0] ??
    "";
}
