/**
 * The response codes of POP3 (RFC 2449 § 8, RFC 3206, RFC 6856 § 5) for refusals that are known by those of IMAP.
 *
 * @module
 */

/** By the codes of RFC 5530 and of storages; a refusal with any other code has none here. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["AUTHENTICATIONFAILED", "AUTH"],
  ["AUTHORIZATIONFAILED", "AUTH"],
  ["EXPIRED", "AUTH"],
  ["PRIVACYREQUIRED", "AUTH"],
  ["CONTACTADMIN", "SYS/PERM"],
  ["CORRUPTION", "SYS/PERM"],
  ["NONEXISTENT", "SYS/PERM"],
  ["SERVERBUG", "SYS/TEMP"],
  ["UNAVAILABLE", "SYS/TEMP"],
  ["INUSE", "IN-USE"],
  ...["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH", "UTF8"]
    .map((code): [string, string] => [code, code]),
]);

/** The code without its brackets, or undefined for none. */
export function responseCode(code: string | undefined): string | undefined {
  return code === undefined ? undefined : CODES.get(code);
}
