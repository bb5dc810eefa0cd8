/**
 * `imapd user otp` on a database of its own.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  CommandError,
  readArguments,
  UsageError,
} from "../server/cli/arguments.ts";
import { DATABASE_OPTIONS } from "../server/cli/database.ts";
import { OTP_OPTIONS, runOtp } from "../server/cli/user_otp.ts";
import { openKvStorage } from "../storage/kv/mod.ts";
import type { OtpRecord } from "../storage/otp.ts";

async function otp(...words: readonly string[]): Promise<number> {
  const flags = [{ name: "generate", help: "" }];
  const options = [...DATABASE_OPTIONS, ...OTP_OPTIONS, ...flags];
  return await runOtp(readArguments(["otp", ...words], options));
}

/** Runs with a database in which alice is, and gives her series afterwards. */
async function withAlice(
  body: (kv: string) => Promise<void>,
): Promise<OtpRecord | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "imapd.kv");
    {
      await using storage = await openKvStorage({ path });
      const passwordHash = "$argon2id$";
      const times = { disabled: false, created: 0 };
      await storage.users.set({ name: "alice", passwordHash, ...times });
    }
    await body(path);
    await using storage = await openKvStorage({ path });
    assertEquals(await storage.otp.get("bob"), undefined);
    return await storage.otp.get("alice");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a user gets a series, another one, and none", async () => {
  const settings = ["--seed", "TeSt1", "--sequence", "50", "--hash", "sha1"];
  const record = await withAlice(async (kv) => {
    await otp("alice", "--generate", "--kv", kv);
    await otp("alice", "--generate", "--kv", kv, ...settings);
  });
  const { algorithm, sequence, seed } = record!;
  assertEquals([algorithm, sequence, seed], ["sha1", 50, "test1"]);
  const usual = await withAlice(async (kv) => {
    assertEquals(await otp("alice", "--generate", "--kv", kv), 0);
  });
  assertEquals([usual?.algorithm, usual?.sequence], ["md5", 499]);
  assert(/^[a-z]{2}\d{5}$/.test(usual!.seed));
  const none = await withAlice(async (kv) => {
    await otp("alice", "--generate", "--kv", kv);
    await otp("alice", "--off", "--kv", kv);
    await otp("alice", "--off", "--kv", kv);
  });
  assertEquals(none, undefined);
});

Deno.test("what cannot be is refused, and changes nothing", async () => {
  const record = await withAlice(async (kv) => {
    for (
      const words of [
        [],
        ["alice", "bob"],
        ["alice", "--sequence", "1"],
        ["alice", "--sequence", "many"],
        ["alice", "--sequence", "10000"],
        ["alice", "--seed", "no-seed"],
        ["alice", "--hash", "sha256"],
      ]
    ) {
      const run = () => otp(...words, "--generate", "--kv", kv);
      await assertRejects(run, UsageError);
    }
    await assertRejects(
      () => otp("bob", "--generate", "--kv", kv),
      CommandError,
      "There is no user bob",
    );
  });
  assertEquals(record, undefined);
});
