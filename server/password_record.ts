/**
 * Records of passwords as text, in the schemes of Dovecot and of crypt(3). What begins with `$` says by itself what
 * it is; any other has its scheme in front, `{SSHA512}…`, perhaps with how it is written, `{SSHA512.HEX}…`.
 *
 * What is not known is no record, and nobody logs in by it: that goes for the DES and MD5 functions of crypt(3),
 * and for text without scheme.
 *
 * @module
 */

import { parseArgon2Record } from "./credentials/argon2_record.ts";
import {
  parseBcryptRecord,
  parseShaCryptRecord,
} from "./credentials/crypt_record.ts";
import {
  parseDigestRecord,
  plainPassword,
} from "./credentials/digest_record.ts";
import type { PasswordCheck } from "./credentials/job.ts";
import { parsePbkdf2Record } from "./credentials/pbkdf2_record.ts";
import { parseScramRecord } from "./scram_record.ts";

type Parse = (text: string) => PasswordCheck | undefined;

/** Those with a `$` in front. */
const parseCrypt: Parse = (text) =>
  parseArgon2Record(text) ?? parseBcryptRecord(text) ??
    parseShaCryptRecord(text);

const of = (kind: string, parse: Parse): Parse => (text) => {
  const check = parse(text);
  return check?.job.kind === kind ? check : undefined;
};

const SCHEMES: ReadonlyMap<string, Parse> = new Map([
  ["CRYPT", parseCrypt],
  ["ARGON2ID", of("argon2id", parseArgon2Record)],
  ["ARGON2I", of("argon2i", parseArgon2Record)],
  ["BLF-CRYPT", parseBcryptRecord],
  ["SHA256-CRYPT", of("sha256-crypt", parseShaCryptRecord)],
  ["SHA512-CRYPT", of("sha512-crypt", parseShaCryptRecord)],
  ["PBKDF2", parsePbkdf2Record],
]);

// scheme = "{" name ["." ("b64" / "base64" / "hex")] "}"
const SCHEME = /^\{([A-Za-z0-9-]{1,20})(?:\.(b64|base64|hex))?\}/i;

interface Split {
  readonly scheme: string;
  readonly encoding: string | undefined;
  readonly rest: string;
}

function split(record: string): Split | undefined {
  const match = SCHEME.exec(record);
  return match === null ? undefined : {
    scheme: match[1]!.toUpperCase(),
    encoding: match[2]?.toUpperCase(),
    rest: record.slice(match[0].length),
  };
}

/**
 * Reads a record. Undefined for any other text, and for one whose cost is absurd: such a record would be a way to
 * bring the server to a halt.
 */
export function parsePasswordRecord(record: string): PasswordCheck | undefined {
  if (record.startsWith("$")) return parseCrypt(record);
  const parts = split(record);
  if (parts === undefined) return undefined;
  const { scheme, encoding, rest } = parts;
  const parse = SCHEMES.get(scheme);
  if (parse !== undefined) {
    return encoding === undefined ? parse(rest) : undefined;
  }
  return parseScram(record) ?? parseDigestRecord(scheme, encoding, rest);
}

function parseScram(record: string): PasswordCheck | undefined {
  const known = parseScramRecord(record);
  if (known === undefined) return undefined;
  const { hash, salt, iterations, storedKey } = known;
  return { job: { kind: "scram", hash, salt, iterations }, hash: storedKey };
}

/** The password of a record that has it as it is (`{PLAIN}…`), in UTF-8; undefined for any other. */
export function plainPasswordOf(record: string): string | undefined {
  const parts = split(record);
  const bytes = parts &&
    plainPassword(parts.scheme, parts.encoding, parts.rest);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return undefined;
  }
}
