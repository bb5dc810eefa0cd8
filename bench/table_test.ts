import { assertEquals, assertStringIncludes } from "@std/assert";
import { median, type Row } from "./row.ts";
import { figure, formatTable, ratio } from "./table.ts";

function row(name: string, unit: Row["unit"]): Row {
  return { name, unit, runs: 1, measure: () => Promise.resolve(1) };
}

Deno.test("A median is the value in the middle", () => {
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([4, 1, 2, 100]), 3);
});

Deno.test("A ratio above one is better, for rates and for times", () => {
  assertEquals(ratio("/s", 200, 100), 2);
  assertEquals(ratio("ms", 200, 100), 0.5);
});

Deno.test("Figures keep three digits and group thousands", () => {
  assertEquals(figure(0.1234), "0.12");
  assertEquals(figure(12.34), "12.3");
  assertEquals(figure(1_234_567.8), "1,234,568");
});

Deno.test("The table sets the first server beside the others", () => {
  const table = formatTable(["imapd", "Other"], [
    {
      row: row("NOOP", "/s"),
      cells: [{ values: [300, 100, 200] }, { values: [50] }],
    },
    {
      row: row("SELECT", "ms"),
      cells: [{ values: [8] }, { values: [2] }],
    },
    {
      row: row("FETCH", "ms"),
      cells: [{ values: [] }, { values: [], error: "Refused" }],
    },
  ]);
  const [head, noop, select, fetch] = table.split("\n").map((line) =>
    line.split(/ {2,}/)
  );
  assertEquals(head?.slice(2), [
    "imapd",
    "Other",
    "ratio",
    "imapd min-max",
    "Other min-max",
  ]);
  assertEquals(noop, ["NOOP", "/s", "200", "50.0", "4.0x better", "100 - 300"]);
  assertStringIncludes(select?.join(" ") ?? "", "4.0x worse");
  assertEquals(fetch, ["FETCH", "ms", "-", "failed"]);
});
