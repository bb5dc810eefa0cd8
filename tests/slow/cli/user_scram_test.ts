/** SCRAM for users who are made on the command line. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { readArguments, UsageError } from "../../../server/cli/arguments.ts";
import { userCommand } from "../../../server/cli/user.ts";
import { openKvStorage } from "../../../storage/kv/mod.ts";
import {
  imapd,
  login,
  type RunningServer,
  startServer,
  withFolder,
} from "../../cli/run.ts";
import { LineConnection, logInByScram } from "../../sasl/login_lines.ts";
import { ScramClient } from "../../sasl/scram_client.ts";

/** The mechanisms that are offered, and whether a user can log in by SCRAM-SHA-256. */
async function tryScram(
  { port }: RunningServer,
  user: string,
  password: string,
): Promise<{ offered: boolean; first: string; loggedIn: boolean }> {
  using connection = LineConnection.over(await Deno.connect({ port }));
  const greeting = await connection.hear() ?? "";
  const client = new ScramClient(user, password);
  let first = "";
  const { answer = "" } = await logInByScram(
    connection,
    "a AUTHENTICATE SCRAM-SHA-256",
    {
      first: () => client.first(),
      final(challenge: string) {
        first = challenge.replace(/^r=[^,]*,/, "");
        return client.final(challenge);
      },
      isProved: (said: string) => client.isProved(said),
    } as ScramClient,
    { initial: true },
  );
  const loggedIn = answer.startsWith("a OK");
  return { offered: / AUTH=SCRAM-SHA-256 /.test(greeting), first, loggedIn };
}

Deno.test("SCRAM is offered when all users can use it, and looks the same for nobody", () =>
  withFolder(async (dir) => {
    const config = join(dir, "imapd.yaml");
    await Deno.writeTextFile(
      config,
      "kv: imapd.kv\nsasl: { scramIterations: 5000 }\n" +
        "limits: { failedLoginDelay: 0, loginWaitByAddress: 0 }\n",
    );
    const added = await imapd(
      { input: "secret\n" },
      ...["user", "add", "alice", "--scram", "--password-stdin"],
      ...["--config", config],
    );
    assertEquals(added.status, 0, added.err);
    await using server = await startServer("--config", config);
    const right = await tryScram(server, "alice", "secret");
    assert(right.offered && right.loggedIn);
    assert(await login(server, "alice", "secret"));
    assertEquals(await login(server, "alice", "wrong"), false);
    const nobody = await tryScram(server, "nobody", "secret");
    assertEquals(nobody.loggedIn, false);
    for (const { first } of [right, nobody]) {
      assertMatch(first, /^s=[^,]{24},i=5000$/);
    }
    const { first } = await tryScram(server, "nobody", "other");
    assertEquals(first, nobody.first);
  }));

Deno.test("what is kept of a password is what is asked for, or was kept before", () =>
  withFolder(async (dir) => {
    const kv = ["--kv", join(dir, "imapd.kv")];
    const keeps = async (...words: readonly string[]) => {
      const args = [...words.slice(0, 1), "alice", ...words.slice(1), ...kv];
      const all = [...args, "--generate"];
      await userCommand.run(readArguments(all, userCommand.options));
      await using storage = await openKvStorage({ path: kv[1]! });
      const { passwordHash, scram } = (await storage.users.get("alice"))!;
      assertMatch(passwordHash, /^\$argon2id\$/);
      return scram?.slice(0, 20);
    };
    const kept = "{SCRAM-SHA-256}4096,";
    assertEquals(await keeps("add"), undefined);
    assertEquals(await keeps("passwd", "--scram"), kept);
    assertEquals(await keeps("passwd"), kept);
    assertEquals(await keeps("disable"), kept);
    assertEquals(await keeps("passwd", "--no-scram"), undefined);
    const config = join(dir, "imapd.yaml");
    await Deno.writeTextFile(config, "sasl: { scramRecords: true }\n");
    assertEquals(await keeps("passwd", "--config", config), kept);
    await assertRejects(
      () => keeps("passwd", "--scram", "--no-scram"),
      UsageError,
      "contradict",
    );
  }));
