/**
 * The table as a picture: for each row how many times better the first server is than the best of the others.
 *
 * @module
 */

import { median } from "./row.ts";
import { figure, isRate, type Line, ratio } from "./table.ts";

const WIDTH = 960, ROW = 22, TOP = 44, LABEL = 430, RIGHT = 90;
/** What a bar reaches to at the most, in either direction: 100 times. */
const DECADES = 2;

/** Draws an SVG; rows without two figures are left out. */
export function drawRatios(
  servers: readonly string[],
  lines: readonly Line[],
): string {
  const bars = lines.flatMap((line) => {
    const best = bestPeer(line);
    const own = line.cells[0];
    if (best === undefined || own === undefined) return [];
    if (own.error !== undefined || own.values.length === 0) return [];
    const { unit, name } = line.row;
    const ours = median(own.values);
    return [{
      name,
      times: ratio(unit, ours, best.value),
      note: `${figure(ours)} ${unit}, ${servers[best.server]} ${
        figure(best.value)
      }`,
    }];
  });
  const height = TOP + bars.length * ROW + 20;
  const half = (WIDTH - LABEL - RIGHT) / 2;
  const middle = LABEL + half;
  const at = (times: number) => {
    const decades = Math.log10(times);
    return middle +
      Math.max(-DECADES, Math.min(DECADES, decades)) / DECADES * half;
  };
  const grid = [0.01, 0.1, 1, 10, 100].map((times) =>
    `<line x1="${at(times)}" x2="${at(times)}" y1="${TOP - 8}" y2="${
      height - 12
    }" class="${times === 1 ? "even" : "grid"}"/><text x="${at(times)}" y="${
      TOP - 14
    }" class="scale">${times}×</text>`
  );
  const drawn = bars.map(({ name, times, note }, n) => {
    const y = TOP + n * ROW;
    const [from, to] = [at(Math.min(1, times)), at(Math.max(1, times))];
    return `<text x="${LABEL - 8}" y="${y + 12}" class="name">${
      escaped(name)
    }</text><rect x="${from}" y="${y}" width="${
      Math.max(1, to - from).toFixed(1)
    }" height="${ROW - 6}" class="${times >= 1 ? "better" : "worse"}"><title>${
      escaped(note)
    }</title></rect><text x="${WIDTH - RIGHT + 6}" y="${
      y + 12
    }" class="times">${
      times < 100 ? times.toPrecision(2) : Math.round(times)
    }×</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">
<style>
text { font: 12px sans-serif; fill: #333 }
.name { text-anchor: end } .scale { text-anchor: middle; fill: #777 }
.grid { stroke: #ddd } .even { stroke: #777 }
.better { fill: #2a7f62 } .worse { fill: #c0504d }
</style>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="8" y="18">${
    escaped(servers[0] ?? "")
  }, times better than the best of ${
    escaped(servers.slice(1).join(", "))
  } in the same run</text>
${[...grid, ...drawn].join("\n")}
</svg>
`;
}

/** The best figure of the servers but the first. */
function bestPeer(
  { row: { unit }, cells }: Line,
): { server: number; value: number } | undefined {
  let best: { server: number; value: number } | undefined;
  for (const [server, { values, error }] of cells.entries()) {
    if (server === 0 || error !== undefined || values.length === 0) continue;
    const value = median(values);
    const better = best === undefined ||
      (isRate(unit) ? value > best.value : value < best.value);
    if (better) best = { server, value };
  }
  return best;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
