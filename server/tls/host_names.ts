/**
 * Finds what belongs to a host by its name, wildcards included (RFC 6125 § 6.4).
 *
 * @module
 */

/** See the module's text. Names take memory when they are added, never when they are asked for. */
export class HostNames<T> {
  readonly #exact = new Map<string, T>();
  /** By what stands behind the `*`, its dot included. */
  readonly #wildcard = new Map<string, T>();

  /** Whether nothing was added. */
  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#wildcard.size === 0;
  }

  /**
   * Adds what a name means; a name that is there already keeps its meaning.
   * @param name a DNS name; a `*` is its whole first label, anywhere else it means nothing (§ 6.4.3)
   */
  add(name: string, value: T): void {
    const lower = name.toLowerCase();
    const isWildcard = lower.startsWith("*.");
    const key = isWildcard ? lower.slice(1) : lower;
    if (key.includes("*")) return;
    const names = isWildcard ? this.#wildcard : this.#exact;
    if (!names.has(key)) names.set(key, value);
  }

  /**
   * What a name means. A wildcard stands for one label, not for several or none (§ 6.4.3).
   * @returns undefined when it means nothing
   */
  get(name: string): T | undefined {
    const lower = name.toLowerCase();
    const exact = this.#exact.get(lower);
    if (exact !== undefined) return exact;
    const dot = lower.indexOf(".");
    return dot > 0 ? this.#wildcard.get(lower.slice(dot)) : undefined;
  }
}
