/** The program runs with the permissions that the README names, and asks for no others. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { filesIn } from "../storage/body_folders.ts";
import { Wire } from "../hostile/wire.ts";
import { type RunningServer, startWith, withFolder } from "../cli/run.ts";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const readme = await Deno.readTextFile(join(ROOT, "README.md"));
const [, line] =
  /^```sh\ndeno (run --no-prompt .* mod\.ts) serve --kv .*\n```$/m
    .exec(readme)!;

/** Runs by a line of the README, with another folder for the data. */
function start(line: string, data: string): Promise<RunningServer> {
  const runtime = line.replaceAll("imapd-data", data).split(" ");
  const kv = join(data, "imapd.kv");
  return startWith(runtime, ["--kv", kv], { cwd: ROOT, clearEnv: true });
}

/** Lines of the log that are more than information. */
function complaints({ err }: RunningServer): string[] {
  return err.split("\n").filter((line) =>
    /^\S+ (warning|error|fatal) |Requires|denied/i.test(line)
  );
}

/** What users do, in all that the permissions could be in the way of. */
async function use(server: RunningServer): Promise<void> {
  const password = /password: +(\S+)/.exec(server.err)![1]!;
  using wire = await Wire.open(server.port);
  assertMatch(await wire.ask(`a LOGIN user ${password}`), /^a OK/m);
  assertMatch(await wire.ask("b APPEND INBOX {4+}\r\nabcd"), /^b OK/m);
  assertMatch(await wire.ask("c SELECT INBOX"), /^\* 1 EXISTS/m);
  // One that lies in a file beside the database.
  const large = `e APPEND INBOX {300000+}\r\n${"x".repeat(300_000)}`;
  assertMatch(await wire.ask(large), /^e OK/m);
  server.signal("SIGHUP");
  await server.logged("reloaded");
  assertMatch(await wire.ask("d FETCH 1 BODY[]"), /abcd/);
  using other = await Wire.open(server.port);
  assertMatch(await other.ask("a LOGIN user wrong"), /^a NO/m);
}

Deno.test("the least that the README names is enough, without a word", () =>
  withFolder(async (dir) => {
    const server = await start(line!, dir);
    await use(server);
    assertEquals(await server.stop("SIGTERM"), 0);
    assertEquals(complaints(server), []);
    const files = await filesIn(join(dir, "imapd.kv.bodies"));
    assertEquals(files.length, 1);
  }));

Deno.test("the network and the folder of the data are enough, with a word about passwords", () =>
  withFolder(async (dir) => {
    const server = await start(
      line!.replace("imapd-data,server,protocol", dir),
      dir,
    );
    await use(server);
    assertEquals(await server.stop("SIGTERM"), 0);
    for (const line of complaints(server)) {
      assertMatch(line, /passwords are hashed on the main one|in worker/);
    }
    assertStringIncludes(server.err, "passwords are hashed on the main one");
  }));
