/** The program as a single file: what `deno compile` makes of a clone, and of the package. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import project from "../../deno.json" with { type: "json" };
import { startWith, withFolder } from "../cli/run.ts";
import { complaints, enter, firstPassword } from "./first_start.ts";
import { readGraph } from "./module_graph.ts";
import { PACKAGE, publishedPackage, ROOT, run } from "./publish.ts";
import { User } from "./user.ts";

const DENO = Deno.execPath();
/** Put together with the runtime of `deno` itself: such a program does not run, but has all in it. */
const STAND_IN = { DENORT_BIN: DENO };
/** How long a runtime may take to come, in milliseconds. */
const FETCH_TIME = 60_000;

/** What the README has people type, with another name for what comes of it. */
async function lineOfReadme(output: string): Promise<string[]> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, line] = /^deno (compile .*)$/m.exec(readme)!;
  const args = line!.split(" ");
  args[args.indexOf("--output") + 1] = output;
  // Types are looked at elsewhere.
  args.splice(1, 0, "--no-check");
  return args;
}

const decoder = new TextDecoder("latin1");

/** What `deno compile` has put behind the runtime. */
async function contentOf(program: string): Promise<string> {
  const { size } = await Deno.stat(DENO);
  return decoder.decode((await Deno.readFile(program)).subarray(size));
}

Deno.test("all that the program may load is in what the README's line makes", () =>
  withFolder(async (dir) => {
    const program = join(dir, "imapd");
    const options = { cwd: ROOT, env: STAND_IN };
    const made = await run(DENO, await lineOfReadme(program), options);
    assertEquals(made.status, 0, made.err);
    const content = await contentOf(program);
    const info = await run(DENO, ["info", "--json", "mod.ts"], { cwd: ROOT });
    const here = toFileUrl(ROOT).href;
    const lost: string[] = [];
    let there = 0;
    for (const module of readGraph(info.out).modules.keys()) {
      if (!module.startsWith(here)) continue;
      const source = await Deno.readFile(fromFileUrl(module));
      if (content.lastIndexOf(decoder.decode(source)) >= 0) there++;
      else lost.push(module);
    }
    assertEquals(lost, []);
    assert(there > 100, `${there} modules`);
  }));

Deno.test("all that the program may load is in what is made of the package", async () => {
  await using user = await User.create();
  const args = ["compile", "--no-check", "-A", "--output", "imapd", PACKAGE];
  const made = await user.run(DENO, args, STAND_IN);
  assertEquals(made.status, 0, made.err);
  const content = await contentOf(join(user.dir, "imapd"));
  const info = await user.deno("info", "--json", PACKAGE);
  const { files, version } = await publishedPackage();
  const lost: string[] = [];
  let there = 0;
  for (const module of readGraph(info.out).modules.keys()) {
    const path = module.split(`/${project.name}/${version}`)[1];
    if (path === undefined) continue;
    if (content.lastIndexOf(decoder.decode(files.get(path)!)) >= 0) there++;
    else lost.push(path);
  }
  assertEquals(lost, []);
  assert(there > 100, `${there} modules`);
});

/** Makes the program in earnest; undefined where the runtime that goes into it is not to be had. */
async function compileInEarnest(): Promise<string | undefined> {
  const dir = await Deno.makeTempDir();
  addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  const program = join(dir, "imapd");
  const { status, err } = await run(DENO, await lineOfReadme(program), {
    cwd: ROOT,
    signal: AbortSignal.timeout(FETCH_TIME),
  });
  if (status === 0) return program;
  if (/denort|error sending request/.test(err)) return undefined;
  throw new Error(err);
}

const program = await compileInEarnest();

Deno.test({
  name:
    "the program that the README's line makes runs (ignored where no runtime for it can be fetched)",
  ignore: program === undefined,
  fn: () =>
    withFolder(async (cwd) => {
      const { out } = await run(program!, ["version"]);
      assertMatch(out, new RegExp(`^imapd ${project.version} \\(deno `));
      const options = { command: program!, cwd };
      await using server = await startWith(
        [],
        ["--kv", "mail/imapd.kv"],
        options,
      );
      (await enter(server, firstPassword(server)))[Symbol.dispose]();
      assertEquals(complaints(server), []);
      assertEquals(await server.stop("SIGTERM"), 0);
    }),
});
