/**
 * Reads DER (X.690 § 8.1): values inside values.
 *
 * @module
 */

/** A value. */
export interface DerValue {
  /** Its identifier octet: class, whether there are values inside, and number. */
  readonly tag: number;
  /** Its contents octets. */
  readonly contents: Uint8Array;
}

/** Tags that certificates are made of (X.680 § 8.4). */
export const TAG = {
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** More octets of length than these are none that a certificate has. */
const MAX_LENGTH_OCTETS = 3;

/**
 * The values that stand one after the other.
 * @throws {TypeError} when they are none
 */
export function derValues(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++]!;
    // Numbers above 30 go over several octets; there are none in a certificate.
    if ((tag & 0x1f) === 0x1f) throw new TypeError("Unknown tag");
    let length = bytes[at++] ?? NaN;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > MAX_LENGTH_OCTETS) {
        throw new TypeError("Bad length");
      }
      length = 0;
      for (let i = 0; i < octets; i++) {
        length = length << 8 | (bytes[at++] ?? NaN);
      }
    }
    const end = at + length;
    if (!(end <= bytes.length)) throw new TypeError("A value is cut off");
    values.push({ tag, contents: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/**
 * The values inside a value of this tag.
 * @throws {TypeError} when it is another, or what is inside are none
 */
export function derInside(
  value: DerValue | undefined,
  tag: number = TAG.sequence,
): DerValue[] {
  if (value?.tag !== tag) throw new TypeError("Unexpected value");
  return derValues(value.contents);
}

/**
 * The dotted form of an object identifier (X.690 § 8.19).
 * @throws {TypeError} when the value is none
 */
export function objectIdentifier(value: DerValue | undefined): string {
  if (value?.tag !== TAG.objectIdentifier) {
    throw new TypeError("Unexpected value");
  }
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of value.contents) {
    arc = arc * 0x80 + (octet & 0x7f);
    if (octet & 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(Math.floor(arc / 40), 2);
      arcs.push(first, arc - first * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}
