/**
 * A self-signed certificate for tests, made in a few milliseconds.
 *
 * @module
 */

import type { TlsOptions } from "../server/options.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR = 3_600_000;

/** The object identifiers that are needed, encoded (RFC 5280, RFC 5758). */
const OID = {
  commonName: "550403",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  extendedKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
  ecdsaWithSha256: "2a8648ce3d040302",
} as const;

let pair: Promise<TlsOptions> | undefined;

/**
 * The certificate of all test servers of a process, made at first use: for `localhost`, 127.0.0.1 and ::1,
 * good for a year.
 */
export function testCertificate(): Promise<TlsOptions> {
  return pair ??= makeCertificate();
}

async function makeCertificate(): Promise<TlsOptions> {
  const keys = await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  // TBSCertificate, RFC 5280 § 4.1
  const signed = sequence(
    der(0xa0, der(0x02, [2])),
    integer(crypto.getRandomValues(new Uint8Array(16))),
    algorithm,
    name("localhost"),
    sequence(time(Date.now() - HOUR), time(Date.now() + 365 * 24 * HOUR)),
    name("localhost"),
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    der(0xa3, sequence(...extensions())),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign(ECDSA, keys.privateKey, signed),
  );
  // Ecdsa-Sig-Value, RFC 5480 appendix A
  const value = sequence(
    integer(signature.subarray(0, 32)),
    integer(signature.subarray(32)),
  );
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: pem("CERTIFICATE", sequence(signed, algorithm, bits(value))),
    key: pem("PRIVATE KEY", new Uint8Array(key)),
  };
}

/** RFC 5280 § 4.2.1: no authority, a key that signs, for servers, and the names. */
function extensions(): Uint8Array[] {
  const dns = new TextEncoder().encode("localhost");
  const names = sequence(
    der(0x82, dns),
    der(0x87, [127, 0, 0, 1]),
    der(0x87, [...new Uint8Array(15), 1]),
  );
  return [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, der(0x03, [7, 0x80])),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, false, names),
  ];
}

function extension(
  id: string,
  critical: boolean,
  value: Uint8Array,
): Uint8Array {
  const flag = critical ? [der(0x01, [0xff])] : [];
  return sequence(oid(id), ...flag, der(0x04, value));
}

/** A value of DER (X.690 § 8.1): its tag, its length, its contents. */
function der(tag: number, ...contents: ArrayLike<number>[]): Uint8Array {
  const body = contents.flatMap((content) => Array.from(content));
  const { length } = body;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...body]);
}

function sequence(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(der(0x30, ...parts));
}

function oid(hex: string): Uint8Array {
  return der(0x06, Uint8Array.fromHex(hex));
}

/** A positive integer in as few bytes as can be (X.690 § 8.3). */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const sign = bytes[start]! >= 0x80 ? [0] : [];
  return der(0x02, sign, bytes.subarray(start));
}

function bits(bytes: Uint8Array): Uint8Array {
  return der(0x03, [0], bytes);
}

function name(commonName: string): Uint8Array {
  const text = der(0x0c, new TextEncoder().encode(commonName));
  return sequence(der(0x31, sequence(oid(OID.commonName), text)));
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 § 4.1.2.5). */
function time(at: number): Uint8Array {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, "");
  const short = Number(text.slice(0, 4)) < 2050;
  const encoded = new TextEncoder().encode(short ? text.slice(2) : text);
  return der(short ? 0x17 : 0x18, encoded);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
