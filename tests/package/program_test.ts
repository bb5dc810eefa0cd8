/** The program as it is run without a clone: `deno run jsr:@x/imapd`, and what `deno install` makes. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { complaints, enter, firstPassword } from "./first_start.ts";
import { PACKAGE } from "./publish.ts";
import { User } from "./user.ts";

const KV = ["--kv", "mail/imapd.kv"];

Deno.test("deno run -A: Deno KV without a flag, and what it kept is there again", async () => {
  await using user = await User.create();
  const run = ["run", "-A", PACKAGE];
  const first = await user.serve(run, KV);
  const password = firstPassword(first);
  {
    using client = await enter(first, password);
    const stored = await client.ask("APPEND INBOX {4+}\r\nabcd");
    assertMatch(stored, /^t2 OK \[APPENDUID \d+ 1\]/m);
  }
  assertEquals(await first.stop("SIGTERM"), 0);
  assertEquals(complaints(first), []);
  const listed = await user.deno(
    ...run,
    "mailbox",
    "list",
    "--user",
    "user",
    ...KV,
  );
  assertEquals([listed.status, listed.out.includes("INBOX")], [0, true]);
  await using second = await user.serve(run, KV);
  using client = await enter(second, password);
  await client.ask("SELECT INBOX");
  const fetched = await client.ask("FETCH 1 BODY.PEEK[]");
  assertStringIncludes(fetched, "{4}\r\nabcd");
});

Deno.test("what `deno cache` has fetched is all of it: no network is needed afterwards", async () => {
  await using user = await User.create();
  assertEquals((await user.deno("cache", PACKAGE)).status, 0);
  await user.goOffline();
  await using server = await user.serve(["run", "-A", PACKAGE], KV);
  (await enter(server, firstPassword(server)))[Symbol.dispose]();
  assertEquals(complaints(server), []);
});

Deno.test("with the flag it needs the network, and its data's folder, and nothing else", async () => {
  await using user = await User.create();
  const permissions = ["net=127.0.0.1", "read=mail", "write=mail"];
  await using server = await user.serve([
    ...["run", "--no-prompt", "--unstable-kv"],
    ...permissions.map((permission) => `--allow-${permission}`),
    PACKAGE,
  ], KV);
  (await enter(server, firstPassword(server)))[Symbol.dispose]();
  assertEquals(complaints(server), []);
});

Deno.test("without the flag, where it may not run itself, npm:@deno/kv serves", async () => {
  await using user = await User.create();
  const permissions = ["net=127.0.0.1", "read", "write=mail", "sys", "ffi"];
  await using server = await user.serve([
    ...["run", "--no-prompt"],
    ...permissions.map((permission) => `--allow-${permission}`),
    PACKAGE,
  ], KV);
  (await enter(server, firstPassword(server)))[Symbol.dispose]();
  const [line, ...others] = complaints(server);
  assertStringIncludes(line!, "npm:@deno/kv stands in for Deno KV");
  assertStringIncludes(line!, "--unstable-kv");
  assertEquals(others, []);
});

Deno.test("without the flag and the means to go without it, it names the flag", async () => {
  await using user = await User.create();
  const { status, err } = await user.deno(
    ...["run", "--no-prompt", "--allow-net", "--allow-read", "--allow-write"],
    ...[PACKAGE, "serve", ...KV],
  );
  assertEquals(status, 1);
  assertMatch(err, /does not open: .*--unstable-kv/);
});

Deno.test("deno install makes a command", async () => {
  await using user = await User.create();
  const installed = await user.deno(
    ...["install", "--global", "-A", "--root", ".deno", "-n", "imapd", PACKAGE],
  );
  assertEquals(installed.status, 0, installed.err);
  const imapd = join(user.dir, ".deno", "bin", "imapd");
  const { status, out } = await user.run(imapd, ["version"]);
  assertEquals(status, 0);
  assertMatch(out, new RegExp(`^imapd ${project.version} \\(deno `));
  await using server = await user.serve([], KV, imapd);
  (await enter(server, firstPassword(server)))[Symbol.dispose]();
  assertEquals(complaints(server), []);
});
