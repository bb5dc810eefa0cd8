import { assertEquals } from "@std/assert";
import type { OpenSession } from "../protocol/host.ts";
import { SessionWatch } from "./session_watch.ts";
import type { KnownUser } from "./users.ts";

/** A watch on alice, whose sessions are two by password and one by each of two tokens. */
async function withSessions(
  body: (scene: {
    watch: SessionWatch;
    tokens: Set<string>;
    set(record: KnownUser | undefined): void;
    ended: string[];
  }) => Promise<void>,
  record: KnownUser | undefined = { name: "alice", passwordHash: "a" },
): Promise<void> {
  const tokens = new Set(["t", "u"]);
  const watch = new SessionWatch({
    user: () => Promise.resolve(record),
    tokens: () => Promise.resolve(tokens),
    failed: (error) => {
      throw error;
    },
  });
  const ended: string[] = [];
  const sessions = [undefined, "t", "u", undefined].map((
    token,
  ): OpenSession => ({
    identity: { user: "alice", ...(token === undefined ? {} : { token }) },
    stream: undefined as never,
    end: () => ended.push(token ?? "password"),
  }));
  for (const session of sessions) watch.add(session);
  await watch.check();
  const set = (changed: KnownUser | undefined) => void (record = changed);
  await body({ watch, tokens, set, ended });
  for (const session of sessions) watch.delete(session);
}

Deno.test("the sessions of a token end with it", () =>
  withSessions(async ({ watch, tokens, ended }) => {
    await watch.check();
    assertEquals(ended, []);
    tokens.delete("t");
    await watch.check();
    assertEquals(ended, ["t"]);
  }));

Deno.test("another password ends the sessions by password", () =>
  withSessions(async ({ watch, set, ended }) => {
    set({ name: "alice", passwordHash: "b" });
    await watch.check();
    assertEquals(ended, ["password", "password"]);
  }));

Deno.test("another record of the same password ends none", () =>
  withSessions(async ({ watch, set, ended }) => {
    watch.renewing("alice", "b");
    watch.renewing("bob", "c");
    await watch.check();
    set({ name: "alice", passwordHash: "b" });
    await watch.check();
    await watch.check();
    assertEquals(ended, []);
    set({ name: "alice", passwordHash: "a" });
    await watch.check();
    assertEquals(ended, ["password", "password"]);
  }));

Deno.test("who is gone or disabled has no sessions", () =>
  withSessions(async ({ watch, set, ended }) => {
    set(undefined);
    await watch.check();
    assertEquals(ended.sort(), ["password", "password", "t", "u"]);
  }));

Deno.test("where nothing is known of users nothing ends", async () => {
  const ended: string[] = [];
  const watch = new SessionWatch({
    user: () => Promise.resolve(undefined),
    failed: () => {},
  });
  const session: OpenSession = {
    identity: { user: "alice", token: "t" },
    stream: undefined as never,
    end: () => ended.push("t"),
  };
  watch.add(session);
  await watch.check();
  await watch.check();
  assertEquals(ended, []);
  watch.delete(session);
});

Deno.test("a session ends when its identity says so, whoever decided on it, and with all of its user", async () => {
  let now = 1_000;
  const ended: string[] = [];
  const watch = new SessionWatch({
    user: () => Promise.reject(new Error("Down")),
    now: () => now,
    failed: () => {},
  });
  const sessions = [undefined, 2_000, 3_000].map((expires): OpenSession => ({
    identity: {
      user: expires === 3_000 ? "bob" : "alice",
      ...(expires === undefined ? {} : { expires }),
    },
    stream: undefined as never,
    end: () => ended.push(`${expires}`),
  }));
  for (const session of sessions) watch.add(session);
  now = 1_999;
  await watch.check();
  assertEquals(ended, []);
  now = 2_000;
  await watch.check();
  assertEquals(ended, ["2000"]);
  ended.length = 0;
  watch.endAll("bob", "");
  watch.endAll("nobody", "");
  assertEquals(ended, ["3000"]);
  for (const session of sessions) watch.delete(session);
});
