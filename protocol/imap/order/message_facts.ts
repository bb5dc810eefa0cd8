/**
 * What the header of a message says of its place among others.
 *
 * @module
 */

import { type Address, parseAddresses } from "../../mime/address.ts";
import { type BaseSubject, baseSubject } from "../../mime/base_subject.ts";
import { decodeUnlabelled } from "../../mime/bytes.ts";
import { parseDate } from "../../mime/date.ts";
import { decodeWords } from "../../mime/encoded_word.ts";
import { unfold } from "../../mime/header.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import { messageIds } from "../../mime/message_id.ts";
import { KEPT_FIELDS } from "../kept_fields.ts";
import type { Summary } from "../summary.ts";
import type { MailboxState } from "../../../storage/mailbox_state.ts";

/** Fields of addresses that are looked at. */
export type AddressField = "from" | "to" | "cc";

/** The fields that are looked at. */
type FactField =
  | AddressField
  | "date"
  | "subject"
  | "message-id"
  | "in-reply-to"
  | "references";

const NUMBERS = new Map([...KEPT_FIELDS].map((name, number) => [name, number]));

/** See the module's text. Nothing is read that is not asked for. */
export class MessageFacts {
  readonly #state: MailboxState;
  readonly #uid: number;
  readonly #fields: Uint8Array;
  /** Where values begin and end: pairs, by the number of the field's name. */
  readonly #places: number[][] = [];
  #subject: BaseSubject | undefined;
  readonly #addresses = new Map<AddressField, Address | undefined>();

  /**
   * Looks at the header fields of a message.
   * @param state the mailbox that it is in
   */
  constructor(state: MailboxState, uid: number, summary: Summary) {
    this.#state = state;
    this.#uid = uid;
    this.#fields = summary.fields;
    summary.eachField((name, _, from, to) => {
      (this.#places[name] ??= []).push(from, to);
    });
  }

  /** The sent date (RFC 5256 § 2.2): milliseconds since 1970, by the Date field, or else when it arrived. */
  get sent(): number {
    const value = this.#first("date");
    const date = value === undefined ? undefined : parseDate(value);
    if (date !== undefined) return date.time;
    const row = this.#state.indexOf(this.#uid);
    // Of a message that has gone meanwhile nobody will ask.
    return row < 0 ? 0 : this.#state.internalDates[row]!;
  }

  /** The base subject, encoded words decoded (RFC 5256 § 2.1). */
  get subject(): BaseSubject {
    return this.#subject ??= baseSubject(
      decodeWords(this.#first("subject") ?? ""),
    );
  }

  /** The first address of a field, or group (RFC 5256 § 3); undefined where there is none. */
  firstAddress(field: AddressField): Address | undefined {
    if (!this.#addresses.has(field)) {
      this.#addresses.set(field, this.#firstAddress(field));
    }
    return this.#addresses.get(field);
  }

  #firstAddress(field: AddressField): Address | undefined {
    const places = this.#placesOf(field);
    // As in ENVELOPE, the addresses of several fields add up.
    let left = MIME_LIMITS.maxSortBytes;
    for (let at = 0; at < places.length && left > 0; at += 2) {
      const [first] = parseAddresses(this.#value(places, at, left), 1);
      if (first !== undefined) return first;
      left -= places[at + 1]! - places[at]!;
    }
    return undefined;
  }

  /** Its own Message ID, normalized; undefined where it has no valid one. */
  get messageId(): string | undefined {
    return this.#ids("message-id")[0];
  }

  /**
   * The Message IDs that it refers to, the first of the thread first (RFC 5256 § 3, REFERENCES). Of very many those in
   * the middle are left out: the first name the thread, the last ones the parent, and the messages between say
   * themselves where they belong.
   */
  get references(): string[] {
    const references = this.#ids("references");
    if (references.length === 0) return this.#ids("in-reply-to").slice(0, 1);
    const { maxReferences } = MIME_LIMITS;
    const left = references.length - maxReferences;
    if (left > 0) references.splice(maxReferences / 2, left);
    return references;
  }

  /** The Message IDs of a field: of one that is too long, those at either end. */
  #ids(field: "message-id" | "in-reply-to" | "references"): string[] {
    const [from, to] = this.#placesOf(field);
    if (from === undefined || to === undefined) return [];
    const { maxFieldBytes } = MIME_LIMITS;
    if (to - from <= maxFieldBytes) return messageIds(this.#text(from, to));
    const half = maxFieldBytes / 2;
    return [
      ...messageIds(this.#text(from, from + half)),
      ...messageIds(this.#text(to - half, to)),
    ];
  }

  /** The value of the first field of a name, as far as it is looked at; undefined where there is none. */
  #first(field: FactField): string | undefined {
    const places = this.#placesOf(field);
    return places.length === 0
      ? undefined
      : this.#value(places, 0, MIME_LIMITS.maxSortBytes);
  }

  #placesOf(field: FactField): readonly number[] {
    return this.#places[NUMBERS.get(field)!] ?? [];
  }

  #value(places: readonly number[], at: number, maxBytes: number): string {
    const from = places[at]!;
    const to = Math.min(places[at + 1]!, from + maxBytes);
    return this.#text(from, to);
  }

  #text(from: number, to: number): string {
    return unfold(decodeUnlabelled(this.#fields, from, to));
  }
}
