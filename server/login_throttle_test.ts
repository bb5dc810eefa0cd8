import { assert, assertEquals } from "@std/assert";
import { LoginThrottle } from "./login_throttle.ts";

function throttle(): { throttle: LoginThrottle; clock: { now: number } } {
  const clock = { now: 1_000_000 };
  return {
    clock,
    throttle: new LoginThrottle({
      delay: 1_000,
      longestByAddress: 15_000,
      longestByUser: 4_000,
      forget: 60_000,
      now: () => clock.now,
    }),
  };
}

Deno.test("two failures are free, then the wait doubles up to its longest", () => {
  const { throttle: t, clock } = throttle();
  const waits = Array.from({ length: 8 }, (_, index) => {
    const wait = t.wait("192.0.2.1", `user${index}`);
    clock.now += wait;
    t.failed("192.0.2.1", `user${index}`);
    return wait;
  });
  assertEquals(waits, [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 15_000]);
  assertEquals(t.wait("192.0.2.2", "user9"), 0);
});

Deno.test("a user who is guessed at from everywhere waits, but not for long", () => {
  const { throttle: t } = throttle();
  for (let n = 0; n < 100; n++) t.failed(`198.51.100.${n}`, "alice");
  assertEquals(t.wait("192.0.2.1", "alice"), 4_000);
  assertEquals(t.wait("192.0.2.1", "bob"), 0);
  t.succeeded("alice");
  assertEquals(t.wait("192.0.2.1", "alice"), 0);
});

Deno.test("tries at once wait in turn, and none longer than the longest", () => {
  const { throttle: t } = throttle();
  for (let n = 0; n < 4; n++) t.failed("192.0.2.1", `user${n}`);
  const waits = Array.from({ length: 10 }, () => t.wait("192.0.2.1", "x"));
  assertEquals(waits.slice(0, 4), [2_000, 4_000, 6_000, 8_000]);
  assert(waits.every((wait) => wait <= 15_000));
});

Deno.test("of a thousand tries at once from an address ten wait, and of a user's all", () => {
  const { throttle: t, clock } = throttle();
  for (let n = 0; n < 10; n++) t.failed("192.0.2.1", `user${n}`);
  const all = () =>
    Array.from({ length: 1_000 }, (_, n) => t.wait("192.0.2.1", `x${n}`));
  const waiting = (waits: number[]) =>
    waits.filter((wait) => wait < Infinity).length;
  assertEquals(waiting(all()), 10);
  clock.now += 14_000;
  assertEquals(waiting(all()), 0);
  clock.now += 1_000;
  assertEquals(waiting(all()), 10);
  clock.now -= 86_400_000;
  assertEquals(waiting(all()), 10);
  for (let n = 0; n < 10; n++) t.failed(`198.51.100.${n}`, "alice");
  for (let n = 0; n < 100; n++) {
    assertEquals(t.wait(`203.0.113.${n}`, "alice"), 4_000);
  }
});

Deno.test("failures are forgotten with time, and a clock set back forgets nothing", () => {
  const { throttle: t, clock } = throttle();
  for (let n = 0; n < 4; n++) t.failed("192.0.2.1", "alice");
  clock.now -= 86_400_000;
  assert(t.wait("192.0.2.1", "bob") > 0);
  clock.now += 86_400_000 + 60_000;
  assertEquals(t.wait("192.0.2.1", "bob"), 1_000);
  clock.now += 60_000;
  assertEquals(t.wait("192.0.2.1", "bob"), 0);
});

Deno.test("what is remembered is bounded", () => {
  const { throttle: t } = throttle();
  for (let n = 0; n < 60_000; n++) t.failed(`address ${n}`, `user ${n}`);
  assertEquals(t.size, 100_000);
});

Deno.test("without a delay there is no wait", () => {
  const t = new LoginThrottle({
    delay: 0,
    longestByAddress: 15_000,
    longestByUser: 4_000,
    forget: 60_000,
    now: Date.now,
  });
  for (let n = 0; n < 10; n++) t.failed("192.0.2.1", "alice");
  assertEquals(t.wait("192.0.2.1", "alice"), 0);
});
