/**
 * Virtual mailboxes that nobody has open, in the order in which they were left.
 *
 * They are kept because they know which message has which UID; when there are too many, the first to have
 * been left goes.
 *
 * @module
 */

import type { VirtualBox } from "./virtual_box.ts";

/** How many messages they may have together. */
const MAX_MESSAGES = 1_000_000;

/** As how many messages a box counts beside those that it has. */
const BOX_WEIGHT = 100;

/** See the module's text. */
export class IdleBoxes {
  readonly #boxes = new Map<VirtualBox, { weight: number; drop: () => void }>();
  readonly #limit: number;
  #weight = 0;

  /** @param limit how many messages they may have together */
  constructor(limit: number = MAX_MESSAGES) {
    this.#limit = limit;
  }

  /** A box has been left by all. */
  add(box: VirtualBox, drop: () => void): void {
    this.remove(box);
    const weight = BOX_WEIGHT + box.state.length;
    this.#boxes.set(box, { weight, drop });
    this.#weight += weight;
    for (const [oldest, { drop }] of this.#boxes) {
      if (this.#weight <= this.#limit) break;
      this.remove(oldest);
      drop();
    }
  }

  /** A box has been opened, or has gone. */
  remove(box: VirtualBox): void {
    const entry = this.#boxes.get(box);
    if (entry === undefined) return;
    this.#boxes.delete(box);
    this.#weight -= entry.weight;
  }
}
