/** `imapd check`, run as a user would. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { summarize } from "../../../protocol/imap/summary.ts";
import { openKvStorage } from "../../../storage/kv/mod.ts";
import { imapd, startServer, withFolder } from "../../cli/run.ts";

/** Makes a database with a message, and breaks it. */
async function breakDatabase(path: string): Promise<void> {
  {
    await using storage = await openKvStorage({ path });
    const account = await storage.openAccount("alice\u202e");
    const inbox = await account.openMailbox("INBOX");
    const source = new TextEncoder().encode("Subject: x\r\n\r\nHello\r\n");
    const summary = summarize(source);
    await inbox.append([{ source, summary, flags: [], internalDate: 0 }]);
    inbox.close();
    account.close();
  }
  const kv = await Deno.openKv(path);
  for await (const { key } of kv.list({ prefix: ["head"] })) {
    await kv.set(key, new Uint8Array(5));
  }
  for await (const { key } of kv.list({ prefix: ["summary"] })) {
    await kv.delete(key);
  }
  kv.close();
}

Deno.test("check reports, repairs, and is content then", () =>
  withFolder(async (dir) => {
    const path = join(dir, "imapd.kv");
    const check = (...args: string[]) => imapd("check", "--kv", path, ...args);
    await breakDatabase(path);
    const reported = await check();
    assertEquals(reported.status, 1, reported.err);
    assertEquals(reported.err, "");
    assertEquals(reported.out.split("\n"), [
      "INBOX of alice\\u{202e}: the head cannot be read",
      "content 1 of mailbox 2: there is no summary",
      "1 accounts, 1 mailboxes, 1 messages with 1 contents",
      "2 faults; --repair repairs them",
      "",
    ]);
    const json = JSON.parse((await check("--json")).out);
    assertEquals([json.faults, json.left, json.repair, json.untold], [
      2,
      2,
      false,
      0,
    ]);
    assertEquals(json.findings[1].kind, "summary");
    const repaired = await check("--repair");
    assertEquals(repaired.status, 0);
    assertStringIncludes(
      repaired.out,
      "the head cannot be read: wrote anew what can be read, 1 messages\n",
    );
    assertMatch(repaired.out, /\n2 faults repaired\n$/);
    const well = await check("--repair");
    assertEquals([well.status, well.out.split("\n").at(-2)], [
      0,
      "All is well",
    ]);
    await using storage = await openKvStorage({ path });
    assertEquals(await storage.verify(), []);
  }));

Deno.test("check wants a database, and for itself", () =>
  withFolder(async (dir) => {
    const path = join(dir, "imapd.kv");
    const none = await imapd("check", "--kv", path);
    assertEquals(none.status, 1);
    assertEquals(none.err, `imapd: There is no database ${path}\n`);
    assertEquals((await imapd("check", "now")).status, 2);
    await using _server = await startServer("--kv", path);
    const busy = await imapd("check", "--kv", path);
    assertEquals(busy.status, 1);
    assertStringIncludes(busy.err, "stop the server that runs on it first");
  }));
