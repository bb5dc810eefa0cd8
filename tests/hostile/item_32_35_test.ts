/** Items 32, 33 and 35: what is stored, when several do so at once or something goes wrong. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { message, type TestServer, testServer } from "../../testing.ts";
import { Arena, ask } from "./arena.ts";

Deno.test("MULTIAPPEND whose second message is wrong stores none", async () => {
  await using arena = await Arena.start({ message: 1_000 });
  const client = await arena.logIn();
  const good = "Subject: a\r\n\r\n";
  const tries = [
    `a APPEND INBOX {${good.length}+}\r\n${good} {2000+}\r\n${
      "x".repeat(2_000)
    }`,
    `a APPEND INBOX {${good.length}+}\r\n${good} (\\Bogus) {1+}\r\nx`,
    `a APPEND INBOX {${good.length}+}\r\n${good} "32-Jan-2026 00:00:00 +0000" {1+}\r\nx`,
  ];
  for (const text of tries) {
    const own = await arena.logIn();
    const { status } = await ask(own, "a", text);
    assert(status !== "OK", text);
  }
  const opened = await ask(client, "b", "b SELECT INBOX");
  assertEquals(opened.status, "OK");
  const found = await ask(client, "c", "c UID SEARCH ALL");
  assertEquals(JSON.stringify(found.untagged).includes('"1"'), false);
});

/** The UIDs of a mailbox, by the storage. */
async function subjects(
  server: TestServer,
  mailbox: string,
): Promise<string[]> {
  const { messages } = await server.mailbox("alice", mailbox);
  return messages.map((one) => one.header("Subject") ?? "");
}

/** Says all of it on one connection and hears all until it ends. */
async function talk(
  server: TestServer,
  lines: readonly string[],
): Promise<string> {
  const conn = await Deno.connect({ port: server.port });
  const text = ["l LOGIN alice secret", ...lines, "z LOGOUT", ""].join("\r\n");
  await conn.write(new TextEncoder().encode(text));
  return await new Response(conn.readable).text();
}

Deno.test("two clients move the same thousand messages, and each is there once", async () => {
  const all = Array.from({ length: 1_000 }, (_, n) => `m${n}`);
  await using server = await testServer({
    messages: {
      alice: {
        INBOX: all.map((subject) => message({ subject })),
        One: [],
        Two: [],
      },
    },
  });
  await Promise.all(
    ["One", "Two"].map((target) =>
      talk(server, [
        "a SELECT INBOX",
        ...Array.from({ length: 20 }, (_, n) =>
          `b${n} UID MOVE ${n * 50 + 1}:${n * 50 + 50} ${target}`),
      ])
    ),
  );
  const moved = [
    ...await subjects(server, "One"),
    ...await subjects(server, "Two"),
  ];
  assertEquals(await subjects(server, "INBOX"), []);
  assertEquals(moved.toSorted(), all.toSorted());
  assertEquals(await server.storage.verify(), []);
});

Deno.test("RENAME a to b against b to a, and DELETE against APPEND", async () => {
  await using server = await testServer({
    messages: {
      alice: { a: [message({ subject: "a" })], b: [message({ subject: "b" })] },
    },
  });
  const text = "Subject: late\r\n\r\n";
  const lines = Array.from({ length: 30 }, (_, n) => n);
  const heard = await Promise.all([
    talk(
      server,
      lines.flatMap((n) => [`r${n} RENAME a c`, `s${n} RENAME c a`]),
    ),
    talk(
      server,
      lines.flatMap((n) => [`r${n} RENAME b a`, `s${n} RENAME a b`]),
    ),
    talk(server, lines.flatMap((n) => [`c${n} CREATE d`, `d${n} DELETE d`])),
    talk(
      server,
      lines.map((n) => `a${n} APPEND d {${text.length}+}\r\n${text}`),
    ),
  ]);
  for (const one of heard) assert(!one.includes("SERVERBUG"), one);
  assertEquals(server.errors, []);
  assertEquals(await server.storage.verify(), []);
  const names = await server.mailboxes("alice");
  const kept: string[] = [];
  for (const name of names) kept.push(...await subjects(server, name));
  assertEquals(kept.filter((subject) => subject !== "late").toSorted(), [
    "a",
    "b",
  ]);
});

Deno.test("a clock that is set back or forward leaves numbers in order", async () => {
  await using server = await testServer({
    now: "2026-06-01T00:00:00Z",
    messages: { alice: { INBOX: [message({ subject: "one" })] } },
  });
  const validity = async (): Promise<number> => {
    const heard = await talk(server, [
      "a CREATE x",
      "b STATUS x (UIDVALIDITY)",
      "c DELETE x",
    ]);
    return Number(/UIDVALIDITY (\d+)\)/.exec(heard)![1]);
  };
  const status = async (): Promise<number[]> => {
    const text = "Subject: t\r\n\r\n";
    const heard = await talk(server, [
      `a APPEND INBOX {${text.length}+}\r\n${text}`,
      "b STATUS INBOX (UIDNEXT UIDVALIDITY)",
    ]);
    const [, next, own] = /UIDNEXT (\d+) UIDVALIDITY (\d+)/.exec(heard)!;
    return [Number(next), Number(own)];
  };
  let before = await validity();
  const [next, own] = await status();
  for (
    const now of [
      "2026-05-31T00:00:00Z",
      "2036-06-01T00:00:00Z",
      "2026-01-01T00:00:00Z",
    ]
  ) {
    server.clock.set(now);
    const after = await validity();
    assertGreater(after, before);
    before = after;
    assertEquals((await status())[1], own);
  }
  assertEquals((await status())[0], next! + 4);
});
