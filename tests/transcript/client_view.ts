/**
 * What a careful client knows of a connection, so that no transcript has to say it: a response that would
 * break that client is a fault of the server in whatever script it comes.
 *
 * @module
 */

import type { Response } from "../../testing/responses/response.ts";
import { isSequenceSet } from "./sequence_set.ts";
import type { Value } from "../../testing/responses/value.ts";

/** Commands during whose execution no message may be announced as expunged (RFC 9051 § 7.5.1). */
const KEEPS_NUMBERS = new Set([
  "FETCH",
  "STORE",
  "SEARCH",
  "THREAD",
  "PARTIAL",
  "SORT",
]);

/** Follows a connection in both directions. */
export class ClientView {
  /** Commands under way: tag to name. */
  readonly #commands = new Map<string, string>();
  /** UIDs by sequence number less one, where known; undefined as long as no mailbox is selected. */
  #uids: (number | undefined)[] | undefined;
  /** Whether strings in UTF-8 may come in quotes (RFC 9051 appendix A). */
  #utf8 = false;
  /** Whether EXPUNGE may come between commands. */
  #notified = false;

  /** UIDs by sequence number less one, where known. */
  get uids(): readonly (number | undefined)[] {
    return this.#uids ?? [];
  }

  /** Takes a line that begins a command. */
  sent(line: string): void {
    const command = /^([^\s(){%*"\\+]+) +(uid +)?([a-z0-9.-]+)/i.exec(line);
    if (command === null) return;
    const [, tag, uid, name] = command;
    this.#commands.set(tag!, (uid ? "UID " : "") + name!.toUpperCase());
    // RFC 5465 § 5.3, § 6.1.1
    if (name!.toUpperCase() === "NOTIFY") {
      this.#notified = /\(selected \(/i.test(line);
    }
    if (
      /^enable\b.*\b(imap4rev2|utf8=accept)\b/i.test(
        line.slice(tag!.length + 1),
      )
    ) {
      this.#utf8 = true;
    }
  }

  /**
   * Takes a response.
   * @throws {Error} when it cannot be
   */
  received(response: Response): void {
    if (response.type === "continuation") return;
    if (response.type === "status") return this.#status(response);
    if (!this.#utf8) response.values.forEach(assertSevenBit);
    const number = Number(text(response.number) ?? 0);
    if (response.name === "EXISTS") this.#exists(number);
    else if (response.name === "EXPUNGE") this.#expunge(number);
    else if (response.name === "FETCH") this.#fetch(number, response.values[0]);
    else if (response.name === "VANISHED") this.#vanished(response.values);
  }

  #status(response: Response & { type: "status" }): void {
    const { tag, status, code } = response;
    if (tag === "*") {
      if (text(code?.[0])?.toUpperCase() === "CLOSED") this.#uids = undefined;
      return;
    }
    const name = this.#commands.get(tag);
    this.#commands.delete(tag);
    const selects = name === "SELECT" || name === "EXAMINE";
    const leaves = name === "CLOSE" || name === "UNSELECT";
    if (selects && status === "NO" || leaves && status === "OK") {
      this.#uids = undefined;
    }
  }

  #exists(number: number): void {
    const names = [...this.#commands.values()];
    if (names.some((name) => name === "SELECT" || name === "EXAMINE")) {
      this.#uids = new Array(number);
    } else if (this.#uids !== undefined) {
      if (number < this.#uids.length) {
        throw new Error(`EXISTS ${number} after ${this.#uids.length}`);
      }
      this.#uids.length = number;
    }
  }

  #expunge(number: number): void {
    this.#mayExpunge();
    if (this.#uids === undefined) throw new Error("EXPUNGE, nothing selected");
    if (number < 1 || number > this.#uids.length) {
      throw new Error(`EXPUNGE ${number} of ${this.#uids.length}`);
    }
    this.#uids.splice(number - 1, 1);
  }

  #mayExpunge(): void {
    if (this.#notified && this.#commands.size === 0) return;
    const names = [...this.#commands.values()];
    if (names.every((name) => KEEPS_NUMBERS.has(name))) {
      throw new Error(
        `Messages expunged during ${names.join(", ") || "no command"}`,
      );
    }
  }

  #fetch(number: number, items: Value | undefined): void {
    if (this.#uids === undefined) throw new Error("FETCH, nothing selected");
    if (number < 1 || number > this.#uids.length) {
      throw new Error(`FETCH ${number} of ${this.#uids.length}`);
    }
    if (items?.type !== "list") throw new Error("FETCH without a list");
    for (let index = 0; index < items.items.length; index += 2) {
      if (text(items.items[index])?.toUpperCase() === "UID") {
        this.#learn(number, Number(text(items.items[index + 1])));
      }
    }
  }

  #learn(number: number, uid: number): void {
    const uids = this.#uids!;
    const known = uids[number - 1];
    if (known !== undefined && known !== uid) {
      throw new Error(`Message ${number} had UID ${known}, now ${uid}`);
    }
    const before = uids.slice(0, number - 1).findLast((uid) => uid);
    const after = uids.slice(number).find((uid) => uid);
    if ((before ?? 0) >= uid || (after ?? Infinity) <= uid) {
      throw new Error(`UID ${uid} of message ${number} does not ascend`);
    }
    uids[number - 1] = uid;
  }

  #vanished(values: readonly Value[]): void {
    if (values[0]?.type === "list") return;
    this.#mayExpunge();
    const set = text(values[0]) ?? "";
    if (!isSequenceSet(set)) throw new Error("VANISHED without UIDs");
    if (this.#uids === undefined) throw new Error("VANISHED, nothing selected");
    let count = 0;
    for (const part of set.split(",")) {
      const [low, high = low] = part.split(":").map(Number);
      count += high! - low! + 1;
    }
    if (count > this.#uids.length) throw new Error("More vanished than exist");
    // which numbers those were is known for sure only to who knows every UID
    this.#uids = new Array(this.#uids.length - count);
  }
}

function text(value: Value | undefined): string | undefined {
  return value?.type === "atom" ? value.text : undefined;
}

/** @throws {Error} when there is an 8-bit character outside of a literal */
function assertSevenBit(value: Value): void {
  if (value.type === "list") value.items.forEach(assertSevenBit);
  const inLiteral = value.type === "string" && value.form !== "quoted";
  const held = value.type === "atom" || value.type === "string" && !inLiteral
    ? value.text
    : "";
  if (/[\x80-\xff]/.test(held)) throw new Error(`8-bit in ${held}`);
}
