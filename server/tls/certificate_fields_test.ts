import { assert, assertEquals, assertThrows } from "@std/assert";
import "reflect-metadata";
import {
  type JsonGeneralNames,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import fc from "fast-check";
import { readCertificateFields } from "./certificate_fields.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" } as const;
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
} as const;

interface Wanted {
  readonly name?: string;
  readonly altNames?: JsonGeneralNames;
  readonly keys?: CryptoKeyPair;
  readonly algorithm?: Algorithm;
}

/** A certificate that signs itself, in DER. */
async function make(wanted: Wanted): Promise<Uint8Array> {
  const { name = "CN=x", altNames } = wanted;
  const { algorithm = { ...ECDSA, hash: "SHA-256" } } = wanted;
  const keys = wanted.keys ??
    await crypto.subtle.generateKey(ECDSA, true, ["sign"]) as CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ name, keys, signingAlgorithm: algorithm as EcdsaParams },
    extensions: altNames === undefined
      ? []
      : [new SubjectAlternativeNameExtension(altNames)],
  });
  return new Uint8Array(certificate.rawData);
}

Deno.test("names are what stands in the certificate, each by itself", async () => {
  const certificate = await make({
    name: "O=Example, CN=Ålice, CN=second",
    altNames: [
      { type: "dns", value: "Mail.Example.COM" },
      { type: "email", value: "a@b.example,DNS:evil.example" },
      { type: "ip", value: "127.0.0.1" },
      { type: "dns", value: "*.example.org" },
      { type: "email", value: "alice@example.org" },
      { type: "url", value: "https://example.org" },
    ],
  });
  const fields = readCertificateFields(certificate);
  assertEquals(fields.commonNames, ["Ålice", "second"]);
  assertEquals(fields.dnsNames, ["mail.example.com", "*.example.org"]);
  assertEquals(
    fields.emails,
    ["a@b.example,DNS:evil.example", "alice@example.org"],
  );
});

Deno.test("names with control characters are none", async () => {
  const certificate = await make({
    name: "CN=a\u0000b, CN=good",
    altNames: [
      { type: "dns", value: "a.example\0.evil.example" },
      { type: "email", value: "a@b\r\n" },
      { type: "email", value: "" },
    ],
  });
  const fields = readCertificateFields(certificate);
  assertEquals(fields.commonNames, ["good"]);
  assertEquals(fields.dnsNames, []);
  assertEquals(fields.emails, []);
});

Deno.test("a certificate without names", async () => {
  const fields = readCertificateFields(await make({ name: "O=Example" }));
  assertEquals(fields.commonNames, []);
  assertEquals(fields.dnsNames, []);
  assertEquals(fields.emails, []);
});

Deno.test("the hash function of the signature", async () => {
  const hashOf = async (wanted: Wanted) =>
    readCertificateFields(await make(wanted)).signatureHash;
  for (const hash of ["SHA-256", "SHA-384", "SHA-512"]) {
    const name = hash.replace("-", "").toLowerCase();
    const ecdsa = { ...ECDSA, hash };
    assertEquals(await hashOf({ algorithm: ecdsa }), name);
  }
  const rsa = await crypto.subtle.generateKey(
    { ...RSA, hash: "SHA-512" },
    true,
    ["sign"],
  ) as CryptoKeyPair;
  const algorithm = { ...RSA, hash: "SHA-512" };
  assertEquals(await hashOf({ keys: rsa, algorithm }), "sha512");
  const pss = await crypto.subtle.generateKey(
    { ...RSA, name: "RSA-PSS", hash: "SHA-384" },
    true,
    ["sign"],
  ) as CryptoKeyPair;
  const salted = { name: "RSA-PSS", hash: "SHA-384", saltLength: 48 };
  assertEquals(await hashOf({ keys: pss, algorithm: salted }), "sha384");
  const ed25519 = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
  ]) as CryptoKeyPair;
  const pure = { name: "Ed25519" };
  assertEquals(await hashOf({ keys: ed25519, algorithm: pure }), undefined);
});

Deno.test("bytes that are no certificate are refused, and nothing else happens", async () => {
  const whole = await make({ altNames: [{ type: "dns", value: "x.example" }] });
  for (let length = 0; length < whole.length; length++) {
    assertThrows(
      () => readCertificateFields(whole.subarray(0, length)),
      TypeError,
    );
  }
  const change = fc.tuple(
    fc.nat(whole.length - 1),
    fc.integer({ min: 0, max: 255 }),
  );
  fc.assert(fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
    const bytes = whole.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    try {
      readCertificateFields(bytes);
    } catch (error) {
      assert(error instanceof TypeError, String(error));
    }
  }));
});
