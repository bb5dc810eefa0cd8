/** The command line, run as a user would. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { imapd, login, startServer, withFolder } from "../../cli/run.ts";

Deno.test("help and version tell what there is, and exit with 0", async () => {
  const [overview, serve, version] = await Promise.all([
    imapd("help"),
    imapd("serve", "--help"),
    imapd("--version"),
  ]);
  for (const { status } of [overview, serve, version]) assertEquals(status, 0);
  for (const name of ["serve", "init", "user", "mailbox", "import"]) {
    assertStringIncludes(overview.out, `\n  ${name} `);
  }
  assertStringIncludes(serve.out, "--tls-port N");
  assertMatch(version.out, /^imapd \d+\.\d+\.\d+ /);
});

Deno.test("wrong use exits with 2 and a hint", async () => {
  const cases: readonly [args: string[], message: string][] = [
    [["versoin"], "There is no command versoin; did you mean version?"],
    [["serve", "--prt", "1"], "There is no option --prt; did you mean --port?"],
    [["--port", "many"], "--port: Expected a port from 0 to 65535, or off"],
    [["--port"], "--port needs a value"],
    [["--trace=yes"], "--trace takes no value"],
    [["serve", "now"], "serve takes no operand now"],
    [["--user", "alice"], "--user needs NAME:PASSWORD"],
    [["--config", "none.yaml"], "There is no configuration file none.yaml"],
    [["user", "add"], "user add needs one name"],
    [["import", "x"], "import needs --user"],
  ];
  for (let index = 0; index < cases.length; index += 2) {
    await Promise.all(
      cases.slice(index, index + 2).map(async ([args, text]) => {
        const { status, err } = await imapd(...args);
        assertEquals(status, 2, err);
        assertStringIncludes(err, `imapd: ${text}\n`);
      }),
    );
  }
});

Deno.test("users are added, listed, changed and removed; a server lets them in", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "data", "imapd.kv")];
    const user = (...args: string[]) => imapd("user", ...args, ...kv);
    assertEquals(
      (await imapd(
        { input: "secret\nrest" },
        "user",
        "add",
        "alice",
        ...kv,
        "--password-stdin",
      ))
        .status,
      0,
    );
    const generated = await user("add", "bob");
    assertMatch(generated.out, /^password: [a-z2-9-]{24}\n$/);
    const again = await user("add", "bob");
    assertEquals(again.status, 1);
    assertStringIncludes(again.err, "User bob is there already");
    assertEquals((await user("disable", "bob")).status, 0);
    assertEquals((await user("list")).out, "alice\nbob  (disabled)\n");
    {
      await using server = await startServer(...kv);
      assertEquals(await login(server, "alice", "secret"), true);
      assertEquals(await login(server, "alice", "wrong"), false);
      const password = generated.out.slice("password: ".length).trim();
      assertEquals(await login(server, "bob", password), false);
    }
    assertEquals((await user("remove", "bob")).status, 0);
    assertEquals((await user("list", "--json")).out.includes("bob"), false);
    assertEquals((await user("remove", "bob")).status, 1);
  }));

Deno.test("init writes a configuration that serves", () =>
  withFolder(async (dir) => {
    const file = join(dir, "etc", "imapd.yaml");
    const kv = join(dir, "data", "imapd.kv");
    const { out, status } = await imapd("init", file, "--kv", kv);
    assertEquals(status, 0);
    const password = /user: user, password: (\S+)/.exec(out)![1]!;
    const again = await imapd("init", file, "--kv", kv);
    assertEquals(again.status, 1);
    const { mode } = await Deno.stat(join(dir, "data", "imapd.key"));
    assertEquals(mode! & 0o777, 0o600);
    await using server = await startServer("--config", file);
    assertEquals(await login(server, "user", password), true);
    assertEquals(await server.stop("SIGTERM"), 0);
    assertEquals(server.err.includes("Made one"), false);
  }));

Deno.test("messages are imported and counted", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv"), "--user", "alice"];
    const mbox = join(dir, "mail.mbox");
    await Deno.writeTextFile(
      mbox,
      "From a@b Tue Jul  1 10:52:37 2003\nSubject: 1\nStatus: RO\n\nHello\n\n" +
        "From a@b Tue Jul  1 10:52:38 2003\nSubject: 2\n\nHello\n",
    );
    const imported = await imapd(
      "import",
      mbox,
      "--mailbox",
      "Old/Mail",
      ...kv,
      "--json",
    );
    assertEquals(imported.status, 0, imported.err);
    const { seconds, ...result } = JSON.parse(imported.out);
    assertEquals(typeof seconds, "number");
    assertEquals(result, {
      imported: 2,
      bytes: 54,
      alreadyThere: 0,
      refused: 0,
      sources: [{
        path: mbox,
        mailbox: "Old/Mail",
        imported: 2,
        bytes: 54,
        alreadyThere: 0,
        refused: 0,
        keywordsLeftOut: [],
        failures: [],
      }],
    });
    const stat = await imapd("mailbox", "stat", "Old/Mail", ...kv, "--json");
    const [mailbox] = JSON.parse(stat.out);
    assertEquals([mailbox.messages, mailbox.unseen, mailbox.size], [2, 1, 54]);
    assertEquals((await imapd("mailbox", "create", "New", ...kv)).status, 0);
    assertEquals(
      (await imapd("mailbox", "delete", "Old/Mail", ...kv)).status,
      0,
    );
    const { out } = await imapd("mailbox", "list", ...kv);
    assertEquals(out, "INBOX\nNew\n");
    const gone = await imapd("mailbox", "stat", "Old/Mail", ...kv);
    assertEquals([gone.status, gone.out], [1, ""]);
  }));
