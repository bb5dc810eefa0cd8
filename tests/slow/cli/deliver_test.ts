/** `imapd deliver` and `imapd stats`, run as a mail server and an operator would. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { imapd, startServer, withFolder } from "../../cli/run.ts";

const MAIL =
  "From bob@example.com Mon Nov 23 00:00:00 2026\nReturn-Path: <old@example.com>\nSubject: Hi\n\n.dot\n";

async function addUser(kv: readonly string[], name: string): Promise<void> {
  const input = { input: "secret\n" };
  const args = ["user", "add", name, "--password-stdin", ...kv];
  assertEquals((await imapd(input, ...args)).status, 0);
}

/** What a mailbox has, by a session of IMAP. */
async function sources(port: number, mailbox: string): Promise<string> {
  using conn = await Deno.connect({ port, hostname: "127.0.0.1" });
  const commands = [
    "a LOGIN alice secret",
    `b EXAMINE ${mailbox}`,
    "c FETCH 1:* BODY.PEEK[]",
    "d LOGOUT",
  ];
  await conn.write(new TextEncoder().encode(commands.join("\r\n") + "\r\n"));
  let text = "";
  for await (
    const chunk of conn.readable.pipeThrough(new TextDecoderStream())
  ) {
    text += chunk;
    if (/^d OK/m.test(text)) break;
  }
  return text;
}

Deno.test("deliver puts a message into the database, or hands it to the server that runs", () =>
  withFolder(async (dir) => {
    const path = join(dir, "data", "imapd.kv");
    const config = join(dir, "imapd.yaml");
    const socket = join(dir, "lmtp.sock");
    await Deno.writeTextFile(config, `kv: ${path}\nlmtpSocket: ${socket}\n`);
    const kv = ["--kv", path];
    await addUser(kv, "alice");
    const deliver = (...args: string[]) =>
      imapd({ input: MAIL }, "deliver", "--config", config, ...args);

    assertEquals(
      await deliver("--user", "alice", "--sender", "bob@example.com"),
      {
        status: 0,
        out: "",
        err: "",
      },
    );
    const unknown = await deliver("--user", "nobody");
    assertEquals(unknown.status, 67);
    assertStringIncludes(unknown.err, "There is no user nobody");
    assertEquals((await deliver()).status, 64);
    assertEquals((await deliver("--user", "a", "b")).status, 64);
    assertEquals(
      (await imapd(
        { input: MAIL },
        "deliver",
        "--user",
        "a",
        "--config",
        `${dir}/none`,
      ))
        .status,
      78,
    );
    assertEquals(
      (await imapd("mailbox", "create", "Lists", "--user", "alice", ...kv))
        .status,
      0,
    );

    await using server = await startServer(
      "--config",
      config,
      "--lmtp-socket",
      socket,
    );
    assertMatch(server.listening.join("\n"), /^listening lmtp .*lmtp\.sock$/m);
    assertEquals((await deliver("--user", "alice")).status, 0);
    assertEquals(
      (await deliver("--user", "alice", "--mailbox", "Lists")).status,
      0,
    );
    assertEquals((await deliver("--user", "nobody")).status, 67);
    const inbox = await sources(server.port, "INBOX");
    assertMatch(inbox, /^\* 2 EXISTS\r$/m);
    assertMatch(inbox, /Return-Path: <bob@example\.com>\r\n/);
    assertMatch(inbox, /Return-Path: <old@example\.com>\r\nDelivered-To: /);
    assertMatch(inbox, /Subject: Hi\r\n\r\n\.dot\r\n/);
    assertStringIncludes(await sources(server.port, "Lists"), "* 1 EXISTS");
    // Without a listener there is no way to a server that runs: later.
    const { status, err } = await imapd(
      { input: MAIL },
      "deliver",
      "--user",
      "alice",
      ...kv,
    );
    assertEquals(status, 75);
    assertStringIncludes(err, "lmtpSocket");
  }));

Deno.test("stats counts accounts, mailboxes and messages", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv")];
    await addUser(kv, "alice");
    assertEquals(
      (await imapd({ input: MAIL }, "deliver", "--user", "alice", ...kv))
        .status,
      0,
    );
    const { status, out } = await imapd("stats", "--json", ...kv);
    assertEquals(status, 0);
    const { databaseSize, size, ...counts } = JSON.parse(out);
    assertEquals(databaseSize > 0 && size > 0, true);
    assertEquals(counts, {
      users: 1,
      mailboxes: 1,
      messages: 1,
      unseen: 1,
      deleted: 0,
      accounts: [{
        user: "alice",
        mailboxes: 1,
        messages: 1,
        unseen: 1,
        deleted: 0,
        size,
      }],
    });
    assertMatch(
      (await imapd("stats", ...kv)).out,
      /^alice: 1 messages in 1 mailboxes/m,
    );
    assertEquals((await imapd("stats", "--top", "x", ...kv)).status, 2);
  }));
