/** Commands for many messages, run as a user would: what they refuse, and what they print. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { message, testServer } from "../../../testing.ts";
import { imapd, type Outcome, withFolder } from "../../cli/run.ts";

/** A command that only reads its arguments. */
async function refused(args: readonly string[], text: string): Promise<void> {
  const { status, out, err } = await imapd(...args);
  assertEquals([status, out], [2, ""], err);
  assertStringIncludes(err, `imapd: ${text}\n`);
}

/** The one JSON object that a command prints. */
function json({ status, out, err }: Outcome): Record<string, unknown> {
  assertEquals(status, 0, err);
  assertEquals(out.split("\n").length, 2);
  return JSON.parse(out);
}

Deno.test("wrong use of export and migrate exits with 2", async () => {
  const from = ["--from", "imap://alice@localhost", "--user", "alice"];
  const cases: readonly [args: string[], message: string][] = [
    [["export"], "export needs --user"],
    [
      ["export", "--user", "a", "--to", "x"],
      "export needs --format mbox|maildir|eml",
    ],
    [["migrate", "--user", "a"], "migrate needs --from"],
    [
      ["migrate", "--from", "localhost", "--user", "a"],
      "--from: Expected imap[s]://USER@HOST[:PORT]",
    ],
    [
      ["migrate", ...from, "--connections", "0"],
      "--connections: Expected a number from 1 to 16",
    ],
    [
      ["migrate", ...from],
      "migrate needs --password-file or IMAPD_SOURCE_PASSWORD",
    ],
  ];
  for (let index = 0; index < cases.length; index += 2) {
    const two = cases.slice(index, index + 2);
    await Promise.all(two.map(([args, text]) => refused(args, text)));
  }
});

Deno.test("a migration, an export, an import and stats tell what they did", () =>
  withFolder(async (dir) => {
    const messages = [
      message({ messageId: "<1@x>", flags: ["\\Seen"] }),
      message({ messageId: "<2@x>", text: "x".repeat(2_000) }),
    ];
    await using server = await testServer({
      messages: { alice: { INBOX: messages, "Old/Stuff": [messages[0]!] } },
    });
    const ca = join(dir, "ca.pem");
    await Deno.writeTextFile(ca, server.caCert);
    const password = join(dir, "password");
    await Deno.writeTextFile(password, "secret\n");
    const kv = ["--kv", join(dir, "a", "imapd.kv")];
    const from = `imaps://alice@127.0.0.1:${server.tlsPort}`;
    const migrate = (...more: string[]) =>
      imapd(
        ...["migrate", "--from", from, "--user", "bob", ...kv, "--ca", ca],
        ...more,
      );
    const migrated = await migrate("--password-file", password);
    assertEquals(migrated.status, 0, migrated.err);
    assertMatch(
      migrated.out,
      /^INBOX: 2 messages \(\d+ bytes\)\nOld\/Stuff: 1 messages \(\d+ bytes\)\n$/,
    );
    const wrong = join(dir, "wrong");
    await Deno.writeTextFile(wrong, "wrong");
    const denied = await migrate("--password-file", wrong, "--json");
    assertEquals([denied.status, denied.out], [1, ""]);
    assertStringIncludes(
      denied.err,
      "imapd: 127.0.0.1: NO [AUTHENTICATIONFAILED]",
    );
    const none = await migrate(
      ...["--password-file", password, "--mailbox", "None"],
    );
    assertEquals(none.status, 1);
    assertStringIncludes(none.err, "There is no mailbox None on 127.0.0.1");
    const folder = join(dir, "out");
    const exported = json(
      await imapd(
        ...["export", "--user", "bob", "--format", "maildir", "--to", folder],
        ...[...kv, "--mailbox", "Old*", "--json"],
      ),
    );
    assertEquals([exported.exported, exported.refused], [1, 0]);
    const other = ["--kv", join(dir, "b", "imapd.kv")];
    const imported = json(
      await imapd("import", folder, "--user", "bob", ...other, "--json"),
    );
    assertEquals(imported.imported, 1);
    const stats = json(await imapd("stats", "--json", ...kv));
    assertEquals([stats.messages, stats.unseen], [3, 1]);
    const conflict = await imapd(
      ...["export", "--user", "bob", "--format", "mbox", "--to", folder, ...kv],
    );
    assertEquals(conflict.status, 1);
    assertStringIncludes(conflict.err, "has an export as maildir in it");
  }));
