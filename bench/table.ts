/**
 * The table that a run prints, and the same as data.
 *
 * @module
 */

import { median, type Row, type Unit } from "./row.ts";

/** What one server did in one row. */
export interface Cell {
  /** The figures of all runs; empty when the row does not apply to the server. */
  readonly values: readonly number[];
  /** Why there are no (more) figures. */
  readonly error?: string;
}

/** One row with what all servers did in it, in the order of the servers. */
export interface Line {
  /** The row. */
  readonly row: Row;
  /** One cell a server. */
  readonly cells: readonly Cell[];
}

/** Whether more is better. */
export function isRate(unit: Unit): boolean {
  return unit.endsWith("/s");
}

/** How many times better the first figure is than the second; above 1 is better. */
export function ratio(unit: Unit, first: number, second: number): number {
  return isRate(unit) ? first / second : second / first;
}

/** Writes a figure with three significant digits, or all of them before the point. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Writes the table: medians, the first server beside each other, smallest and largest figures. */
export function formatTable(
  servers: readonly string[],
  lines: readonly Line[],
): string {
  const [first, ...others] = servers;
  const head = [
    "",
    "unit",
    ...servers,
    ...others.map((name) => others.length === 1 ? "ratio" : `${first}:${name}`),
    ...servers.map((name) => `${name} min-max`),
  ];
  const rows = lines.map(({ row, cells }) => [
    row.name,
    row.unit,
    ...cells.map(cellText),
    ...cells.slice(1).map((cell) => ratioText(row.unit, cells[0], cell)),
    ...cells.map(({ values }) =>
      values.length < 2
        ? ""
        : `${figure(Math.min(...values))} - ${figure(Math.max(...values))}`
    ),
  ]);
  return align([head, ...rows]);
}

function cellText({ values, error }: Cell): string {
  if (error !== undefined) return "failed";
  return values.length === 0 ? "-" : figure(median(values));
}

function ratioText(unit: Unit, first: Cell | undefined, second: Cell): string {
  if (first === undefined || first.error || second.error) return "";
  const value = ratio(unit, median(first.values), median(second.values));
  if (!Number.isFinite(value) || value <= 0) return "";
  return value >= 1
    ? `${value.toFixed(1)}x better`
    : `${(1 / value).toFixed(1)}x worse`;
}

/** Sets columns two spaces apart: the first to the left, figures to the right. */
function align(rows: readonly string[][]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((text, n) => {
      widths[n] = Math.max(widths[n] ?? 0, text.length);
    });
  }
  return rows.map((row) =>
    row.map((text, n) => {
      const width = widths[n] ?? 0;
      return n < 2 ? text.padEnd(width) : text.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}
