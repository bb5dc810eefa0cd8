/**
 * Room in memory for what has been found out about messages and spares the next command the reading: shared by the
 * indexes of all mailboxes, and by all kinds of them.
 *
 * @module
 */

import type { Host } from "../host.ts";

/** What has been found out about the messages of a mailbox. */
export interface Index {
  /** How many bytes it takes. */
  readonly size: number;
  /** Forgets everything. */
  clear(): void;
}

/** A bound for some indexes: which was not used for longest goes first. */
export class IndexRoom {
  readonly #room: number;
  /** Those with anything in them, the one used last at the end. */
  readonly #used = new Set<Index>();
  /** How many bytes all of them take; each of them keeps it up to date. */
  size = 0;

  /** @param room how many bytes all of them may take */
  constructor(room: number) {
    this.#room = room;
  }

  /** An index is about to be used. */
  use(index: Index): void {
    if (this.#used.delete(index)) this.#used.add(index);
  }

  /** Makes room for bytes that an index is about to take; false where there is none without what it has already. */
  makeRoom(index: Index, bytes: number): boolean {
    if (index.size + bytes > this.#room) return false;
    this.#used.delete(index);
    this.#used.add(index);
    for (const other of this.#used) {
      if (other === index || this.size + bytes <= this.#room) break;
      other.clear();
      this.#used.delete(other);
    }
    return true;
  }
}

const ofHosts = new WeakMap<Host, IndexRoom>();

/** The room of a server; undefined where there is none, so that nothing is made to be kept in vain. */
export function indexRoomOf(host: Host): IndexRoom | undefined {
  if (!host.searchMemory) return undefined;
  let room = ofHosts.get(host);
  if (room === undefined) {
    ofHosts.set(host, room = new IndexRoom(host.searchMemory));
  }
  return room;
}
