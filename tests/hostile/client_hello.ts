/**
 * The first message of a TLS handshake, made by hand: a client that asks for a name and then does nothing more
 * costs itself nothing.
 *
 * @module
 */

/** A ClientHello of TLS 1.2 (RFC 5246 § 7.4.1.2), in a record, that asks for a host (RFC 6066 § 3). */
export function clientHello(host: string): Uint8Array {
  const name = new TextEncoder().encode(host);
  const extensions = [
    ...extension(0, vector(2, [0, ...vector(2, [...name])])),
    // supported_groups: x25519, secp256r1
    ...extension(10, vector(2, [0, 29, 0, 23])),
    // signature_algorithms: ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256
    ...extension(13, vector(2, [4, 3, 8, 4])),
    // extended_master_secret
    ...extension(23, []),
  ];
  const body = [
    ...[3, 3],
    ...crypto.getRandomValues(new Uint8Array(32)),
    ...vector(1, []),
    // ECDHE with AES-128-GCM, by ECDSA and RSA
    ...vector(2, [0xc0, 0x2b, 0xc0, 0x2f]),
    ...vector(1, [0]),
    ...vector(2, extensions),
  ];
  return Uint8Array.of(22, 3, 1, ...vector(2, [1, ...vector(3, body)]));
}

function extension(type: number, data: readonly number[]): number[] {
  return [type >> 8, type & 255, ...vector(2, data)];
}

/** A vector with its length in so many octets in front (RFC 5246 § 4.3). */
function vector(octets: number, data: readonly number[]): number[] {
  const length = Array.from(
    { length: octets },
    (_, index) => data.length >> 8 * (octets - 1 - index) & 255,
  );
  return [...length, ...data];
}
