/** `imapd serve` in several processes on one remote Deno KV. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  imapd,
  login,
  type RunningServer,
  startWith,
  withFolder,
} from "../cli/run.ts";
import { LineClient } from "../testing/client.ts";
import { allowAccess } from "../kv_connect/client.ts";
import { startKvServer } from "../kv_connect/server.ts";

const MAIN = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** Logs in and selects INBOX. */
async function selected(
  server: RunningServer,
  password: string,
): Promise<LineClient> {
  const client = await LineClient.open(server.port);
  assertMatch(await client.ask(`LOGIN user ${password}`), /^t1 OK/m);
  assertMatch(await client.ask("SELECT INBOX"), /^t2 OK/m);
  return client;
}

async function append(client: LineClient, text: string): Promise<string> {
  return await client.ask(`APPEND INBOX {${text.length}+}\r\n${text}`);
}

Deno.test("several processes serve one remote KV, and one may die", () =>
  withFolder(async (dir) => {
    allowAccess();
    await using kv = startKvServer({ latency: 2 });
    const start = () =>
      startWith(["run", "-A", MAIN], ["--kv", kv.url], { cwd: dir });

    await using first = await start();
    const password = /password: +(\S+)/.exec(first.err)![1]!;
    await using second = await start();
    assertEquals(second.err.includes("password:"), false);

    // A third process makes a user: both servers know it.
    const made = await imapd("user", "add", "bob", "--kv", kv.url);
    const secret = /password: +(\S+)/.exec(made.out)![1]!;
    assert(await login(first, "bob", secret));
    assert(await login(second, "bob", secret));

    using writer = await selected(first, password);
    using idler = await selected(second, password);
    await idler.say("i IDLE\r\n");
    await idler.until(/^\+/m);
    assertMatch(
      await append(writer, "Subject: 1\r\n\r\n"),
      /APPENDUID \d+ 1\]/,
    );
    await idler.until(/^\* 1 EXISTS\r\n/m);

    await first.stop("SIGKILL");
    using other = await selected(second, password);
    assertMatch(await append(other, "Subject: 2\r\n\r\n"), /APPENDUID \d+ 2\]/);
    await idler.until(/^\* 2 EXISTS\r\n/m);
    await idler.say("DONE\r\n");
    assertMatch(await idler.until(/^i .*\r\n/m), /^i OK/m);

    await using third = await start();
    using reader = await selected(third, password);
    const subjects = await reader.ask(
      "FETCH 1:* BODY[HEADER.FIELDS (Subject)]",
    );
    assertMatch(subjects, /Subject: 1\r\n[^]*Subject: 2\r\n/);
    assertEquals(await second.stop("SIGTERM"), 0);
    assertEquals(await third.stop("SIGTERM"), 0);
  }));
