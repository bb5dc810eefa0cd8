/**
 * Files of sources that are open for reading, as many as are wanted again and again.
 *
 * @module
 */

import { closeSync, openSync, readSync } from "node:fs";
import type { ContentId } from "../model.ts";
import { isMissing } from "./files.ts";

/** How many are open at the most. */
const MAX_OPEN = 64;

/** See the module's text. */
export class BodyHandles {
  readonly #pathsOf: (content: ContentId) => readonly string[];
  /** By the content's number; what was read last is the last. */
  readonly #open = new Map<number, number>();

  /** @param pathsOf where a file may be, in the order in which to look */
  constructor(pathsOf: (content: ContentId) => readonly string[]) {
    this.#pathsOf = pathsOf;
  }

  /** Reads into `bytes` from a place on; how many have been read, 0 where there are none. */
  read(content: ContentId, bytes: Uint8Array, position: number): number {
    const handle = this.#handleOf(content);
    if (handle === undefined) return 0;
    return readSync(handle, bytes, 0, bytes.length, position);
  }

  /** Closes a file that is open. */
  close({ number }: ContentId): void {
    const handle = this.#open.get(number);
    if (handle === undefined) return;
    this.#open.delete(number);
    closeSync(handle);
  }

  /** Closes all files. */
  closeAll(): void {
    for (const handle of this.#open.values()) closeSync(handle);
    this.#open.clear();
  }

  #handleOf(content: ContentId): number | undefined {
    const { number } = content;
    let handle = this.#open.get(number);
    if (handle !== undefined) this.#open.delete(number);
    else handle = this.#find(content);
    if (handle === undefined) return undefined;
    this.#open.set(number, handle);
    if (this.#open.size > MAX_OPEN) {
      const [oldest] = this.#open;
      this.#open.delete(oldest![0]);
      closeSync(oldest![1]);
    }
    return handle;
  }

  #find(content: ContentId): number | undefined {
    for (const path of this.#pathsOf(content)) {
      try {
        return openSync(path, "r");
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return undefined;
  }
}
