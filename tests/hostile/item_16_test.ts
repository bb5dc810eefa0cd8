/** Item 16: whose session it is, and for how long. */

import { configure, reset } from "@logtape/logtape";
import { assertEquals, assertMatch } from "@std/assert";
import { formatText } from "../../server/log.ts";
import { SessionWatch } from "../../server/session_watch.ts";
import type { OpenSession } from "../../protocol/host.ts";
import type { KnownUser } from "../../mod.ts";
import { message, testServer } from "../../testing.ts";

const encoder = new TextEncoder();

/** Says all of it, and hears all until the connection ends. */
async function talk(port: number, ...lines: string[]): Promise<string> {
  const conn = await Deno.connect({ port });
  await conn.write(encoder.encode(lines.join("\r\n") + "\r\n"));
  return await new Response(conn.readable).text();
}

Deno.test("alice, bob and alice at once each see what is theirs", async () => {
  await using server = await testServer({
    messages: {
      alice: { INBOX: [message({ subject: "for alice" })] },
      bob: { INBOX: [message({ subject: "for bob" })] },
    },
  });
  const users = Array.from({ length: 30 }, (_, n) => n % 3 ? "alice" : "bob");
  await Promise.all(users.map(async (user) => {
    const heard = await talk(
      server.port,
      `a LOGIN ${user} secret`,
      "b EXAMINE INBOX",
      "c FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]",
      "d LOGOUT",
    );
    assertMatch(heard, new RegExp(`Subject: for ${user}\r\n`));
    assertEquals(heard.match(/Subject:/g)?.length, 1);
  }));
});

Deno.test("names that cannot be are refused, each by one line of the log", async () => {
  const lines: string[] = [];
  await configure({
    sinks: { all: (record) => void lines.push(formatText(record)) },
    loggers: [
      { category: "imapd", lowestLevel: "info", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  try {
    await using server = await testServer();
    for (
      const name of [
        ...['"ali\xffce"', '"alice\xc3"', '"\xed\xa0\x80alice"', '"alice "'],
        ...["{7}\r\nali\r\nce", "{6}\r\nalice\n", "{6}\r\nalice\r"],
      ]
    ) {
      lines.length = 0;
      const said = `a LOGIN ${name.replace("}", "+}")} secret\r\nb LOGOUT\r\n`;
      const conn = await Deno.connect({ port: server.port });
      await conn.write(Uint8Array.from(said, (char) => char.charCodeAt(0)));
      const heard = await new Response(conn.readable).text();
      assertMatch(heard, /^a (NO|BAD) /m, name);
      const failed = lines.filter((line) => line.includes("login"));
      assertEquals(failed.length, heard.includes("a NO") ? 1 : 0, name);
      assertEquals(
        failed.join("").match(/[\r\n]/g)?.length ?? 0,
        failed.length,
      );
    }
  } finally {
    await reset();
  }
});

Deno.test("sessions end when their user's password is another, or the user is gone", async () => {
  const passwords: Record<string, string> = {
    alice: "a",
    bob: "b",
    carol: "c",
  };
  await using server = await testServer({ users: passwords });
  const open = async (port: number, hello: string) => {
    const conn = await Deno.connect({ port });
    await conn.write(encoder.encode(hello));
    const reader = conn.readable.pipeThrough(new TextDecoderStream())
      .getReader();
    let heard = "";
    const until = async (pattern: RegExp) => {
      while (!pattern.test(heard)) {
        const { value, done } = await reader.read();
        if (done) break;
        heard += value;
      }
      assertMatch(heard, pattern);
    };
    return { conn, reader, until };
  };
  const alice = await open(
    server.port,
    "a LOGIN alice a\r\nb SELECT INBOX\r\nc IDLE\r\n",
  );
  await alice.until(/^\+ /m);
  const bob = await open(server.pop3Port, "USER bob\r\nPASS b\r\n");
  await bob.until(/^\+OK .*\r\n.*\r\n\+OK/m);
  const carol = await open(server.port, "a LOGIN carol c\r\n");
  await carol.until(/^a OK/m);
  server.reload({ users: { alice: "other", carol: "c" } });
  await alice.until(/^\* BYE .*password/m);
  await bob.until(/^-ERR .*password/m);
  await carol.conn.write(encoder.encode("b NOOP\r\n"));
  await carol.until(/^b OK/m);
  for (const { reader } of [alice, bob, carol]) await reader.cancel();
});

Deno.test("a user is looked up once for all sessions, and faults end none", async () => {
  let looked = 0;
  let record: KnownUser | undefined = { name: "alice", passwordHash: "x" };
  let broken = false;
  const faults: unknown[] = [];
  const watch = new SessionWatch({
    user() {
      looked++;
      if (broken) return Promise.reject(new Error("Down"));
      return Promise.resolve(record);
    },
    failed: (error) => faults.push(error),
  });
  const ended: number[] = [];
  const sessions = Array.from({ length: 100 }, (_, n): OpenSession => ({
    identity: { user: "alice" },
    stream: undefined as never,
    end: () => ended.push(n),
  }));
  watch.add(sessions[0]!);
  await watch.check();
  for (const session of sessions.slice(1)) watch.add(session);
  looked = 0;
  await watch.check();
  assertEquals([looked, ended.length], [1, 0]);
  broken = true;
  await watch.check();
  assertEquals([faults.length, ended.length], [1, 0]);
  broken = false;
  record = { name: "alice", passwordHash: "y" };
  watch.renewing("alice", "y");
  await watch.check();
  assertEquals(ended.length, 0);
  record = undefined;
  await watch.check();
  assertEquals(ended.length, 100);
  for (const session of sessions) watch.delete(session);
  looked = 0;
  await watch.check();
  assertEquals(looked, 0);
});
