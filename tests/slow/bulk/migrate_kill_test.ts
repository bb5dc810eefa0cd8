/** `imapd migrate` as a user runs it: killed, in JSON, and with a server that uses the database. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openKvStorage } from "../../../storage/kv/mod.ts";
import {
  delay,
  message,
  type TestMail,
  type TestServer,
  testServer,
} from "../../../testing.ts";
import { startServer, withFolder } from "../../cli/run.ts";
import { runAndKill, runThroughKills } from "./kill.ts";
import { messagesIn } from "./source.ts";

function mails(count: number): TestMail[] {
  return Array.from({ length: count }, (_, index) =>
    message({
      subject: `mail ${index}`,
      messageId: `<${index}@example.com>`,
      flags: index % 2 === 0 ? [] : ["\\Seen", "$Work"],
      internalDate: Date.UTC(2020, 1, 1) + index * 1000,
    }));
}

function command(server: TestServer, dir: string, ...more: string[]): string[] {
  return [
    "migrate",
    "--from",
    `imap://alice@127.0.0.1:${server.port}`,
    "--user",
    "bob",
    "--kv",
    join(dir, "imapd.kv"),
    "--starttls",
    "never",
    "--json",
    ...more,
  ];
}

/** The sizes of all files of the state, added up. */
function stateSize(dir: string): number {
  let size = 0;
  try {
    for (const { name } of Deno.readDirSync(join(dir, "migrate"))) {
      for (const file of Deno.readDirSync(join(dir, "migrate", name))) {
        size += Deno.statSync(join(dir, "migrate", name, file.name)).size;
      }
    }
  } catch { /* not there yet, or just replaced */ }
  return size;
}

Deno.test("killed again and again, a migration brings each message once and in order", () =>
  withFolder(async (dir) => {
    await using server = await testServer({
      messages: { alice: { INBOX: mails(1_700), Other: mails(300) } },
    });
    server.faults.on({ command: "UID FETCH" }, delay(15));
    const marks = [1, 4_000, 9_000, 16_000];
    const last = await runThroughKills(
      command(server, dir),
      marks,
      () => stateSize(dir),
    );
    assertEquals([last.status, last.out.split("\n").length], [0, 2], last.err);
    const { copied, alreadyThere, refused, mailboxes } = JSON.parse(last.out);
    assertEquals([copied + alreadyThere, refused], [2_000, 0]);
    assertEquals(
      mailboxes.map(({ source, mailbox }: Record<string, unknown>) => [
        source,
        mailbox,
      ]),
      [["INBOX", "INBOX"], ["Other", "Other"]],
    );
    await using storage = await openKvStorage({ path: join(dir, "imapd.kv") });
    for (const name of ["INBOX", "Other"]) {
      assertEquals(
        await messagesIn(storage, "bob", name),
        await messagesIn(server.storage, "alice", name),
      );
    }
  }));

Deno.test("a dry run changes nothing, and a database in use is left alone", () =>
  withFolder(async (dir) => {
    await using server = await testServer({
      messages: { alice: { INBOX: mails(3) } },
    });
    const data = join(dir, "data");
    const dry = await runAndKill(
      command(server, data, "--dry-run"),
      () => false,
    );
    assertEquals([dry.status, JSON.parse(dry.out).copied], [0, 3], dry.err);
    assertEquals(Array.from(Deno.readDirSync(dir)), []);
    await using _ = await startServer("--kv", join(data, "imapd.kv"));
    const used = await runAndKill(command(server, data), () => false);
    assertEquals([used.status, used.out], [1, ""]);
    assertStringIncludes(used.err, "stop the server that runs on it first");
  }));
