/**
 * Numbers that are never given twice, whatever process asks.
 *
 * @module
 */

import { StorageError } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import type { Committer } from "./commit.ts";
import { counterKey } from "./keys.ts";

const VERSION = 1;
const MAX_ATTEMPTS = 50;

/** A counter in the database, of which blocks of numbers are reserved. What a crash leaves unused is lost. */
export class Counter {
  readonly #kv: Deno.Kv;
  readonly #committer: Committer;
  readonly #key: Deno.KvKey;
  readonly #block: number;
  #next = 1;
  #end = 1;
  /** How many wait for numbers to be reserved, each in its turn. */
  #reserving = 0;
  #turn: Promise<void> = Promise.resolve();

  /** A counter of this name that reserves so many numbers at a time. */
  constructor(kv: Deno.Kv, committer: Committer, name: string, block: number) {
    this.#kv = kv;
    this.#committer = committer;
    this.#key = counterKey(name);
    this.#block = block;
  }

  /** Takes so many numbers, which follow one another, and returns the first. */
  take(count: number): number | Promise<number> {
    if (!this.#reserving && this.#end - this.#next >= count) {
      const first = this.#next;
      this.#next += count;
      return first;
    }
    return this.#takeInTurn(count);
  }

  #takeInTurn(count: number): Promise<number> {
    this.#reserving++;
    const taken = this.#turn.then(async () => {
      if (this.#end - this.#next < count) await this.#reserve(count);
      const first = this.#next;
      this.#next += count;
      return first;
    });
    this.#turn = taken.then(() => {}, () => {}).then(() => {
      this.#reserving--;
    });
    return taken;
  }

  async #reserve(count: number): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const entry = await this.#kv.get<Uint8Array>(this.#key);
      const first = entry.value === null ? 1 : decodeCounter(entry.value);
      const end = first + Math.max(count, this.#block);
      const value = new ByteWriter(9).u8(VERSION).f64(end).bytes();
      const { ok } = await this.#committer.write([[this.#key, value]], [entry]);
      if (!ok) continue;
      // What is left of the last block is used up only when this one follows it.
      if (first !== this.#end) this.#next = first;
      this.#end = end;
      return;
    }
    throw new StorageError("UNAVAILABLE", "No number could be reserved");
  }
}

/** The first number that nobody has reserved. */
export function decodeCounter(bytes: Uint8Array): number {
  return new ByteReader(bytes).version(VERSION).f64();
}
