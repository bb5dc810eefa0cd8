/**
 * The Message IDs by which messages refer to one another: each a number, the same for the same ID.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Column } from "./column.ts";
import type { MessageFacts } from "./message_facts.ts";
import { ReferenceLists } from "./reference_lists.ts";

/** What an entry takes, in bytes, and an ID beside its text. */
const ENTRY = 48, STRING = 96;

/** See the module's text. */
export class ReferenceColumn implements Column {
  readonly #places = new Map<number, number>();
  readonly #numbers = new Map<string, number>();
  /** What the messages refer to, by the places of their lists. */
  readonly lists: ReferenceLists = new ReferenceLists();

  get length(): number {
    return this.#places.size;
  }

  /** How many IDs there are: their numbers are below that. */
  get ids(): number {
    return this.#numbers.size;
  }

  has(uid: number): boolean {
    return this.#places.has(uid);
  }

  note(uid: number, facts: MessageFacts): number {
    const { messageId, references } = facts;
    let bytes = ENTRY + 4 * references.length;
    const numberOf = (id: string): number => {
      let number = this.#numbers.get(id);
      if (number === undefined) {
        number = this.#numbers.size;
        // A part of a string would keep the whole of it in memory.
        this.#numbers.set(Buffer.from(id).toString(), number);
        bytes += STRING + 2 * id.length;
      }
      return number;
    };
    const own = messageId === undefined ? -1 : numberOf(messageId);
    this.#places.set(uid, this.lists.add(own, references.map(numberOf)));
    return bytes;
  }

  /** The place of the list of a message that is known. */
  placeOf(uid: number): number {
    return this.#places.get(uid)!;
  }
}
