/** The program, run as a user would: that it starts. What else it does is in `tests/slow/cli`. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { login, startServer, withFolder } from "./cli/run.ts";

Deno.test("the program serves, lets a user in, and stops on SIGTERM", () =>
  withFolder(async (dir) => {
    const kv = join(dir, "imapd.kv");
    await using server = await startServer(
      "--kv",
      kv,
      "--user",
      "alice:secret",
    );
    assertEquals(await login(server, "alice", "secret"), true);
    assertEquals(await login(server, "alice", "wrong"), false);
    assertEquals(await server.stop("SIGTERM"), 0);
  }));
