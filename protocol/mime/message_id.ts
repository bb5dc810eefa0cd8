/**
 * Message IDs, in one form however they are quoted (RFC 5256 § 3, REFERENCES).
 *
 * @module
 */

/** The longest Message ID: RFC 5322 § 2.1.1 has no longer lines. */
const MAX_ID = 998;

/** So many steps for each character of a value are enough for all that is not made to take long. */
const STEPS = 3;

/** One in which there is nothing to normalize, as most are. */
const PLAIN = /<([^\s<>"\\[\]@]+@[^\s<>"\\[\]@]+)>/y;

/**
 * The valid Message IDs of a field's value, in their order, without their brackets; whatever else stands between them
 * is passed over.
 *
 *     msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]        RFC 5322 § 3.6.4
 *
 * Characters that the grammar has not are taken as they are, since there is software that writes them. Where brackets
 * stand in brackets again and again, what comes behind is not looked at.
 */
export function messageIds(value: string): string[] {
  const ids: string[] = [];
  const steps = { left: STEPS * (value.length + MAX_ID) };
  for (
    let at = value.indexOf("<");
    at >= 0 && steps.left > 0;
    at = value.indexOf("<", at)
  ) {
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(value)?.[1];
    const { id, end } = plain === undefined
      ? quotedId(value, at, steps)
      : { id: plain, end: PLAIN.lastIndex };
    if (id !== undefined && id.length <= MAX_ID) ids.push(id);
    at = end;
  }
  return ids;
}

/** What a `<` begins. */
interface Found {
  /** The Message ID; undefined where it is none. */
  readonly id: string | undefined;
  /** Where to look for the next. */
  readonly end: number;
}

/** Reads a Message ID whose `<` is at a place of the value. */
function quotedId(
  value: string,
  start: number,
  steps: { left: number },
): Found {
  const none = { id: undefined, end: start + 1 };
  let left: string | undefined;
  let id = "";
  for (let at = start + 1; id.length <= MAX_ID; at++) {
    const char = value[at];
    steps.left--;
    switch (char) {
      case undefined:
      case "<":
      case "\\":
        return none;
      case ">":
        return left && id.length > left.length + 1 ? { id, end: at + 1 } : none;
      case " ":
      case "\t":
        break;
      case '"':
      case "[": {
        const close = closing(value, at);
        steps.left -= Math.min(
          2 * MAX_ID,
          (close < 0 ? value.length : close) - at,
        );
        if (close < 0) return none;
        const text = value.slice(at + 1, close).replace(/\\(.)/g, "$1");
        id += char === "[" ? `[${text}]` : text;
        at = close;
        break;
      }
      default:
        if (char === "@") left ??= id;
        id += char;
    }
  }
  return none;
}

/** Where a quoted string or domain literal ends that begins at a place, or -1. */
function closing(value: string, start: number): number {
  const isLiteral = value[start] === "[";
  const most = Math.min(value.length, start + 2 * MAX_ID);
  for (let at = start + 1; at < most; at++) {
    const char = value[at];
    if (char === (isLiteral ? "]" : '"')) return at;
    if (char === "\\") at++;
    else if (isLiteral && char === "[") return -1;
  }
  return -1;
}
