/** The package in somebody's program and in somebody's tests: `import ... from "@x/imapd"`. */

import project from "../../deno.json" with { type: "json" };
import { assertEquals, assertMatch } from "@std/assert";
import { publishedPackage } from "./publish.ts";
import { User } from "./user.ts";

/** Somebody with a program and tests for it. */
async function programmer(): Promise<User> {
  const user = await User.create();
  await user.copy("tests/package/user_code", "program.ts", "tests.ts");
  return user;
}

/** The lines of standard error that are not of `deno`'s downloads. */
function errors(text: string): string[] {
  return text.split("\n").filter((line) =>
    line !== "" && !/^(Download|Initialize|Check) /.test(line)
  );
}

Deno.test("a program: all it needs is the network", async () => {
  await using user = await programmer();
  const { status, out, err } = await user.deno(
    ...["run", "--no-prompt", "--allow-net=127.0.0.1,0.0.0.0", "program.ts"],
  );
  assertEquals([status, errors(err)], [0, []]);
  assertMatch(out, /^alice got uid 1$/m);
  assertMatch(out, /^b OK \[APPENDUID \d+ 1\]/m);
  assertMatch(out, /^c OK/m);
});

Deno.test("a program with Deno KV", async () => {
  await using user = await programmer();
  for (const uid of [1, 2]) {
    const { status, out, err } = await user.deno(
      ...["run", "--no-prompt", "--unstable-kv", "--allow-net"],
      ...["--allow-read=mail", "--allow-write=mail"],
      ...["program.ts", "mail/imapd.kv"],
    );
    assertEquals([status, errors(err)], [0, []]);
    assertMatch(out, new RegExp(`^alice got uid ${uid}$`, "m"));
  }
});

Deno.test("tests: with sanitizers, and the kit for a storage", async () => {
  await using user = await programmer();
  const { status, out, err } = await user.deno(
    ...["test", "--no-check", "--no-prompt", "--allow-net", "tests.ts"],
  );
  assertEquals([status, errors(err)], [0, []], out);
  assertMatch(out, /^there is a message \.\.\. ok/m);
  const [, passed] = /^ok \| (\d+) passed \| 0 failed/m.exec(out)!;
  assertEquals(Number(passed) > 50, true, out);
});

Deno.test("types: what somebody writes, and what the documents show, is checked against it", async () => {
  await using user = await programmer();
  const { files } = await publishedPackage();
  const documents = [...files.keys()].filter((path) => path.endsWith(".md"))
    .map((path) => path.slice(1));
  await user.copy(".", ...documents);
  // What the documents import beside the package, as `deno add` would have put it there.
  await user.copy("deps", "assert.ts", "assert.d.ts");
  await user.addImports({
    "@std/assert": "./assert.ts",
    "deno-std/assert": project.imports["deno-std/assert"],
    "imapflow": project.imports.imapflow,
  });
  const programs = ["program.ts", "tests.ts"];
  const { status, err } = await user.deno(
    ...["check", "--doc", ...programs, ...documents],
  );
  assertEquals([status, errors(err)], [0, []]);
  assertMatch(err, /^Check README\.md#\d+-\d+\.ts$/m);
  assertMatch(err, /^Check docs\/testing\.md#\d+-\d+\.ts$/m);
});
