/**
 * Messages that are in a mailbox and of which nothing is written down: a program was killed between the
 * commit and its note of it. They are known by a hash of their bytes, and each is found once.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Uid, UidList } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";

/** See the module's text. */
export class Leftovers {
  readonly #uids = new Map<string, Uid[]>();

  /** Reads the messages with these UIDs; those that are gone are passed over. */
  static async read(mailbox: Mailbox, uids: UidList): Promise<Leftovers> {
    const leftovers = new Leftovers();
    if (uids.length === 0) return leftovers;
    for await (const batch of mailbox.readSources(uids)) {
      for (const { uid, bytes } of batch) leftovers.#note(hashOf(bytes), uid);
    }
    // Taken from the end, and so in the order in which they came.
    for (const list of leftovers.#uids.values()) list.reverse();
    return leftovers;
  }

  /** How many different messages there are to be found. */
  get size(): number {
    return this.#uids.size;
  }

  /** Finds a message and takes it out: its UID, or undefined when it is not among them. */
  take(source: Uint8Array): Uid | undefined {
    if (this.#uids.size === 0) return undefined;
    const hash = hashOf(source);
    const list = this.#uids.get(hash);
    const uid = list?.pop();
    if (list?.length === 0) this.#uids.delete(hash);
    return uid;
  }

  #note(hash: string, uid: Uid): void {
    const list = this.#uids.get(hash);
    if (list === undefined) this.#uids.set(hash, [uid]);
    else list.push(uid);
  }
}

function hashOf(source: Uint8Array): string {
  return createHash("sha256").update(source).digest("base64");
}
