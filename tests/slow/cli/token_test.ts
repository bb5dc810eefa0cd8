/** Tokens and a passwd-file, by the command line. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { imapd, login, startServer, withFolder } from "../../cli/run.ts";

Deno.test("tokens are added, listed and taken away; users are in a passwd-file", () =>
  withFolder(async (dir) => {
    const file = join(dir, "users");
    const config = join(dir, "imapd.yaml");
    await Deno.writeTextFile(
      file,
      "alice:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n" +
        "bob:{SSHA}0MGT6/9DR1SPo4jAq/59+QgIqEtV2hR0\n",
    );
    await Deno.writeTextFile(config, `kv: data/imapd.kv\npasswdFile: users\n`);
    const token = (...args: string[]) =>
      imapd("user", "token", ...args, "--config", config);
    const added = await token(
      ...["add", "alice", "--label", "phone", "--expires", "30d"],
      ...["--read-only", "--mailbox", "inbox", "--mailbox", "Lists/deno"],
    );
    const [, secret, id] =
      /^token: (imapd-[a-z2-9]{26})\nid: ([a-z2-9]{8})\n$/.exec(added.out) ??
        [];
    assertEquals([added.status, added.err], [0, ""]);
    const listed = await token("list", "alice", "--json");
    const [{ created, expires, ...about }] = JSON.parse(listed.out);
    assertEquals(Date.parse(expires) - Date.parse(created), 30 * 86_400_000);
    assertEquals(about, {
      id,
      label: "phone",
      readOnly: true,
      mailboxes: ["INBOX", "Lists/deno"],
    });
    {
      await using server = await startServer("--config", config);
      assertEquals(await login(server, "alice", "secret"), true);
      assertEquals(await login(server, "alice", secret!), true);
      assertEquals(await login(server, "bob", secret!), false);
      await Deno.writeTextFile(file, "bob:{PLAIN}other\n");
      server.signal("SIGHUP");
      await server.logged("reloaded");
      assertEquals(await login(server, "bob", "other"), true);
      assertEquals(await login(server, "alice", secret!), false);
      assertEquals(server.err.includes("Made one"), false);
      assertEquals(server.err.includes(secret!), false);
    }
    const after = await token("list", "alice");
    assertMatch(
      after.out,
      /^\w+ {2}phone {2}\(read-only; INBOX, Lists\/deno; ends \d{4}-\d\d-\d\d; used \d{4}-\d\d-\d\d\)\n$/,
    );
    assertEquals((await token("remove", "alice", id!)).status, 0);
    const again = await token("remove", "alice", id!);
    assertEquals(again.status, 1);
    assertStringIncludes(again.err, `User alice has no token ${id}`);
    assertEquals((await token("list", "alice")).out, "");
  }));

Deno.test("tokens that cannot be", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv")];
    const cases: readonly [args: string[], status: number, message: string][] =
      [
        [["add", "nobody"], 1, "There is no user nobody"],
        [["make", "alice"], 2, "user token needs one of add list remove"],
        [["remove", "alice"], 2, "user token remove needs a name and an ID"],
        [["add", "a", "--expires", "soon"], 2, "--expires needs a time"],
        [["add", "a", "--expires", "2001-01-01"], 2, "--expires needs a time"],
        [["add", "a", "--mailbox", "a//b"], 2, '"a//b" cannot be a mailbox'],
        [["add", "a", "--read-only", "--append-only"], 2, "nothing to do"],
        [["list", "a", "--passwd-file", "x"], 2, "no option --passwd-file"],
      ];
    for (let index = 0; index < cases.length; index += 2) {
      await Promise.all(
        cases.slice(index, index + 2).map(async ([args, status, text]) => {
          const said = await imapd("user", "token", ...args, ...kv);
          assertEquals([said.status, said.out], [status, ""], said.err);
          assertStringIncludes(said.err, text);
        }),
      );
    }
    const none = await imapd("--passwd-file", join(dir, "none"), ...kv);
    assertEquals(none.status, 1);
    assertStringIncludes(none.err, "The passwd-file cannot be read: No such");
  }));
