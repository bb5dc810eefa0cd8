/** `imapd serve --workers` as a process: all threads serve, reload and stop as one. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { LineClient } from "../../testing/client.ts";
import { imapd, login, startServer, withFolder } from "../../cli/run.ts";

/** So many logins land in each of two threads, but for once in a million times. */
const LOGINS = 20;

Deno.test("several workers serve, go by what is configured anew, and stop as one", () =>
  withFolder(async (dir) => {
    const file = join(dir, "imapd.yaml");
    const write = (users: string) =>
      Deno.writeTextFile(
        file,
        `kv: imapd.kv\nworkers: 2\nusers: ${users}\n`,
      );
    await write("{ alice: secret }");
    const server = await startServer("--config", file);
    for (let n = 0; n < LOGINS; n++) {
      assertEquals(await login(server, "alice", "secret"), true);
    }
    const connections = [...server.err.matchAll(/ login connection=(\d+)/g)]
      .map(([, number]) => Number(number));
    assertEquals(new Set(connections).size, LOGINS);
    assertEquals(connections.some((number) => number < 1_000_000), true);
    assertEquals(connections.some((number) => number > 1_000_000), true);
    await write("{ bob: geheim }");
    server.signal("SIGHUP");
    await server.logged("reloaded");
    // The other thread hears of it a moment later; from then on alice is unknown to both.
    for (let known = 0; known < LOGINS;) {
      known = await login(server, "bob", "geheim") ? known + 1 : 0;
    }
    assertEquals(await server.stop("SIGTERM"), 0);
    const again = await startServer("--config", file, "--workers", "1");
    assertEquals(await login(again, "bob", "geheim"), true);
    assertEquals(await again.stop("SIGTERM"), 0);
  }));

/** Appends a message in a connection of its own, whichever thread that comes to. */
async function append(port: number, source: string): Promise<void> {
  using client = await LineClient.open(port);
  assertMatch(await client.ask("LOGIN alice secret"), /^t1 OK/m);
  const said = await client.ask(
    `APPEND INBOX {${source.length}+}\r\n${source}`,
  );
  assertMatch(said, /^t2 OK/m);
}

/** How many messages there are. */
async function countOf(port: number): Promise<number> {
  using client = await LineClient.open(port);
  await client.ask("LOGIN alice secret");
  const said = await client.ask("SELECT INBOX");
  return Number(/^\* (\d+) EXISTS/m.exec(said)?.[1]);
}

for (const journal of [true, false]) {
  Deno.test(`several workers have ${journal ? "a" : "no"} journal, and lose nothing when they are killed`, () =>
    withFolder(async (dir) => {
      const file = join(dir, "imapd.yaml");
      await Deno.writeTextFile(
        file,
        "kv: imapd.kv\nusers: { alice: secret }\n",
      );
      const isThere = () =>
        Deno.stat(join(dir, "imapd.kv.journal")).then(() => true, () => false);
      const start = (workers: number) =>
        startServer(
          ...["--config", file, "--workers", `${workers}`],
          ...(journal ? [] : ["--without-journal"]),
        );
      const killed = await start(2);
      assertEquals(await isThere(), journal);
      for (let n = 0; n < LOGINS; n++) {
        await append(killed.port, `Subject: ${n}\r\n\r\n`);
      }
      await killed.stop("SIGKILL");
      assertEquals(await isThere(), journal);
      for (const workers of [2, 1]) {
        const again = await start(workers);
        assertEquals(await countOf(again.port), LOGINS);
        assertEquals(await again.stop("SIGTERM"), 0);
        assertEquals(await isThere(), false);
      }
    }));
}

Deno.test("several workers want a database in a file", async () => {
  const { status, err } = await imapd(
    ...["serve", "--kv", ":memory:", "--port", "0", "--workers", "2"],
  );
  assertEquals(status, 1);
  assertStringIncludes(err, "a database in a file");
});
