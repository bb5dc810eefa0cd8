/**
 * Dates (RFC 9051 § 9, `date-time` and `date`), with the forms of RFC 1730 that are obsolete but to be
 * accepted.
 *
 * @module
 */

import { ParseError } from "./parse_error.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

/** The first moment of the years that can be written, and the first after them. */
const FIRST = Date.parse("0001-01-01T00:00:00Z");
const LAST = Date.UTC(10_000, 0);

// date-day-fixed "-" date-month "-" date-year SP time SP zone
const DATE_TIME =
  /^([ \d]\d)-([a-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/i;
// RFC 1730: date_day_fixed "-" date_month "-" date_year_old SPACE time "-" zone_old
const OLD_DATE_TIME =
  /^([ \d]\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d)-([a-z]{1,3})$/i;
// date-day "-" date-month "-" (date-year / date_year_old of RFC 1730)
const DATE = /^(\d{1,2})-([a-z]{3})-(\d{4}|\d\d)$/i;

/**
 * Reads a `date-time` without its quotes, such as `17-Jul-1996 02:44:25 -0700`.
 * @returns milliseconds since 1970
 * @throws {ParseError} when there is no such moment: 31-Feb, 24:00:00, a zone of more than a day
 */
export function parseDateTime(text: string): number {
  const match = DATE_TIME.exec(text) ?? OLD_DATE_TIME.exec(text);
  if (match === null) throw invalid("a date and time");
  const [, day, month, year, hour, minute, second, sign, hours, minutes] =
    match;
  const zone = hours === undefined
    ? namedZone(sign!)
    : numericZone(sign!, Number(hours), Number(minutes));
  const days = daysSince1970(year!, month!, day!);
  // A leap second is taken for the first of the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) {
    throw invalid("a time of day");
  }
  const time = days * DAY +
    ((Number(hour) * 60 + Number(minute) - zone) * 60 + Number(second)) * 1_000;
  if (time < FIRST || time >= LAST) throw invalid("a year from 1 to 9999");
  return time;
}

/**
 * Reads a `date-text`, such as `1-Feb-1994`.
 * @returns days since 1970
 * @throws {ParseError} when there is no such day
 */
export function parseDate(text: string): number {
  const match = DATE.exec(text);
  if (match === null) throw invalid("a date");
  const [, day, month, year] = match;
  return daysSince1970(year!, month!, day!);
}

function daysSince1970(year: string, month: string, day: string): number {
  const monthIndex = MONTHS.findIndex((name) =>
    name.toLowerCase() === month.toLowerCase()
  );
  const fullYear = Number(year) + (year.length === 2 ? 1_900 : 0);
  if (monthIndex < 0 || fullYear === 0) throw invalid("a date");
  const date = new Date(0);
  date.setUTCFullYear(fullYear, monthIndex, Number(day));
  if (date.getUTCDate() !== Number(day)) {
    throw invalid("a day that the month has");
  }
  return date.getTime() / DAY;
}

/** Minutes east of Greenwich. */
function numericZone(sign: string, hours: number, minutes: number): number {
  if (hours > 23 || minutes > 59) throw invalid("a time zone");
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** Hours east of Greenwich that RFC 1730's `zone_old` has names for. */
const NAMED_ZONES: Readonly<Record<string, number>> = {
  UT: 0,
  GMT: 0,
  Z: 0,
  AST: -4,
  EDT: -4,
  EST: -5,
  CDT: -5,
  CST: -6,
  MDT: -6,
  MST: -7,
  PDT: -7,
  PST: -8,
  YDT: -8,
  YST: -9,
  HDT: -9,
  HST: -10,
  BDT: -10,
  BST: -11,
};

function namedZone(name: string): number {
  const zone = name.toUpperCase();
  if (zone.length === 1 && zone !== "Z") {
    const east = "ABCDEFGHIKLM".indexOf(zone) + 1;
    const west = "NOPQRSTUVWXY".indexOf(zone) + 1;
    if (east > 0) return east * 60;
    if (west > 0) return -west * 60;
  }
  if (!Object.hasOwn(NAMED_ZONES, zone)) throw invalid("a time zone");
  return NAMED_ZONES[zone]! * 60;
}

function invalid(what: string): ParseError {
  return new ParseError(`Expected ${what}`);
}

const TWO_DIGITS = Array.from(
  { length: 60 },
  (_, number) => String(number).padStart(2, "0"),
);
/** The day that was written last; messages side by side mostly came on the same. */
let lastDay = NaN;
let lastDayText = "";

/**
 * Writes a moment as a `date-time` with its quotes, in UTC: `"17-Jul-1996 09:44:25 +0000"`. What lies
 * beyond the years 1 to 9999 becomes the nearest moment that can be written.
 * @param time milliseconds since 1970
 */
export function formatDateTime(time: number): string {
  const moment = Math.min(Math.max(time, FIRST), LAST - 1) || 0;
  const day = Math.floor(moment / DAY);
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = '"' + formatDate(day).padStart(11) + " ";
  }
  const minutes = Math.floor((moment - day * DAY) / MINUTE);
  const hour = Math.floor(minutes / 60);
  const second = Math.floor((moment - day * DAY - minutes * MINUTE) / 1_000);
  return lastDayText + TWO_DIGITS[hour] + ":" +
    TWO_DIGITS[minutes - hour * 60] + ":" + TWO_DIGITS[second] + ' +0000"';
}

/**
 * Writes a day as a `date-text`, such as `1-Feb-1994`.
 * @param day days since 1970, in the years 1 to 9999
 */
export function formatDate(day: number): string {
  const date = new Date(day * DAY);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  return `${date.getUTCDate()}-${MONTHS[date.getUTCMonth()]}-${year}`;
}
