/**
 * Address lists (RFC 5322 § 3.4, with the obsolete forms of § 4.4) as ENVELOPE has them.
 *
 * Mailbox and host are never null but in group markers, since null there means a group (RFC 9051 § 7.5.2).
 * What an address lacks is the empty string: `foo` has the mailbox `foo` and the host ``. (Dovecot says
 * `MISSING_DOMAIN`, UW and Cyrus `.MISSING-HOST-NAME.` and `unspecified-domain`; all of them can be mistaken
 * for a host.) A quoted local part loses its quotes. Text that is no address becomes a name without one.
 *
 * @module
 */

/** An address, the start of a group (`host` null), or its end (`mailbox` null too). RFC 9051 § 7.5.2. */
export interface Address {
  /** The display name, or the last comment where there is none; encoded words as they are. */
  readonly name: string | null;
  /** The source route, such as `@a,@b`. */
  readonly adl: string | null;
  /** The local part; the name of the group at its start. */
  readonly mailbox: string | null;
  /** The domain. */
  readonly host: string | null;
}

const GROUP_END: Address = { name: null, adl: null, mailbox: null, host: null };

/** What stands in an address: a character that means something, or text. */
interface Token {
  readonly kind: "special" | "atom" | "quoted" | "literal" | "comment";
  readonly text: string;
  /** Whether white space or a comment stands before it. */
  readonly spaced: boolean;
}

/** Characters that mean nothing but themselves, and dots. */
const WORD = String.raw`[^ \t<>@,;:"()[\]\\]+`;
/** An address as most are, `name <local@host>` or `local@host`, with the comma behind it. */
const PLAIN_ADDRESS = new RegExp(
  String
    .raw`[ \t]*(?:(?:(${WORD}(?: ${WORD})*|"[^"\\]*")[ \t]*)?<(${WORD})@(${WORD})>|(${WORD})@(${WORD}))[ \t]*(?:,|$)`,
  "y",
);
/** The longest list that is matched against it: a match needs memory for its way back. */
const MAX_PLAIN = 4_096;

/**
 * Reads an address list. The cost is linear in its length.
 * @param value the unfolded value of a field
 * @param maxAddresses what comes after so many entries is left out; a group that is open is still ended
 */
export function parseAddresses(
  value: string,
  maxAddresses: number = 10_000,
): Address[] {
  return plainAddresses(value, maxAddresses) ??
    anyAddresses(value, maxAddresses);
}

/** Reads a list of nothing but plain addresses; undefined where it is another. */
function plainAddresses(
  value: string,
  maxAddresses: number,
): Address[] | undefined {
  if (value.length > MAX_PLAIN) return undefined;
  const addresses: Address[] = [];
  PLAIN_ADDRESS.lastIndex = 0;
  while (
    PLAIN_ADDRESS.lastIndex < value.length && addresses.length < maxAddresses
  ) {
    const match = PLAIN_ADDRESS.exec(value);
    if (match === null) return undefined;
    const [, name, local, host, alone, itsHost] = match;
    addresses.push({
      name: name === undefined
        ? null
        : name.startsWith('"')
        ? name.slice(1, -1)
        : name,
      adl: null,
      mailbox: (local ?? alone)!,
      host: (host ?? itsHost)!,
    });
  }
  return addresses;
}

function anyAddresses(value: string, maxAddresses: number): Address[] {
  const addresses: Address[] = [];
  let tokens: Token[] = [];
  let inGroup = false;
  let hasAt = false;
  let angle: "none" | "open" | "route" = "none";
  const flush = () => {
    const address = interpret(tokens);
    if (address !== undefined) addresses.push(address);
    tokens = [];
    hasAt = false;
    angle = "none";
  };
  for (const token of tokenize(value)) {
    if (addresses.length >= maxAddresses) break;
    if (token.kind === "special") {
      if (token.text === "<" && angle === "none") angle = "open";
      else if (token.text === ">") angle = "none";
      else if (token.text === "@") {
        hasAt = true;
        // A route begins with "@", an address does not; its commas end no address.
        if (angle === "open" && isSpecial(tokens.at(-1), "<")) angle = "route";
      } else if (token.text === ":" && angle === "route") angle = "open";
      else if (token.text === ":" && angle === "none" && !inGroup && !hasAt) {
        addresses.push(groupStart(tokens));
        tokens = [];
        inGroup = true;
        continue;
      } else if (
        token.text === ";" || (token.text === "," && angle !== "route")
      ) {
        flush();
        if (token.text === ";" && inGroup) {
          addresses.push(GROUP_END);
          inGroup = false;
        }
        continue;
      }
    }
    tokens.push(token);
  }
  if (addresses.length < maxAddresses) flush();
  if (inGroup) addresses.push(GROUP_END);
  return addresses;
}

function isSpecial(token: Token | undefined, text: string): boolean {
  return token?.kind === "special" && token.text === text;
}

function groupStart(tokens: readonly Token[]): Address {
  return {
    name: null,
    adl: null,
    mailbox: phrase(tokens) ?? "",
    host: null,
  };
}

/** The address that tokens between two commas make; undefined when they hold nothing. */
function interpret(tokens: readonly Token[]): Address | undefined {
  const words = tokens.filter((token) => token.kind !== "comment");
  const open = words.findIndex((token) => isSpecial(token, "<"));
  let address: Address | undefined;
  if (open >= 0) {
    const inside = words.slice(open + 1);
    const close = inside.findIndex((token) => isSpecial(token, ">"));
    const { adl, rest } = route(close < 0 ? inside : inside.slice(0, close));
    const at = rest.findIndex((token) => isSpecial(token, "@"));
    address = {
      name: phrase(words.slice(0, open)),
      adl,
      mailbox: spell(at < 0 ? rest : rest.slice(0, at), " "),
      host: at < 0 ? "" : domain(rest, at + 1),
    };
  } else {
    const at = words.findIndex((token) => isSpecial(token, "@"));
    if (at >= 0) {
      const local = localStart(words, at);
      address = {
        name: phrase(words.slice(0, local)),
        adl: null,
        mailbox: spell(words.slice(local, at), ""),
        host: domain(words, at + 1),
      };
    } else if (words.length > 0) {
      const alone = localStart(words, words.length) === 0;
      address = {
        name: alone ? null : phrase(words),
        adl: null,
        mailbox: alone ? spell(words, "") : "",
        host: "",
      };
    }
  }
  if (address === undefined || address.name !== null) return address;
  const comment = tokens.findLast((token) => token.kind === "comment");
  return comment === undefined
    ? address
    : { ...address, name: comment.text.trim() || null };
}

/** Where the local part that ends before `end` begins: words with dots between them, no more than one each. */
function localStart(words: readonly Token[], end: number): number {
  let start = end;
  while (start > 0) {
    const token = words[start - 1]!;
    const next = words[start];
    const dotted = isSpecial(token, ".") ||
      (start < end && isSpecial(next, "."));
    if (token.kind === "special" && token.text !== ".") break;
    if (start < end && next!.spaced && !dotted) break;
    start--;
  }
  return start;
}

/** The domain that begins at a token: atoms and dots, or a literal, up to anything else. */
function domain(tokens: readonly Token[], start: number): string {
  let host = "";
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index]!;
    const dot = isSpecial(token, ".");
    const afterDot = index > start && isSpecial(tokens[index - 1], ".");
    if (token.kind === "special" && !dot) break;
    if (index > start && token.spaced && !dot && !afterDot) break;
    host += token.text;
  }
  return host;
}

/** An obsolete source route: `@a,@b:` before the address. */
function route(
  tokens: readonly Token[],
): { adl: string | null; rest: readonly Token[] } {
  if (!isSpecial(tokens[0], "@")) return { adl: null, rest: tokens };
  const colon = tokens.findIndex((token) => isSpecial(token, ":"));
  return colon < 0
    ? { adl: null, rest: tokens }
    : { adl: spell(tokens.slice(0, colon), ""), rest: tokens.slice(colon + 1) };
}

/** Words as a display name: one space where there was some; null when there are none. */
function phrase(tokens: readonly Token[]): string | null {
  return tokens.length === 0 ? null : spell(tokens, " ");
}

function spell(tokens: readonly Token[], space: string): string {
  let text = "";
  let quoted = false;
  for (const token of tokens) {
    if (token.kind === "comment") continue;
    const gap = token.spaced ||
      (text !== "" && (quoted || token.kind === "quoted") &&
        token.kind !== "special");
    if (gap && text !== "") text += space;
    text += token.text;
    quoted = token.kind === "quoted";
  }
  return text;
}

const SPECIALS = '<>@,;:."()[]\\';

function* tokenize(value: string): Generator<Token, void, undefined> {
  let at = 0;
  let spaced = false;
  while (at < value.length) {
    const char = value[at]!;
    if (char === " " || char === "\t") {
      spaced = true;
      at++;
      continue;
    }
    let token: Token;
    if (char === '"') {
      const { text, end } = delimited(value, at, '"');
      token = { kind: "quoted", text, spaced };
      at = end;
    } else if (char === "(") {
      const { text, end } = comment(value, at);
      token = { kind: "comment", text, spaced };
      at = end;
    } else if (char === "[") {
      const { text, end } = delimited(value, at, "]");
      token = { kind: "literal", text: `[${text}]`, spaced };
      at = end;
    } else if (SPECIALS.includes(char)) {
      // A stray bracket, parenthesis or backslash is as good as any other character.
      const kind = "<>@,;:.".includes(char) ? "special" : "atom";
      token = { kind, text: char, spaced };
      at++;
    } else {
      const start = at;
      while (
        at < value.length && value[at] !== " " && value[at] !== "\t" &&
        !SPECIALS.includes(value[at]!)
      ) at++;
      token = { kind: "atom", text: value.slice(start, at), spaced };
    }
    yield token;
    spaced = token.kind === "comment";
  }
}

/** The text from a delimiter to the closing one, or to the end, with quoted pairs resolved. */
function delimited(
  value: string,
  start: number,
  close: string,
): { text: string; end: number } {
  let text = "";
  let from = start + 1;
  let at = from;
  for (; at < value.length && value[at] !== close; at++) {
    if (value[at] !== "\\") continue;
    text += value.slice(from, at);
    from = ++at;
  }
  return { text: text + value.slice(from, at), end: at + 1 };
}

/** A comment with those inside it. */
function comment(value: string, start: number): { text: string; end: number } {
  let text = "";
  let from = start + 1;
  let at = from;
  for (let depth = 1; at < value.length; at++) {
    if (value[at] === "(") depth++;
    else if (value[at] === ")" && --depth === 0) break;
    else if (value[at] === "\\") {
      text += value.slice(from, at);
      from = ++at;
    }
  }
  return { text: text + value.slice(from, at), end: at + 1 };
}
