import { assertEquals } from "@std/assert";
import { amount, progressBar, rate, timeLeft } from "./progress.ts";

Deno.test("amounts and rates for people", () => {
  assertEquals(amount(1_234_567, "messages"), "1,234,567");
  assertEquals(amount(0, "bytes"), "0 B");
  assertEquals(amount(999, "bytes"), "999 B");
  assertEquals(amount(1_250, "bytes"), "1.3 kB");
  assertEquals(amount(5_600_000, "bytes"), "5.6 MB");
  assertEquals(amount(7e9, "bytes"), "7.0 GB");
  assertEquals(rate(500, 250, "messages"), "2,000/s");
  assertEquals(rate(3e6, 2_000, "bytes"), "1.5 MB/s");
  assertEquals(rate(1, 0, "messages"), "");
  assertEquals(rate(-5, 1_000, "messages"), "0/s");
});

Deno.test("time that is left, for people", () => {
  assertEquals(timeLeft(0, 10, 1_000), "");
  assertEquals(timeLeft(10, -1, 1_000), "");
  assertEquals(timeLeft(10, 0, 1_000), "0s");
  assertEquals(timeLeft(100, 50, 60_000), "30s");
  assertEquals(timeLeft(1, 185, 1_000), "3m05s");
  assertEquals(timeLeft(1, 7_805, 1_000), "2h10m");
});

Deno.test({
  name: "without a terminal a bar shows nothing",
  ignore: Deno.stderr.isTerminal(),
  async fn() {
    using bar = await progressBar({ label: "x", total: 2, unit: "messages" });
    bar.setLabel("y");
    bar.setTotal(3);
    bar.set(1);
    bar.add(1);
  },
});
