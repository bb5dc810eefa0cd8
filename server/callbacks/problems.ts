/**
 * What is wrong with a list that a callback has given: gathered, and reported as one fault.
 *
 * @module
 */

import { CallbackError, type CallbackName, type CallContext } from "./call.ts";

/** How many problems are spelled out. */
const SPELLED = 5;

/** See the module's text. */
export class Problems {
  #texts: string[] = [];
  #count = 0;

  /** Notes one. */
  add(text: string): void {
    this.#count++;
    if (this.#texts.length < SPELLED) this.#texts.push(text);
  }

  /** All of them in a sentence, or undefined where there are none. */
  get text(): string | undefined {
    if (this.#count === 0) return undefined;
    const more = this.#count - this.#texts.length;
    return this.#texts.join("; ") + (more > 0 ? `; and ${more} more` : "");
  }

  /** Reports them, unless they are the same as those before. Returns what is to be known as those before. */
  report(
    context: CallContext,
    callback: CallbackName,
    about: Record<string, unknown>,
    before?: string,
  ): string | undefined {
    const { text } = this;
    if (text !== undefined && text !== before) {
      const error = new CallbackError(callback, `has given nonsense: ${text}`);
      context.report(error, { callback, ...about });
    }
    return text;
  }
}

/** A value as it may stand in a problem: short, and one line whatever it is. */
export function shown(value: unknown): string {
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : typeof value === "object" && value !== null
    ? "an object"
    : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
