/** Thousands who connect and say next to nothing: others log in, memory stays bounded, all of them are dropped in time. */

import { assert, assertEquals } from "@std/assert";
import { login } from "../cli/run.ts";
import {
  assertPrompt,
  atMost,
  memoryOf,
  wallTime,
  withServer,
} from "./support.ts";

/** What they may cost, in MiB. */
const MAX_GROWTH = 150;

Deno.test({
  name: "silent connections do not keep others out, and are dropped",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer("limits: { loginTime: 15000 }\n", async (server) => {
      assertEquals(await login(server, "alice", "secret"), true);
      const before = memoryOf(server);
      const silent: Deno.TcpConn[] = [];
      const { port } = server;
      for (let left = atMost(5_000); left > 0; left--) {
        silent.push(await Deno.connect({ port, hostname: "127.0.0.1" }));
      }
      await assertPrompt(
        `login beside ${silent.length}`,
        { wall: 1_000 },
        () =>
          wallTime(async () => {
            assertEquals(await login(server, "alice", "secret"), true);
          }),
      );
      const growth = memoryOf(server) - before;
      console.log(`memory: ${growth.toFixed(0)} MiB more`);
      assert(growth < MAX_GROWTH);
      // A byte now and then is not enough (item 10 of the hostile input).
      const byte = new TextEncoder().encode("x");
      const drip = setInterval(() => {
        for (const conn of silent) conn.write(byte).catch(() => {});
      }, 5_000);
      const buffer = new Uint8Array(1_024);
      await Promise.all(silent.map(async (conn) => {
        try {
          while (await conn.read(buffer) !== null);
        } catch {
          // Reset: dropped as well.
        }
        conn.close();
      }));
      clearInterval(drip);
      assertEquals(await login(server, "alice", "secret"), true);
    }),
});
