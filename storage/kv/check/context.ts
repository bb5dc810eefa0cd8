/**
 * What the parts of a check share.
 *
 * @module
 */

import type { Database } from "../database.ts";
import { keySize } from "../keys.ts";
import type { FileList } from "./bodies.ts";
import type { Finding } from "./finding.ts";

/** How far a check has come. */
export interface CheckProgress {
  /** What is being looked at. */
  readonly phase: "names" | "mailboxes" | "contents";
  /** How many have been. */
  readonly done: number;
  /** How many there are. */
  readonly total: number;
}

/** Where a mailbox is in an account. */
export interface Carrier {
  /** Whose it is. */
  readonly user: string;
  /** Its name, for people. */
  readonly name: string;
  /** The number of the level that carries it. */
  readonly node: number;
  /** UIDVALIDITY as the name has it. */
  readonly uidValidity: number;
}

/** See the module's text. */
export interface CheckContext {
  /** The files with sources that there were when the pass began. */
  readonly files: FileList;
  /** The database, which nobody else uses. */
  readonly kv: Deno.Kv;
  /** The same, as the storage writes it. */
  readonly db: Database;
  /** Whether what is found is repaired. */
  readonly repair: boolean;
  /** Makes the summary of a source. */
  readonly summarize: (source: Uint8Array) => Uint8Array;
  /** Repairs on their way. */
  readonly writer: RepairWriter;
  /** Notes something that was found. */
  readonly found: (finding: Finding) => void;
  /** Tells how far it has come. */
  readonly progress: (progress: CheckProgress) => void;
  /** All accounts. */
  readonly users: Set<string>;
  /** The mailboxes that accounts have. */
  readonly carriers: Map<number, Carrier>;
  /** The mailboxes that are deleted and not cleared away yet. */
  readonly dead: Set<number>;
  /** Accounts that have lost names, of which one may have been that of a mailbox. */
  readonly nameless: Set<string>;
  /** Accounts of which messages may have got lost; contents that nobody has may be theirs. */
  readonly damaged: Set<string>;
}

/** Gathers writes and commits them when there are enough. Nobody else writes, so that nothing is checked. */
export class RepairWriter {
  readonly #kv: Deno.Kv;
  #operation: Deno.AtomicOperation;
  #mutations = 0;
  #bytes = 0;

  /** Nothing to write yet. */
  constructor(kv: Deno.Kv) {
    this.#kv = kv;
    this.#operation = kv.atomic();
  }

  /** Writes a value, or deletes it where there is null. */
  async write(key: Deno.KvKey, value: Uint8Array | null): Promise<void> {
    if (value === null) this.#operation.delete(key);
    else this.#operation.set(key, value);
    // Keys have a limit of their own, a tenth of that of all bytes.
    this.#bytes += (value?.length ?? 0) + 10 * keySize(key);
    if (++this.#mutations >= 500 || this.#bytes > 500_000) await this.flush();
  }

  /** Writes all that has been gathered. */
  async flush(): Promise<void> {
    if (this.#mutations === 0) return;
    await this.#operation.commit();
    this.#operation = this.#kv.atomic();
    this.#mutations = 0;
    this.#bytes = 0;
  }
}

/** What decodes, or undefined: of a value that is broken nothing is believed. */
export function tryDecode<T>(
  value: unknown,
  decode: (bytes: Uint8Array) => T,
): T | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    return decode(value);
  } catch {
    return undefined;
  }
}

/** The users, of all second parts of the keys of a kind. */
export async function* usersIn(
  kv: Deno.Kv,
  kind: string,
): AsyncGenerator<string, void> {
  for await (const part of secondParts(kv, kind)) {
    if (typeof part === "string") yield part;
  }
}

/** The numbers, of all second parts of the keys of a kind. */
export async function* numbersIn(
  kv: Deno.Kv,
  kind: string,
): AsyncGenerator<number, void> {
  for await (const part of secondParts(kv, kind)) {
    if (typeof part === "number") yield part;
  }
}

/** The different second parts of the keys of a kind, found without reading all that lies between. */
async function* secondParts(
  kv: Deno.Kv,
  kind: string,
): AsyncGenerator<Deno.KvKeyPart | undefined, void> {
  let from: { start?: Deno.KvKey } = {};
  for (;;) {
    const [entry] = await Array.fromAsync(
      kv.list({ prefix: [kind], ...from } as Deno.KvListSelector, { limit: 1 }),
    );
    if (entry === undefined) return;
    const part = entry.key[1];
    yield part;
    if (typeof part === "string") from = { start: [kind, `${part}\0`] };
    else if (typeof part === "number") from = { start: [kind, part + 0.5] };
    else from = { start: [...entry.key, 0] };
  }
}
