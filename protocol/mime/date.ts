/**
 * Dates of messages (RFC 5322 § 3.3 and § 4.3), with what else is found in Date fields and in the From
 * lines of mbox files.
 *
 * @module
 */

/** A date as its writer saw it. */
export interface MessageDate {
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /**
   * The day as written, whatever its zone, in days since 1970: what SENTON, SENTBEFORE and SENTSINCE
   * compare, disregarding time and timezone (RFC 9051 § 6.4.4).
   */
  readonly day: number;
}

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

/** Zones by name, in hours (RFC 5322 § 4.3); letters of the military mean nothing certain and count as 0. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["est", -5],
  ["edt", -4],
  ["cst", -6],
  ["cdt", -5],
  ["mst", -7],
  ["mdt", -6],
  ["pst", -8],
  ["pdt", -7],
]);

/** Longer values are no dates. */
const MAX_LENGTH = 1_000;

const MONTH = "([a-z]{3,9})";
const TIME =
  "([0-9]{1,2}) ?[:.] ?([0-9]{1,2})(?: ?[:.] ?([0-9]{1,2})(?:[.,][0-9]+)?)?";
const ZONE = "(?:gmt|utc?)?([+-] ?[0-9]{1,2}:?[0-9]{2})|([a-z]{1,5})";

/** `Tue, 1 Jul 2003 10:52:37 +0200`, and without the day's name, the time or the zone. */
const MAIL = new RegExp(
  `^(?:[a-z]{2,9}[,.]* ?)?([0-9]{1,3})[ -]${MONTH}\\.?[ ,-]{1,2}([0-9]{2,5})(?:[ ,T]{1,2}${TIME}(?: ?(?:${ZONE}))?)?(?![0-9])`,
);
/** `Tue Jul  1 10:52:37 2003`, as asctime has it, with the zone before or after the year. */
const ASCTIME = new RegExp(
  `^(?:[a-z]{3,9},? )?${MONTH} ([0-9]{1,2}),? ${TIME}(?: (?:${ZONE}))? ([0-9]{4})(?: (?:${ZONE}))?(?![0-9])`,
);
/** `2003-07-01 10:52:37 +0200`, as ISO 8601 has it. */
const ISO = new RegExp(
  `^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[ tT]${TIME} ?(?:${ZONE})?)?(?![0-9])`,
);

/**
 * Reads a date.
 * @param value the unfolded value of a Date field
 * @returns undefined when it is none, or no such day exists
 */
export function parseDate(value: string): MessageDate | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const text = withoutComments(value).replace(/\s+/g, " ").trim().toLowerCase();
  let match = MAIL.exec(text);
  if (match !== null) {
    const [, day, month, year, hour, minute, second, offset, zone] = match;
    return make(
      fullYear(year!),
      monthNumber(month!),
      Number(day),
      [hour, minute, second],
      zoneMinutes(offset, zone),
    );
  }
  match = ASCTIME.exec(text);
  if (match !== null) {
    const [
      ,
      month,
      day,
      hour,
      minute,
      second,
      offset,
      zone,
      year,
      after,
      name,
    ] = match;
    return make(
      Number(year),
      monthNumber(month!),
      Number(day),
      [hour, minute, second],
      zoneMinutes(offset ?? after, zone ?? name),
    );
  }
  match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, offset, zone] = match;
  return make(
    Number(year),
    Number(month),
    Number(day),
    [hour, minute, second],
    zoneMinutes(offset, zone),
  );
}

/** Comments may stand anywhere in a date and nest (RFC 5322 § 3.2.2). */
function withoutComments(value: string): string {
  if (!value.includes("(")) return value;
  let text = "";
  let depth = 0;
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    if (char === "(") depth++;
    else if (char === ")") {
      if (depth > 0) depth--;
      text += " ";
    } else if (char === "\\") at++;
    else if (depth === 0) text += char;
  }
  return text;
}

/** RFC 5322 § 4.3: two digits below 50 are of this century, three digits and the others add to 1900. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 2) return year + (year < 50 ? 2000 : 1900);
  return digits.length === 3 ? year + 1900 : year;
}

/** From 1, or 0 when it is no month. */
function monthNumber(name: string): number {
  const at = MONTHS.indexOf(name.slice(0, 3));
  return at >= 0 && at % 3 === 0 ? at / 3 + 1 : 0;
}

/** Minutes east of Greenwich; 0 for what is not known (RFC 5322 § 4.3). */
function zoneMinutes(
  offset: string | undefined,
  name: string | undefined,
): number {
  if (offset === undefined) return 60 * (ZONES.get(name ?? "") ?? 0);
  const digits = offset.replace(/[^0-9]/g, "").padStart(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (minutes > 24 * 60) return 0;
  return offset.startsWith("-") ? -minutes : minutes;
}

function make(
  year: number,
  month: number,
  date: number,
  clock: readonly (string | undefined)[],
  zone: number,
): MessageDate | undefined {
  let [hour = 0, minute = 0, second = 0] = clock.map((digits) =>
    Number(digits ?? 0)
  );
  // "If the time is also invalid, the time SHOULD be treated as 00:00:00" (RFC 5256 § 2.2).
  if (hour > 23 || minute > 59 || second > 60) hour = minute = second = 0;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, date);
  if (
    month < 1 || year > 9999 || midnight.getUTCMonth() !== month - 1 ||
    midnight.getUTCDate() !== date
  ) return undefined;
  const day = midnight.getTime() / 86_400_000;
  const local = ((day * 24 + hour) * 60 + minute) * 60 + second;
  return { time: (local - zone * 60) * 1000, day };
}
