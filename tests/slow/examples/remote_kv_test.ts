/** Two servers of the example, in this process, on one remote KV: sessions at both are in one mailbox. */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { start } from "../../../examples/remote_kv.ts";
import { allowAccess } from "../../kv_connect/client.ts";
import { startKvServer } from "../../kv_connect/server.ts";
import { LineClient } from "../../testing/client.ts";

Deno.test("several servers on one remote KV", async () => {
  allowAccess();
  await using kv = startKvServer({ latency: 2 });
  await using here = await start(kv.url, 0);
  await using there = await start(kv.url, 0);
  using writer = await LineClient.login(here.server.addr.port);
  using idler = await LineClient.login(there.server.addr.port);
  await writer.ask("CREATE Box");
  assertMatch(await writer.ask("SELECT Box"), /^\* 0 EXISTS\r\n/m);
  assertMatch(await idler.ask("SELECT Box"), /^\* 0 EXISTS\r\n/m);
  await idler.say("i IDLE\r\n");
  await idler.until(/^\+ /m);

  await writer.ask("APPEND Box {14+}\r\nSubject: a\r\n\r\n");
  await idler.until(/^\* 1 EXISTS\r\n/m);
  await writer.ask("STORE 1 +FLAGS (\\Flagged)");
  await idler.until(/^\* 1 FETCH \(.*\\Flagged.*\)\r\n/m);
  await writer.ask("APPEND Box {14+}\r\nSubject: b\r\n\r\n");
  await idler.until(/^\* 2 EXISTS\r\n/m);
  await writer.ask("MOVE 1 INBOX");
  await idler.until(/^\* 1 EXPUNGE\r\n/m);

  // At the other server numbers are those that it has told of, and what is named by them is the right message.
  await idler.say("DONE\r\n");
  await idler.until(/^i OK/m);
  const fetched = await idler.ask(
    "FETCH 1 (UID BODY[HEADER.FIELDS (Subject)])",
  );
  assertMatch(fetched, /^\* 1 FETCH \(UID 2 [^]*Subject: b\r\n/m);
  assertMatch(await idler.ask("STATUS INBOX (MESSAGES)"), /MESSAGES 1\)/);
  await writer.ask("DELETE Box");
  assertMatch(await idler.ask("NOOP"), /^\* BYE /m);
});

Deno.test("the example runs with the permissions that it names", async () => {
  allowAccess();
  await using kv = startKvServer();
  const file = fromFileUrl(
    new URL("../../../examples/remote_kv.ts", import.meta.url),
  );
  const [, flags] = /`deno run (.*) examples\/remote_kv.ts/.exec(
    await Deno.readTextFile(file),
  )!;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags!.split(" "), file, kv.url, "0"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let ended = false;
  child.status.then(() => ended = true);
  // It opens the database before it listens.
  while (kv.requests.read === 0 && !ended) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (!ended) child.kill("SIGTERM");
  const { stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
});
