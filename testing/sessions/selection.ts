/**
 * What a client knows of the mailbox that it has selected: numbers, UIDs, flags.
 *
 * @module
 */

import type { ClientModel } from "./client_model.ts";
import { must, type World } from "./world.ts";

/** A message that the client has been told of. It keeps its slot when numbers before it go. */
export interface Slot {
  /** Its UID, once that has been told. */
  uid: number | undefined;
  /** Its flags in small letters, as far as they have been told; without `\Recent`. */
  flags: ReadonlySet<string> | undefined;
  /** Whether it is `\Recent`, once that has been told. */
  recent: boolean | undefined;
  /** What its content says, once that has been read. */
  token: string | undefined;
  /** Whether it was there when the mailbox was selected. */
  readonly old: boolean;
  /** Whether it has been reported as expunged. */
  gone: boolean;
  /** Whether it may be one that has been reported by a UID that the client did not know. */
  doubtful: boolean;
}

/**
 * See the module's text. Where there are no sequence numbers (RFC 9586), the messages whose UIDs are not known stand
 * behind the others: there is but their count.
 *
 * Each method takes note of what the server says, or throws what law that breaks.
 */
export class Selection {
  /** Whether by EXAMINE. */
  readonly readOnly: boolean;
  /** The messages: number n is `slots[n - 1]`, where there are numbers. Undefined before EXISTS. */
  slots: Slot[] | undefined;
  /** UIDVALIDITY. */
  uidValidity = 0;
  /** UIDNEXT as SELECT has told it. */
  uidNext = 0;
  /** Keywords in small letters that FLAGS has told. */
  keywords: ReadonlySet<string> | undefined;
  /** Between what numbers the number of `\Recent` messages is. */
  recent: [number, number] = [0, 0];
  readonly #world: World;
  readonly #rev2: boolean;
  readonly #uidOnly: boolean;
  readonly #since: number;

  /** @param since when the client asked for the mailbox */
  constructor(
    client: Pick<ClientModel, "world" | "rev2" | "uidOnly">,
    readOnly: boolean,
    since: number,
  ) {
    this.#world = client.world;
    this.readOnly = readOnly;
    this.#rev2 = client.rev2;
    this.#uidOnly = client.uidOnly;
    this.#since = since;
  }

  /** EXISTS never shrinks (RFC 9051 § 7.4.1, § 5.2). */
  exists(number: number): void {
    const old = this.slots === undefined;
    this.slots ??= [];
    must(
      number >= this.slots.length,
      `EXISTS ${number} after ${this.slots.length} messages`,
    );
    while (this.slots.length < number) {
      this.slots.push({
        uid: undefined,
        flags: undefined,
        recent: this.#rev2 ? false : undefined,
        token: undefined,
        old,
        gone: false,
        doubtful: false,
      });
    }
  }

  /** RECENT (RFC 3501 § 7.3.2); IMAP4rev2 has none. */
  recentIs(number: number): void {
    must(!this.#rev2, "RECENT in IMAP4rev2");
    must(number <= (this.slots?.length ?? 0), "More are recent than exist");
    this.recent = [number, number];
  }

  /** The slot that a number names. */
  at(number: number): Slot {
    const slot = this.slots?.[number - 1];
    must(
      slot !== undefined,
      `Number ${number} of ${this.slots?.length} messages`,
    );
    return slot;
  }

  /** The slot of a message that is named by UID alone (RFC 9586 § 3.3). */
  named(uid: number): Slot {
    const slots = this.slots ?? [];
    const known = slots.find((slot) => slot.uid === uid);
    if (known !== undefined) return known;
    const [slot] = this.#mayBe(uid);
    slots.splice(slots.indexOf(slot), 1);
    const behind = slots.findIndex((s) => (s.uid ?? Infinity) > uid);
    slots.splice(behind < 0 ? slots.length : behind, 0, slot);
    this.learnUid(slot, uid);
    return slot;
  }

  /** The slots that a UID may be that of, which is of none that is known. */
  #mayBe(uid: number): [Slot, ...Slot[]] {
    const slots = this.slots!;
    let first = 0;
    let end = slots.length;
    if (!this.#uidOnly) {
      first = slots.findLastIndex((s) => (s.uid ?? Infinity) < uid) + 1;
      end = first;
      while (end < slots.length && slots[end]!.uid === undefined) end++;
    }
    const [one, ...more] = slots.slice(first, end).filter((slot) =>
      slot.uid === undefined && slot.old === (uid < this.uidNext)
    );
    must(one !== undefined, `UID ${uid} is that of no message`);
    return [one, ...more];
  }

  /** EXPUNGE: the numbers behind move. */
  expunge(number: number): Slot {
    const slot = this.at(number);
    this.slots!.splice(number - 1, 1);
    slot.gone = true;
    if (slot.uid !== undefined) {
      this.#world.hasGone(this.uidValidity, slot.uid);
    }
    if (slot.recent !== false) this.recent[0] = Math.max(0, this.recent[0] - 1);
    if (slot.recent === true) this.recent[1]--;
    return slot;
  }

  /** The slots where those are unknown that have no place of their own stand for what of some UIDs is not known. */
  among(uids: Iterable<number>): readonly Slot[] {
    if (!this.#uidOnly) return this.slots!;
    const unknown = this.slots!.filter((slot) => slot.uid === undefined);
    const known = new Map(this.slots!.map((slot) => [slot.uid, slot]));
    known.delete(undefined);
    const placed: Slot[] = [];
    for (const uid of uids) {
      const slot = known.get(uid) ?? unknown.shift();
      if (slot !== undefined) placed.push(slot);
      known.delete(uid);
    }
    return [...placed, ...known.values(), ...unknown];
  }

  /** The number of the message whose UID the client knows. */
  numberOf(uid: number): number {
    return this.slots!.findIndex((slot) => slot.uid === uid) + 1;
  }

  /**
   * Makes sure that a message which is said to go has its UID. Where several may be the one, it does not matter which,
   * as long as the client takes nothing for known that it has been told of one of them alone.
   * @returns whether there were several
   */
  vanish(uid: number): boolean {
    if (this.ofUid(uid) !== undefined) return false;
    const may = this.#mayBe(uid);
    for (const slot of may) {
      slot.doubtful = may.length > 1;
      slot.flags = undefined;
      slot.token = undefined;
      if (!this.#rev2) slot.recent = undefined;
    }
    if (this.#uidOnly) this.named(uid);
    else this.learnUid(may[0], uid);
    return may.length > 1;
  }

  /** A message's UID: it never changes, and UIDs ascend (RFC 9051 § 2.3.1.1). */
  learnUid(slot: Slot, uid: number): void {
    if (slot.uid === uid) return;
    const slots = this.slots!;
    const number = slots.indexOf(slot) + 1;
    must(slot.uid === undefined, `Number ${number} is ${slot.uid} and ${uid}`);
    const before = slots.slice(0, number - 1).findLast((s) => s.uid)?.uid ?? 0;
    const after = slots.slice(number).find((s) => s.uid)?.uid ?? Infinity;
    must(before < uid && uid < after, `${before} < ${uid} < ${after}`);
    must(
      slot.old === (uid < this.uidNext),
      `UID ${uid} with UIDNEXT ${this.uidNext} when it was selected`,
    );
    this.#world.isThere(this.uidValidity, uid, this.#since);
    slot.uid = uid;
    slot.doubtful = false;
    if (slot.recent) this.#claim(slot);
    if (slot.token !== undefined) this.learnToken(slot, slot.token);
  }

  /** What a message's content says: always the same. */
  learnToken(slot: Slot, token: string): void {
    slot.token ??= token;
    must(slot.token === token, `A message is ${slot.token} and ${token}`);
    if (slot.uid === undefined) return;
    this.#world.hasContent(this.uidValidity, slot.uid, token);
  }

  /** A message's flags. */
  learnFlags(slot: Slot, flags: readonly string[]): void {
    const lower = new Set(flags.map((flag) => flag.toLowerCase()));
    must(lower.size === flags.length, "A flag is there twice");
    const recent = lower.delete("\\recent");
    must(!recent || !this.#rev2, "\\Recent in IMAP4rev2");
    must((slot.recent ?? recent) === recent, "\\Recent has come or gone");
    slot.recent = recent;
    if (recent) this.#claim(slot);
    for (const flag of lower) {
      const told = flag.startsWith("\\") || this.keywords!.has(flag);
      must(told, `FLAGS has not told ${flag}`);
    }
    slot.flags = lower;
  }

  /** The slot of a UID, if the client knows that it is there; undefined when it may be that of a slot. */
  ofUid(uid: number): Slot | undefined {
    const slots = this.slots!;
    const known = slots.find((slot) => slot.uid === uid);
    if (known === undefined) this.#mayBe(uid);
    return known;
  }

  #claim(slot: Slot): void {
    if (slot.uid === undefined || this.readOnly) return;
    this.#world.isRecent(this.uidValidity, slot.uid, this);
  }
}
