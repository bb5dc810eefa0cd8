/** Passwords that are hashed anew when their users log in. */

import { assertEquals, assertMatch } from "@std/assert";
import { hashPassword, openKvStorage, serve } from "../../mod.ts";
import { Client } from "../callbacks/harness.ts";
import { LineConnection, logInByScram } from "../sasl/login_lines.ts";
import { ScramClient } from "../sasl/scram_client.ts";

Deno.test("a record of another cost is replaced, and the session goes on", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  const alice = { name: "alice", disabled: false, created: 1 };
  const before =
    "{SHA512-CRYPT}$6$r6bKN0YoAPSD3VQO$csGjU0n6K20r0Zc3LIDgx1U5L5q0CwkTBtmHofVX8lZJd9.IEvx9Zu0sOmshiW423yBraNglHYGMb0nEYY0ly0";
  await storage.users.set({ ...alice, passwordHash: before });
  const { users } = storage;
  await using server = serve({
    port: 0,
    users,
    storage,
    passwordMemory: 64,
    passwordIterations: 3,
    limits: { failedLoginDelay: 0 },
    onListen() {},
  });
  const client = new Client(await Deno.connect({ port: server.addr.port }));
  await client.line();
  await client.no("LOGIN alice wrong");
  await client.ok("LOGIN alice secret");
  let record = await users.get("alice");
  while (record?.passwordHash === before) {
    await client.ok("NOOP");
    record = await users.get("alice");
  }
  assertMatch(record!.passwordHash, /^\$argon2id\$v=19\$m=64,t=3,p=1\$/);
  assertEquals(record, { ...alice, passwordHash: record!.passwordHash });
  // All users who have sessions are looked at.
  server.reload({ users });
  for (let n = 0; n < 20; n++) await client.ok("NOOP");
  const other = new Client(await Deno.connect({ port: server.addr.port }));
  await other.line();
  await other.no("LOGIN alice wrong");
  await other.ok("LOGIN alice secret");
  client.close();
  other.close();
});

Deno.test("who has logged in by a password can log in by SCRAM, where that is wanted", async () => {
  await using storage = await openKvStorage({ path: ":memory:" });
  const { users } = storage;
  const alice = { name: "alice", disabled: false, created: 1 };
  const passwordHash = await hashPassword("secret");
  await users.set({ ...alice, passwordHash });
  await using server = serve({
    port: 0,
    users,
    storage,
    sasl: { mechanisms: ["PLAIN", "SCRAM-SHA-256"], scramRecords: true },
    limits: { failedLoginDelay: 0, loginWaitByAddress: 0 },
    onListen() {},
  });
  const { port } = server.addr;
  const byScram = async () => {
    using connection = await LineConnection.begin(await Deno.connect({ port }));
    const command = "a AUTHENTICATE SCRAM-SHA-256";
    const scram = new ScramClient("alice", "secret");
    const { answer } = await logInByScram(connection, command, scram);
    return answer!.slice(0, 4);
  };
  assertEquals(await byScram(), "a NO");
  const client = new Client(await Deno.connect({ port }));
  await client.line();
  await client.ok("LOGIN alice secret");
  while ((await users.get("alice"))?.scram === undefined) {
    await client.ok("NOOP");
  }
  assertEquals(await byScram(), "a OK");
  // The session has begun before, by the same password.
  server.reload({ users });
  for (let n = 0; n < 20; n++) await client.ok("NOOP");
  assertEquals((await users.get("alice"))?.passwordHash, passwordHash);
  client.close();
});
