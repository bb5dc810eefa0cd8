/** The examples that are a server in memory do what they say. */

import { assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import * as array from "../../examples/array_server.ts";
import * as minimal from "../../examples/minimal_server.ts";
import * as spam from "../../examples/spam_filter.ts";
import * as sql from "../../examples/sql_users.ts";
import type { ImapServer } from "../../mod.ts";
import { PasswordHasher } from "../../server/password.ts";

/** What a server answers to commands, the last of them LOGOUT. */
async function talk(
  server: ImapServer,
  ...commands: string[]
): Promise<string> {
  const conn = await Deno.connect({ port: server.addr.port });
  const lines = [...commands, "z LOGOUT"].join("\r\n") + "\r\n";
  await conn.write(new TextEncoder().encode(lines));
  let heard = "";
  const decoder = new TextDecoder();
  for await (const chunk of conn.readable) {
    heard += decoder.decode(chunk, { stream: true });
  }
  return heard;
}

Deno.test("the minimal server", async () => {
  await using server = minimal.start(0);
  const heard = await talk(server, "a LOGIN alice secret", "b SELECT INBOX");
  assertMatch(heard, /^b OK \[READ-WRITE\]/m);
});

Deno.test("a server over an array", async () => {
  await using server = array.start(0);
  const heard = await talk(
    server,
    "a LOGIN alice secret",
    "b APPEND INBOX (\\Seen) {17+}\r\nSubject: lunch\r\n\r\n",
    "c RENAME INBOX Archive",
    "d SUBSCRIBE Archive",
    "e SELECT Archive",
    "f FETCH 1 (FLAGS BODY[HEADER.FIELDS (SUBJECT)])",
    'g LSUB "" *',
  );
  assertMatch(heard, /^b OK \[APPENDUID \d+ 1\]/m);
  assertMatch(heard, /^\* 1 FETCH .*\\Seen.*\r\nSubject: lunch/m);
  assertMatch(heard, /^\* LSUB .* Archive\r\ng OK/m);
});

Deno.test("users from SQL", async () => {
  using hasher = new PasswordHasher();
  const database = new DatabaseSync(":memory:");
  try {
    await using server = sql.start(database, 0);
    const add = database.prepare("INSERT INTO users VALUES (?, ?, ?)");
    const hash = await hasher.hash("secret");
    add.run("carol", hash, 0);
    add.run("dave", hash, 1);
    assertMatch(await talk(server, "a LOGIN carol secret"), /^a OK/m);
    const refused = await talk(server, "a LOGIN dave secret");
    assertMatch(refused, /^a NO \[AUTHENTICATIONFAILED\]/m);
  } finally {
    database.close();
  }
});

Deno.test("a spam filter", async () => {
  await using server = spam.start(0);
  const append = (tag: string, text: string) =>
    `${tag} APPEND INBOX {${text.length}+}\r\n${text}`;
  const heard = await talk(
    server,
    "a LOGIN alice secret",
    append("b", "Subject: winner winner casino lottery\r\n\r\n"),
    append("c", "Subject: winner of the casino\r\n\r\n"),
    append("d", "Subject: lunch\r\n\r\n"),
    "e SELECT INBOX",
    "f FETCH 1:* FLAGS",
  );
  assertMatch(heard, /^b NO \[CANNOT\] This is spam/m);
  const flags = [...heard.matchAll(/FETCH \(FLAGS \((.*)\)\)/g)];
  assertEquals(
    flags.map(([, flags]) => flags!.includes("$Junk")),
    [true, false],
  );
});
