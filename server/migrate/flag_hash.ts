/**
 * A number that stands for a set of flags, by which a change is seen.
 *
 * @module
 */

/** The flags of a message without `\Recent`, which is a session's (RFC 3501 § 2.3.2), in one order. */
export function plainFlags(flags: Iterable<string>): string[] {
  const plain: string[] = [];
  for (const flag of flags) {
    if (flag.toLowerCase() !== "\\recent") plain.push(flag);
  }
  return plain.sort();
}

/** The hash of flags that {@linkcode plainFlags} has put in order: 32 bits, FNV-1a over their lower case. */
export function hashFlags(plain: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const flag of plain) {
    const word = flag.toLowerCase() + " ";
    for (let at = 0; at < word.length; at++) {
      hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    }
  }
  return hash >>> 0;
}
