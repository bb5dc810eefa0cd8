/**
 * Logs: structured, one line a record, whatever a client has put into a value.
 *
 * The library logs through LogTape in the category `imapd` and configures nothing, so that an application
 * decides what becomes of it. {@linkcode configureLogs} is for the command line.
 *
 * @module
 */

import {
  configureSync,
  getLogger,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";

/** The levels, the most talkative first. */
export const LOG_LEVELS = [
  "trace",
  "debug",
  "info",
  "warning",
  "error",
  "fatal",
] as const;

/** How grave a record is. */
export type LogLevel = typeof LOG_LEVELS[number];

/** How a record is written: for people, or a JSON object a line. */
export type LogFormat = "text" | "json";

/** What a part of the server says things to. */
export type Log = Readonly<
  Record<
    "debug" | "info" | "warning" | "error",
    (message: string, about?: Record<string, unknown>) => void
  >
>;

/** One that nobody hears. */
export const SILENT: Log = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  error: () => {},
};

/** The server's logger, or that of one of its parts. */
export function logger(...parts: string[]): Logger {
  return getLogger(["imapd", ...parts]);
}

/** Writes the log to standard error, from a level on. The lines of a trace come with it when asked for. */
export function configureLogs(
  options: { level: LogLevel; format: LogFormat; trace: boolean },
): void {
  const { level, format, trace } = options;
  const encoder = new TextEncoder();
  const write = format === "json" ? formatJson : formatText;
  const sink = (record: LogRecord) => {
    let bytes = encoder.encode(write(record));
    try {
      while (bytes.length > 0) {
        bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
      }
    } catch {
      // Nobody reads standard error any more; that must not end the server.
    }
  };
  configureSync({
    reset: true,
    sinks: { stderr: sink },
    loggers: [
      { category: ["imapd"], lowestLevel: level, sinks: ["stderr"] },
      {
        category: ["imapd", "trace"],
        lowestLevel: trace ? "trace" : level,
        sinks: ["stderr"],
        parentSinks: "override",
      },
      {
        category: ["logtape", "meta"],
        lowestLevel: "error",
        sinks: ["stderr"],
      },
    ],
  });
}

/** A record as a line for people: time, level, what, and its values as `key=value`. */
export function formatText(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString();
  let line = `${time} ${record.level.padEnd(7)} ${escape(textOf(record))}`;
  for (const [key, value] of Object.entries(record.properties)) {
    if (value === undefined) continue;
    const text = typeof value === "string" ? value : describe(value);
    line += ` ${escape(key)}=${
      /^[^\s"=\\]+$/.test(text) ? escape(text) : quote(text)
    }`;
  }
  return line + "\n";
}

/** A record as a JSON object on a line. */
export function formatJson(record: LogRecord): string {
  const { timestamp, level, category, properties } = record;
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(properties)) {
    values[key] = value instanceof Error ? describe(value) : value;
  }
  const object = {
    time: new Date(timestamp).toISOString(),
    level,
    logger: category.join("."),
    message: textOf(record),
    ...(Object.keys(values).length > 0 ? { values } : {}),
  };
  return escape(JSON.stringify(object, plain)) + "\n";
}

function textOf(record: LogRecord): string {
  return record.message.map((part) =>
    typeof part === "string" ? part : describe(part)
  ).join("");
}

function describe(value: unknown): string {
  if (value instanceof Error) {
    const stack = value.stack ?? `${value.name}: ${value.message}`;
    return value.cause === undefined
      ? stack
      : `${stack}\nCaused by ${describe(value.cause)}`;
  }
  return typeof value === "object" && value !== null
    ? JSON.stringify(value, plain)
    : String(value);
}

/** JSON has no place for these. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function quote(text: string): string {
  return `"${escape(text.replace(/["\\]/g, "\\$&"))}"`;
}

/** Writes what could end a line, or turn a terminal's writing around, as `\u{...}` or JSON's own escape. */
function escape(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(
    /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu,
    (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, "0")}`,
  );
}
