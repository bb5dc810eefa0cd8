/**
 * Signatures of the messages of mailboxes, as far as there is room: made by the search that reads a message, asked by
 * the searches after it.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { Host } from "../../host.ts";
import { type Index, IndexRoom, indexRoomOf } from "../index_room.ts";
import type { Signature } from "./signature.ts";

/** What a signature takes beside its bytes. */
const OVERHEAD = 120;

/** Signatures of one mailbox, by UID: messages never change. */
export class TextIndex implements Index {
  readonly #room: IndexRoom;
  readonly #fields = new Map<number, Signature>();
  readonly #texts = new Map<number, Signature>();
  #size = 0;
  #isFull = false;

  /** Nothing is known yet. */
  constructor(room: IndexRoom) {
    this.#room = room;
  }

  /** Bytes of all signatures. */
  get size(): number {
    return this.#size;
  }

  /** Whether there was no room for a signature, so that it is not worth its while to make others. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** The signature of a message's header fields that summaries keep. */
  fields(uid: number): Signature | undefined {
    return this.#fields.get(uid);
  }

  /** The signature of all of a message that TEXT looks at. */
  text(uid: number): Signature | undefined {
    return this.#texts.get(uid);
  }

  /** Notes {@linkcode fields}, if there is room. */
  noteFields(uid: number, signature: Signature): void {
    this.#note(this.#fields, uid, signature);
  }

  /** Notes {@linkcode text}, if there is room. */
  noteText(uid: number, signature: Signature): void {
    this.#note(this.#texts, uid, signature);
  }

  /** Forgets messages that are gone, once they are many. */
  prune(state: MailboxState): void {
    for (const signatures of [this.#fields, this.#texts]) {
      if (signatures.size <= state.length * 1.25 + 100) continue;
      for (const [uid, signature] of signatures) {
        if (state.indexOf(uid) >= 0) continue;
        signatures.delete(uid);
        this.#resize(-signature.byteLength - OVERHEAD);
      }
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#fields.clear();
    this.#texts.clear();
    this.#resize(-this.#size);
  }

  #note(
    signatures: Map<number, Signature>,
    uid: number,
    signature: Signature,
  ): void {
    if (signatures.has(uid)) return;
    const bytes = signature.byteLength + OVERHEAD;
    this.#isFull = !this.#room.makeRoom(this, bytes);
    if (this.#isFull) return;
    signatures.set(uid, signature);
    this.#resize(bytes);
  }

  #resize(by: number): void {
    if (by < 0) this.#isFull = false;
    this.#size += by;
    this.#room.size += by;
  }
}

/** The indexes of all mailboxes, within a bound. */
export class TextIndexes {
  readonly #room: IndexRoom;
  readonly #ofStates = new WeakMap<MailboxState, TextIndex>();

  /** @param room what they share, or how many bytes all of them may take */
  constructor(room: IndexRoom | number) {
    this.#room = typeof room === "number" ? new IndexRoom(room) : room;
  }

  /** How many bytes all of them take. */
  get size(): number {
    return this.#room.size;
  }

  /** The index of a mailbox, which is about to be searched. */
  of(state: MailboxState): TextIndex {
    let index = this.#ofStates.get(state);
    if (index === undefined) {
      this.#ofStates.set(state, index = new TextIndex(this.#room));
    }
    this.#room.use(index);
    index.prune(state);
    return index;
  }
}

const ofHosts = new WeakMap<Host, TextIndexes>();

/** The indexes of a server; undefined where there is no room for any, so that no message is signed in vain. */
export function textIndexesOf(host: Host): TextIndexes | undefined {
  const room = indexRoomOf(host);
  if (room === undefined) return undefined;
  let indexes = ofHosts.get(host);
  if (indexes === undefined) {
    ofHosts.set(host, indexes = new TextIndexes(room));
  }
  return indexes;
}
