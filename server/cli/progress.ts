/**
 * How far a long command has come: a bar on the terminal with rate and time left, and nothing elsewhere.
 *
 * @module
 */

import { printable } from "./terminal.ts";

/** Shows how far something has come. Without a terminal on standard error it shows nothing. */
export interface ProgressBar extends Disposable {
  /** Sets how much is done. */
  set(done: number): void;
  /** Adds to how much is done. */
  add(more: number): void;
  /** Sets how much there is. */
  setTotal(total: number): void;
  /** Sets what is being done. */
  setLabel(label: string): void;
}

/** What a bar shows. */
export interface ProgressOptions {
  /** What is being done, for people. */
  readonly label: string;
  /** How much there is. */
  readonly total: number;
  /** What is counted. */
  readonly unit: "bytes" | "messages";
}

const SILENT: ProgressBar = {
  set() {},
  add() {},
  setTotal() {},
  setLabel() {},
  [Symbol.dispose]() {},
};

/** Shows a bar until it is disposed of; nothing while it is not known how much there is. */
export async function progressBar(
  options: ProgressOptions,
): Promise<ProgressBar> {
  if (!Deno.stderr.isTerminal()) return SILENT;
  // Loaded where it is shown: no other command has a use for it.
  const { default: progress } = await import("../../deps/cli_progress.ts");
  const bar = new progress.SingleBar({
    format: "{label} [{bar}] {percentage}% {amount} {rate} {left}",
    clearOnComplete: true,
    hideCursor: true,
  }, progress.Presets.legacy);
  const { unit } = options;
  const begun = performance.now();
  let { total } = options;
  let label = printable(options.label);
  let done = 0;
  let first: number | undefined;
  let shown = false;
  const payload = () => {
    const time = performance.now() - begun;
    // Where an attempt before had come to says nothing about the speed of this one.
    const now = done - (first ?? 0);
    return {
      label,
      amount: `${amount(done, unit)}/${amount(total, unit)}`,
      rate: rate(now, time, unit),
      left: timeLeft(now, total - done, time),
    };
  };
  const show = () => {
    if (total <= 0) return;
    if (shown) bar.update(done, payload());
    else bar.start(total, done, payload());
    shown = true;
  };
  const set = (value: number) => {
    first ??= value;
    done = value;
    show();
  };
  show();
  return {
    set,
    add: (more) => set(done + more),
    setTotal(value) {
      total = value;
      if (shown) bar.setTotal(value);
      show();
    },
    setLabel(value) {
      label = printable(value);
    },
    [Symbol.dispose]() {
      if (shown) bar.stop();
    },
  };
}

/**
 * How long it will take, for people: `40s`, `3m05s`, `2h10m`; nothing before that can be told.
 * @param done how much was done in that time
 * @param left how much there is still to do
 * @param time milliseconds
 */
export function timeLeft(done: number, left: number, time: number): string {
  if (done <= 0 || left < 0) return "";
  const seconds = Math.ceil(left * time / done / 1000);
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) {
    return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  }
  return `${Math.floor(seconds / 3_600)}h${two(seconds % 3_600 / 60)}m`;
}

/** So many, for people: `1,234`, or `5.6 MB`. */
export function amount(count: number, unit: "bytes" | "messages"): string {
  if (unit === "messages") return Math.round(count).toLocaleString("en");
  for (const [size, name] of SIZES) {
    if (count >= size) return `${(count / size).toFixed(1)} ${name}`;
  }
  return `${Math.round(count)} B`;
}

const SIZES: readonly (readonly [number, string])[] = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];

/**
 * So many a second, for people.
 * @param time milliseconds
 */
export function rate(
  count: number,
  time: number,
  unit: "bytes" | "messages",
): string {
  if (time <= 0) return "";
  return `${amount(Math.max(count, 0) / time * 1000, unit)}/s`;
}
