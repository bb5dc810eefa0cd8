/**
 * What stands in a certificate (RFC 5280 § 4.1) and matters here. `node:crypto` gives names as text for people
 * only, in which a name can look like two.
 *
 * @module
 */

import {
  derInside,
  type DerValue,
  derValues,
  objectIdentifier,
  TAG,
} from "./der.ts";

/** Fields of a certificate. */
export interface CertificateFields {
  /** The common names of its subject. */
  readonly commonNames: readonly string[];
  /** The DNS names of its subjectAltName, in lower case. */
  readonly dnsNames: readonly string[];
  /** The mail addresses of its subjectAltName. */
  readonly emails: readonly string[];
  /** The hash function of its signature as `node:crypto` calls it, or undefined where it has none of its own. */
  readonly signatureHash: string | undefined;
}

const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const RSASSA_PSS = "1.2.840.113549.1.1.10";
/** Context-specific tags: extensions in a certificate, names in subjectAltName, hash in RSASSA-PSS-params. */
const EXTENSIONS = 0xa3;
const RFC822_NAME = 0x81;
const DNS_NAME = 0x82;
const PSS_HASH = 0xa0;

/** Signature algorithms (RFC 3279, RFC 4055, RFC 5758) and hash functions by their object identifiers. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.4", "md5"],
  ["1.2.840.113549.1.1.5", "sha1"],
  ["1.2.840.113549.1.1.14", "sha224"],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.1", "sha1"],
  ["1.2.840.10045.4.3.1", "sha224"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.4", "sha224"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

/**
 * Reads a certificate.
 * @param certificate in DER
 * @throws {TypeError} when it is none
 */
export function readCertificateFields(
  certificate: Uint8Array,
): CertificateFields {
  const [whole] = derValues(certificate);
  const [signed, algorithm] = derInside(whole);
  const fields = derInside(signed);
  // version [0] is absent in version 1; serialNumber, signature, issuer and validity stand before the subject.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  const altNames = subjectAltNames(
    fields.find(({ tag }) => tag === EXTENSIONS),
  );
  const texts = (wanted: number) =>
    altNames.filter(({ tag }) => tag === wanted)
      .map(({ contents }) => String.fromCharCode(...contents))
      .filter((text) => /^[\x21-\x7e]+$/.test(text));
  return {
    commonNames: commonNames(subject),
    dnsNames: texts(DNS_NAME).map((name) => name.toLowerCase()),
    emails: texts(RFC822_NAME),
    signatureHash: signatureHash(derInside(algorithm)),
  };
}

/** `Name`: a sequence of sets of pairs (§ 4.1.2.4). */
function commonNames(name: DerValue | undefined): string[] {
  const names: string[] = [];
  for (const set of derInside(name)) {
    for (const pair of derInside(set, 0x31)) {
      const [type, value] = derInside(pair);
      if (objectIdentifier(type) !== COMMON_NAME || !value) continue;
      const text = directoryString(value);
      // deno-lint-ignore no-control-regex -- a name with control characters in it is none to believe
      if (!/[\x00-\x1f\x7f]/.test(text)) names.push(text);
    }
  }
  return names;
}

/** `DirectoryString`, in one of its encodings. */
function directoryString({ tag, contents }: DerValue): string {
  const encoding = tag === 0x0c
    ? "utf-8"
    : tag === 0x1e
    ? "utf-16be"
    : "iso-8859-1";
  return new TextDecoder(encoding).decode(contents);
}

/** The names of the extension subjectAltName (§ 4.2.1.6), where it is there. */
function subjectAltNames(extensions: DerValue | undefined): DerValue[] {
  if (extensions === undefined) return [];
  const [list] = derInside(extensions, EXTENSIONS);
  for (const extension of derInside(list)) {
    // extnID, critical where it is true, extnValue
    const parts = derInside(extension);
    if (objectIdentifier(parts[0]) !== SUBJECT_ALT_NAME) continue;
    const [names] = derInside(parts.at(-1), TAG.octetString);
    return derInside(names);
  }
  return [];
}

/** The hash function of an `AlgorithmIdentifier`. That of RSASSA-PSS stands in its parameters (RFC 4055 § 3.1). */
function signatureHash(
  [algorithm, parameters]: readonly DerValue[],
): string | undefined {
  const id = objectIdentifier(algorithm);
  if (id !== RSASSA_PSS) return HASHES.get(id);
  const hash = derInside(parameters).find(({ tag }) => tag === PSS_HASH);
  if (hash === undefined) return "sha1";
  const [identifier] = derInside(hash, PSS_HASH);
  return HASHES.get(objectIdentifier(derInside(identifier)[0]));
}
