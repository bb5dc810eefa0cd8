/**
 * The Message IDs by which messages refer to one another: each a number, the same for the same ID.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Column } from "./column.ts";
import type { MessageFacts } from "./message_facts.ts";
import { ReferenceLists } from "./reference_lists.ts";
import { StringNumbers } from "./string_numbers.ts";
import { UidNumbers } from "./uid_numbers.ts";

/** What the list of a message takes beside the numbers in it, in bytes. */
const LIST = 16;

/** See the module's text. */
export class ReferenceColumn implements Column {
  readonly #places = new UidNumbers();
  readonly #numbers = new StringNumbers();
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
    return !Number.isNaN(this.#places.get(uid));
  }

  note(uid: number, facts: MessageFacts): number {
    const { messageId, references } = facts;
    const { bytes } = this.#numbers;
    const numberOf = (id: string): number => {
      let number = this.#numbers.get(id);
      if (number === undefined) {
        // A part of a string would keep the whole of it in memory.
        number = this.#numbers.add(Buffer.from(id).toString());
      }
      return number;
    };
    const own = messageId === undefined ? -1 : numberOf(messageId);
    const place = this.lists.add(own, references.map(numberOf));
    return this.#numbers.bytes - bytes + LIST + 4 * references.length +
      this.#places.set(uid, place);
  }

  /** The place of the list of a message that is known. */
  placeOf(uid: number): number {
    return this.#places.get(uid);
  }
}
