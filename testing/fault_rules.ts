/**
 * Which fault happens when.
 *
 * @module
 */

import type { Fault, FaultHandle, FaultMatch, Faults } from "./faults.ts";

interface Rule {
  readonly match: FaultMatch;
  readonly fault: Fault;
  seen: number;
  happened: number;
}

/** See {@linkcode Faults}. */
export class FaultRules implements Faults {
  readonly #rules = new Set<Rule>();

  /** Whether none is set. */
  get empty(): boolean {
    return this.#rules.size === 0;
  }

  /** See {@linkcode Faults.on}. */
  on(match: FaultMatch, fault: Fault): FaultHandle {
    const { nth = 1, times = 1 } = match;
    if (!(Number.isInteger(nth) && nth > 0 && times > 0)) {
      throw new TypeError("nth and times are counted from 1");
    }
    const { type } = fault;
    const answers = ["no", "bad", "cutLiteral", "cutUpload"].includes(type);
    if (isConnect(match) && answers) {
      throw new TypeError(`CONNECT cannot have the fault ${type}`);
    }
    const rule: Rule = { match, fault, seen: 0, happened: 0 };
    this.#rules.add(rule);
    const remove = () => void this.#rules.delete(rule);
    return {
      get happened() {
        return rule.happened;
      },
      remove,
      [Symbol.dispose]: remove,
    };
  }

  /** See {@linkcode Faults.clear}. */
  clear(): void {
    this.#rules.clear();
  }

  /**
   * What is to happen now; counts.
   * @param upload whether a literal of the command begins, rather than the command's execution
   */
  take(
    command: string,
    user: string | undefined,
    upload = false,
  ): Fault | undefined {
    const name = command.toUpperCase();
    let found: Rule | undefined;
    for (const rule of this.#rules) {
      const { match, fault } = rule;
      const wanted = match.command?.toUpperCase();
      if (wanted === undefined ? name === "CONNECT" : wanted !== name) continue;
      if (match.user !== undefined && match.user !== user) continue;
      if ((fault.type === "cutUpload") !== upload) continue;
      rule.seen++;
      if (rule.seen < (match.nth ?? 1)) continue;
      found ??= rule;
    }
    if (found === undefined) return undefined;
    const { match, fault } = found;
    const times = match.times ?? (match.nth === undefined ? Infinity : 1);
    if (++found.happened >= times) this.#rules.delete(found);
    return fault;
  }
}

function isConnect({ command }: FaultMatch): boolean {
  return command?.toUpperCase() === "CONNECT";
}
