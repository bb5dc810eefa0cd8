/** What is published: all that a user needs, and nothing that only the project does. */

import { assert, assertEquals } from "@std/assert";
import { toFileUrl } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { publishedPackage, ROOT, run } from "./publish.ts";

/** The files, by their paths in the project. */
async function publishedFiles(): Promise<Map<string, Uint8Array>> {
  const { files } = await publishedPackage();
  return new Map([...files].map(([path, bytes]) => [path.slice(1), bytes]));
}

Deno.test("deno publish finds nothing to object to", async () => {
  const { status, err } = await run(
    Deno.execPath(),
    ["publish", "--dry-run", "--allow-dirty"],
    { cwd: ROOT },
  );
  assertEquals(status, 0, err);
  const file = new RegExp(`^   ${toFileUrl(ROOT)}(\\S+) \\(`);
  const listed: string[] = [];
  const other: string[] = [];
  const usual = /^$|^Check|^Simulating publish|^Success/;
  for (const line of err.split("\n")) {
    const path = file.exec(line)?.[1];
    if (path !== undefined) listed.push(path);
    else if (!usual.test(line)) other.push(line);
  }
  assertEquals(other, []);
  assertEquals(listed.sort(), [...(await publishedFiles()).keys()].sort());
});

Deno.test("no tests, measurements, tools or data of the project are in it", async () => {
  const own =
    /^(tests|bench|tools|imapd-data|\.\w+)\/|_test\.|\.test\.|^deno\.lock$|\.(db|kv|sqlite|eml|mbox|imap|pem|key)$/;
  const files = await publishedFiles();
  const found = [...files.keys()].filter((path) => own.test(path));
  // An example of how to test, which the documents lead to.
  assertEquals(found, ["examples/imap_in_a_test.ts"]);
});

Deno.test("what it exports, its licence and its documents are in it, with all that they lead to", async () => {
  const files = await publishedFiles();
  const entries = Object.values(project.exports).map((path) => path.slice(2));
  for (const path of [...entries, "README.md", "LICENSE", "CHANGELOG.md"]) {
    assert(files.has(path), path);
  }
  const lost: string[] = [];
  for (const [path, bytes] of files) {
    if (!path.endsWith(".md")) continue;
    const text = new TextDecoder().decode(bytes);
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const to = new URL(target!, `file:///${path}`).pathname.slice(1);
      const there = to.endsWith("/")
        ? [...files.keys()].some((file) => file.startsWith(to))
        : files.has(to);
      if (!there) lost.push(`${path}: ${target}`);
    }
  }
  assertEquals(lost, []);
});
