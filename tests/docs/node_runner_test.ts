/**
 * What docs/testing.md says of Node: its tests start imapd as a process, and tests that were written for its
 * runner run under Deno with a server in them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { test } from "node:test";
import { testServer } from "../../testing.ts";
import { fencesOf } from "./fences.ts";

const MAIN = fromFileUrl(new URL("../../mod.ts", import.meta.url));

/** Whether there is a Node with a runner that ends by itself, which it has had since version 20. */
function hasNode(): boolean {
  try {
    const { stdout } = new Deno.Command("node", { args: ["--version"] })
      .outputSync();
    return Number(/^v(\d+)/.exec(new TextDecoder().decode(stdout))?.[1]) >= 20;
  } catch {
    return false;
  }
}

Deno.test({
  name: "documentation: the example for Node passes under node --test",
  ignore: !hasNode(),
  async fn() {
    const [example] = (await fencesOf("docs/testing.md"))
      .filter(({ info }) => info[0] === "js");
    assert(example);
    const text = example.text
      .replace(`spawn("deno"`, `spawn(${JSON.stringify(Deno.execPath())}`)
      .replace("jsr:@x/imapd", MAIN);
    assert(text.includes(MAIN) && text.includes(Deno.execPath()));
    const folder = await Deno.makeTempDir();
    try {
      const file = join(folder, "imapd.test.mjs");
      await Deno.writeTextFile(file, text);
      const { code, stdout } = await new Deno.Command("node", {
        args: ["--test", "--test-reporter=tap", file],
        env: { NO_COLOR: "1" },
      }).output();
      const report = new TextDecoder().decode(stdout);
      assertEquals(code, 0, report);
      assert(/^# pass 1$/m.test(report), report);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

test("documentation: a test of node:test has a server under Deno", async () => {
  await using server = await testServer();
  await server.deliver("alice", "Subject: Hi\n\n");
  assertEquals((await server.mailbox("alice")).messages.length, 1);
});
