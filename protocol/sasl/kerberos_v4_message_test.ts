import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decryptPcbc, encryptDesBlock } from "./kerberos_v4_des.ts";
import {
  openAuthenticator,
  openTicket,
  parseRequest,
} from "./kerberos_v4_message.ts";

/*
 * What follows in hexadecimal digits was made with DES_ecb_encrypt and DES_pcbc_encrypt of OpenSSL 3.0, which has
 * the latter for Kerberos 4.
 */

const KEY = Uint8Array.fromHex("133457799bbcdff1");
const SESSION_KEY = Uint8Array.fromHex("5b5a57676a56676e");
const TIME = 800_000_000;

/** From alice@TEST for imap.mail@TEST, with the checksum 0x12345678, at TIME, in either order of bytes. */
const LITTLE_ENDIAN = Uint8Array.fromHex(
  "040703544553540028185af6898b7e0df0bac049817b492e0708eb7bf1be01dd95eb7e34cacbd6fcf84e35f2c575d0a84d5ab472b83d62" +
    "232d6d46b3c41746f228a70c51dd27dfe4a484",
);
const BIG_ENDIAN = Uint8Array.fromHex(
  "0406035445535400281823a24783fd2f173ae7a1dda24bba1f0aed3dd76aa045f588afd9e026c0420fbec4009326eac69090b472b83d62" +
    "232d6de95a4c5624d4b447d5ba60c01de40044",
);

Deno.test("DES of one block: FIPS 81's example, and what OpenSSL makes", () => {
  const key = Uint8Array.fromHex("0123456789abcdef");
  const block = new TextEncoder().encode("Now is t");
  assertEquals(encryptDesBlock(key, block).toHex(), "3fa40e8a984d4815");
  const proof = Uint8Array.fromHex("1234567901000000");
  assertEquals(encryptDesBlock(SESSION_KEY, proof).toHex(), "365fac7fe474c88c");
});

Deno.test("PCBC: what OpenSSL has encrypted is read", () => {
  for (
    const [encrypted, plain] of [
      ["31980a4e7e1ccc4ee42bafa4ac7d836a", "\x124Vx\x01\0\0\0alice\0\0\0"],
      ["31980a4e7e1ccc4e5bc53f43ad559b39", "\x124Vx\x01\0\0\0\0\0\0\0\0\0\0\0"],
    ]
  ) {
    const bytes = decryptPcbc(SESSION_KEY, Uint8Array.fromHex(encrypted!));
    assertEquals(new TextDecoder().decode(bytes), plain);
  }
});

Deno.test("a request is read, in either order of bytes", () => {
  for (
    const [bytes, littleEndian, life] of [
      [LITTLE_ENDIAN, true, 91_581],
      [BIG_ENDIAN, false, 28_800],
    ] as const
  ) {
    const request = parseRequest(bytes)!;
    assertEquals([request.keyVersion, request.realm], [3, "TEST"]);
    assertEquals(request.littleEndian, littleEndian);
    const client = { name: "alice", instance: "", realm: "TEST" };
    const begins = TIME - 600;
    assertEquals(openTicket(request.ticket, KEY), {
      ...{ client, sessionKey: SESSION_KEY, begins, ends: begins + life },
      ...{ service: "imap", instance: "mail" },
    });
    const checksum = Uint8Array.fromHex("12345678");
    assertEquals(openAuthenticator(request, SESSION_KEY), {
      client,
      checksum: littleEndian ? checksum.toReversed() : checksum,
      time: TIME,
    });
  }
});

Deno.test("RFC 1731 § 2: the parts of its example", () => {
  const request = parseRequest(Uint8Array.fromBase64(
    "BAcAQU5EUkVXLkNNVS5FRFUAOCAsho84kLN3/IJmrMG+25a4DT" +
      "+nZImJjnTNHJUtxAA+o0KPKfHEcAFs9a3CL5Oebe/ydHJUwYFd" +
      "WwuQ1MWiy6IesKvjL5rL9WjXUb9MwT9bpObYLGOKi1Qh",
  ))!;
  assertEquals(request.realm, "ANDREW.CMU.EDU");
  assertEquals([request.keyVersion, request.littleEndian], [0, true]);
  assertEquals(request.ticket.length, 56);
  assertEquals(request.authenticator.length, 32);
  // Nobody has told the key.
  assertEquals(openTicket(request.ticket, KEY), undefined);
  assertEquals(openAuthenticator(request, SESSION_KEY), undefined);
});

Deno.test("what is cut off, too long or another message is no request", () => {
  for (let end = 0; end < LITTLE_ENDIAN.length; end++) {
    assertEquals(parseRequest(LITTLE_ENDIAN.subarray(0, end)), undefined);
  }
  assertEquals(parseRequest(Uint8Array.of(...LITTLE_ENDIAN, 0)), undefined);
  for (const [at, octet] of [[0, 5], [1, 9], [1, 3], [3, 0x20], [3, 0xe9]]) {
    const bytes = LITTLE_ENDIAN.slice();
    bytes[at!] = octet!;
    assertEquals(parseRequest(bytes), undefined, `${at}: ${octet}`);
  }
  const realm = new TextEncoder().encode("R".repeat(40));
  assertEquals(
    parseRequest(Uint8Array.of(4, 7, 0, ...realm, 0, 0, 0)),
    undefined,
  );
});

Deno.test("another key opens nothing, and whatever comes does no harm", () => {
  const request = parseRequest(LITTLE_ENDIAN)!;
  for (let bit = 1; bit < 8; bit++) {
    const key = KEY.slice();
    key[0]! ^= 1 << bit;
    assertEquals(openTicket(request.ticket, key), undefined);
  }
  assertEquals(openTicket(new Uint8Array(0), KEY), undefined);
  assertEquals(openTicket(request.ticket.subarray(1), KEY), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    parseRequest(bytes);
    openTicket(bytes, KEY);
    openAuthenticator({ ...request, authenticator: bytes }, KEY);
  }));
});
