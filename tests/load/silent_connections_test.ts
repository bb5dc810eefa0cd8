/**
 * Thousands who connect and say nothing: others log in all the while, memory stays bounded, and all of them are
 * dropped in time. The server is a process of its own, so that its memory can be told from the test's.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { login, startWith, withFolder } from "../cli/run.ts";

const MAIN = new URL("../../mod.ts", import.meta.url).pathname;
/** What they may cost, in MiB. */
const MAX_GROWTH = 150;

/** As many as the system has files for on both sides, at most 5,000. */
function howMany(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const files = Number(/Max open files\s+(\d+)/.exec(limits)?.[1] ?? 1_024);
  return Math.min(5_000, files - 300);
}

function memoryOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_024;
}

Deno.test({
  name: "silent connections do not keep others out, and are dropped",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (dir) => {
      const config = join(dir, "imapd.yaml");
      await Deno.writeTextFile(
        config,
        "kv: ':memory:'\nlimits: { loginTime: 15000 }\nusers: { alice: secret }\n",
      );
      const runtime = ["run", "-A", "--unstable-kv", MAIN];
      await using server = await startWith(runtime, ["--config", config]);
      assertEquals(await login(server, "alice", "secret"), true);
      const before = memoryOf(server.pid);
      const silent: Deno.TcpConn[] = [];
      const { port } = server;
      for (let left = howMany(); left > 0; left--) {
        silent.push(await Deno.connect({ port, hostname: "127.0.0.1" }));
      }
      for (let n = 0; n < 5; n++) {
        const begun = performance.now();
        assertEquals(await login(server, "alice", "secret"), true);
        const time = (performance.now() - begun).toFixed(1);
        console.log(`login beside ${silent.length} silent ones: ${time} ms`);
      }
      const growth = memoryOf(server.pid) - before;
      console.log(`memory: ${growth.toFixed(0)} MiB more`);
      assert(growth < MAX_GROWTH);
      const buffer = new Uint8Array(1_024);
      await Promise.all(silent.map(async (conn) => {
        try {
          while (await conn.read(buffer) !== null);
        } catch {
          // Reset: dropped as well.
        }
        conn.close();
      }));
      assertEquals(await login(server, "alice", "secret"), true);
    }),
});
