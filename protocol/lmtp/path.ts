/**
 * Addresses in commands (RFC 5321 § 4.1.2, § 4.1.3; with UTF-8, RFC 6531 § 3.3).
 *
 * Two things are taken that the grammar does not have: an address without a domain, as machines use it for
 * their own users, and an underscore in a domain, which is found in addresses of senders: refusing it would
 * lose mail that others have taken already.
 *
 * @module
 */

/** An address. */
export interface Path {
  /** All of it as it was written, without angle brackets and source route; empty for `<>`. */
  readonly address: string;
  /** What stands before the `@`, quoting undone. */
  readonly localPart: string;
  /** What stands behind it, in lower case; undefined where there is no `@`. */
  readonly domain: string | undefined;
}

/** Longer paths are refused: twice what RFC 5321 § 4.5.3.1.3 asks for. A line of a header has room for one. */
const MAX_PATH = 512;
/** What a reply shows of a path, in characters. */
const MAX_SHOWN = 256;

// UTF8-non-ascii (RFC 6532 § 3.1), without controls, separators of lines, and what stands for bytes that
// are no UTF-8.
const UTF8 = "\\u{a0}-\\u{2027}\\u{202a}-\\u{fffc}\\u{10000}-\\u{10ffff}";
const ATEXT = `[A-Za-z0-9!#$%&'*+\\/=?^_\`\\{\\|\\}~${UTF8}\\-]`;
const DOT_STRING = `${ATEXT}+(?:\\.${ATEXT}+)*`;
const QUOTED_STRING = `"(?:[ !#-\\[\\]-~${UTF8}]|\\\\[ -~])*"`;
const LET_DIG = `[A-Za-z0-9_${UTF8}]`;
const SUB_DOMAIN = `${LET_DIG}(?:[A-Za-z0-9_${UTF8}\\-]*${LET_DIG})?`;
const DOMAIN = `${SUB_DOMAIN}(?:\\.${SUB_DOMAIN})*`;
const LITERAL = "\\[[!-Z^-~]+\\]";
const ROUTE = `@${DOMAIN}(?:,@${DOMAIN})*:`;

/** Path: angle brackets, perhaps a source route, which counts for nothing (RFC 5321 Appendix C). */
const PATH = new RegExp(
  `<(?:${ROUTE})?(${DOT_STRING}|${QUOTED_STRING})(?:@(${DOMAIN}|${LITERAL}))?>`,
  "uy",
);
const DOMAIN_ALONE = new RegExp(`^(?:${DOMAIN}|(${LITERAL}))$`, "u");
const GENERAL_LITERAL = /^[A-Za-z0-9-]*[A-Za-z0-9]:[!-Z^-~]+$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The path of a message that nobody is to answer (RFC 5321 § 4.5.5). */
const NULL_PATH: Path = { address: "", localPart: "", domain: undefined };

/**
 * Reads the path at the start of a text.
 * @returns the path and the text behind it, or undefined when there is none
 */
export function readPath(
  text: string,
): { path: Path; rest: string } | undefined {
  if (text.startsWith("<>")) return { path: NULL_PATH, rest: text.slice(2) };
  PATH.lastIndex = 0;
  const match = PATH.exec(text);
  if (match === null || match[0].length > MAX_PATH) return undefined;
  const [whole, local, domain] = match;
  if (domain?.startsWith("[") && !isLiteral(domain)) return undefined;
  const path = {
    address: domain === undefined ? local! : `${local}@${domain}`,
    localPart: local!.startsWith('"')
      ? local!.slice(1, -1).replace(/\\(.)/gu, "$1")
      : local!,
    domain: domain?.toLowerCase(),
  };
  return { path, rest: text.slice(whole.length) };
}

/** A path as replies show it: not so long that the rest has no room. */
export function shown({ address }: Path): string {
  return address.length > MAX_SHOWN
    ? `<${address.slice(0, MAX_SHOWN)}...>`
    : `<${address}>`;
}

/** Whether a text is Domain or address-literal, of ASCII. */
export function isDomain(text: string): boolean {
  const match = DOMAIN_ALONE.exec(text);
  if (match === null || text.length > 255 || !isAscii(text)) return false;
  return match[1] === undefined || isLiteral(match[1]);
}

/** Whether a text is ASCII. */
export function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}

// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
function isLiteral(literal: string): boolean {
  const address = literal.slice(1, -1);
  if (IPV4.test(address)) {
    return address.split(".").every((part) => Number(part) <= 255);
  }
  if (/^IPv6:/i.test(address)) return isIpv6(address.slice(5));
  return GENERAL_LITERAL.test(address);
}

/** Whether a text is an IPv6 address, without a zone. */
export function isIpv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`);
}
