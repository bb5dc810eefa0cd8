/**
 * How far an import has come, in a small file, so that one that was killed goes on.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { Failure } from "./failures.ts";

/** How far an import of one source into one mailbox has come. */
export interface Progress {
  /** The mailbox's UIDVALIDITY: in another mailbox of the name, the import begins anew. */
  readonly uidValidity: number;
  /** The mailbox's UIDNEXT when all up to `position`, and no more of this import, was in it. */
  readonly uidNext: number;
  /** The position behind the last message of which that is certain; none at the beginning. */
  readonly position?: string;
  /** How many messages that were. */
  readonly messages: number;
  /** How many messages up to `position` were passed over, and the first of them. */
  readonly failures?: {
    readonly count: number;
    readonly named: readonly Failure[];
  };
}

/** The progress of imports, by a key for each. */
export class ProgressFile {
  readonly #path: string;
  readonly #entries: Map<string, Progress>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: Map<string, Progress>) {
    this.#path = path;
    this.#entries = entries;
  }

  /** Reads the file; one that is not there, or is none, is empty. */
  static async open(path: string): Promise<ProgressFile> {
    const entries = new Map<string, Progress>();
    try {
      const read: unknown = JSON.parse(await Deno.readTextFile(path));
      for (const [key, value] of Object.entries(read ?? {})) {
        if (isProgress(value)) entries.set(key, value);
      }
    } catch (error) {
      const none = error instanceof Deno.errors.NotFound ||
        error instanceof SyntaxError;
      if (!none) throw error;
    }
    return new ProgressFile(path, entries);
  }

  /** The progress of an import. */
  get(key: string): Progress | undefined {
    return this.#entries.get(key);
  }

  /** Keeps the progress of an import; the file is whole at every moment, and on disk before this returns. */
  set(key: string, progress: Progress): Promise<void> {
    this.#entries.set(key, progress);
    return this.#write();
  }

  /** Forgets imports that have come to their end; the file goes when none is left. */
  delete(keys: Iterable<string>): Promise<void> {
    for (const key of keys) this.#entries.delete(key);
    return this.#write();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#entries.size === 0) {
        await Deno.remove(this.#path).catch(ignoreNotFound);
        return;
      }
      await Deno.mkdir(dirname(this.#path), { recursive: true });
      const text = JSON.stringify(Object.fromEntries(this.#entries));
      await replaceFile(this.#path, text);
    });
    return this.#writing;
  }
}

/** Puts something in the place of a file, or makes it: it is the old or the new one, whatever happens. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
): Promise<void> {
  const next = `${path}.new`;
  {
    using file = await Deno.open(next, {
      create: true,
      write: true,
      truncate: true,
      mode: 0o600,
    });
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    for (let at = 0; at < bytes.length;) {
      at += await file.write(bytes.subarray(at));
    }
    await file.syncData();
  }
  await Deno.rename(next, path);
}

function isProgress(value: unknown): value is Progress {
  if (typeof value !== "object" || value === null) return false;
  const { uidValidity, uidNext, position, messages, failures } =
    value as Progress;
  return [uidValidity, uidNext, messages].every(Number.isSafeInteger) &&
    (position === undefined || typeof position === "string") &&
    (failures === undefined ||
      Number.isSafeInteger(failures?.count) && Array.isArray(failures?.named));
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
