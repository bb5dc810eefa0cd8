/** What the scope of a token leaves, in IMAP. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Client, codeOf } from "../callbacks/harness.ts";
import { withScene } from "./scene.ts";

const names = (lines: readonly string[]) =>
  lines.map((line) =>
    /^\* LIST (.*) "\/" (.*)$/.exec(line)?.slice(1).join(" ")
  );

async function assertCodes(
  client: Client,
  codes: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [command, code] of Object.entries(codes)) {
    assertEquals(codeOf(await client.no(command)), code, command);
  }
}

Deno.test("read-only: SELECT is EXAMINE, and nothing changes", () =>
  withScene(async ({ login }) => {
    const client = await login("read");
    const selected = await client.send("SELECT INBOX");
    assertMatch(selected.at(-1)!, /^OK \[READ-ONLY\]/);
    assert(selected.some((line) => line.includes("[PERMANENTFLAGS ()]")));
    const [fetched] = await client.ok("FETCH 1 (FLAGS BODY[TEXT])");
    assertMatch(fetched!, /FLAGS \(\\Recent\) BODY\[TEXT\] /);
    await assertCodes(client, {
      "STORE 1 +FLAGS (\\Seen)": "READ-ONLY",
      "UID STORE 1 FLAGS.SILENT ()": "READ-ONLY",
      "EXPUNGE": "READ-ONLY",
      "UID EXPUNGE 1": "READ-ONLY",
      "MOVE 1 Sent": "READ-ONLY",
      "COPY 1 Sent": "NOPERM",
      "UID COPY 1 INBOX": "NOPERM",
      "COPY 1 None": "TRYCREATE",
      "APPEND Sent {4+}\r\na: b": "NOPERM",
      "CREATE New": "NOPERM",
      "DELETE Sent": "NOPERM",
      "RENAME Sent Old": "NOPERM",
      "SUBSCRIBE Sent": "NOPERM",
      "UNSUBSCRIBE Sent": "NOPERM",
      'SETMETADATA Sent (/private/comment "x")': "NOPERM",
      'SETMETADATA None (/private/comment "x")': "NOPERM",
      'SETMETADATA "" (/private/comment "x")': "NOPERM",
    });
    assertEquals(await client.ok("GETMETADATA Sent /private/comment"), [
      "* METADATA Sent (/private/comment NIL)",
    ]);
    assertEquals(await client.ok("STATUS Sent (MESSAGES)"), [
      "* STATUS Sent (MESSAGES 2)",
    ]);
    await client.ok("CLOSE");
    const whole = await login("secret");
    const again = await whole.send("SELECT INBOX");
    assertMatch(again.at(-1)!, /^OK \[READ-WRITE\]/);
    // \Recent was left for those who may take it.
    assertEquals(await whole.messages(), [
      "* 1 FETCH (UID 1 FLAGS (\\Recent))",
      "* 2 FETCH (UID 2 FLAGS (\\Recent))",
    ]);
    // What others change is seen.
    await client.ok("SELECT INBOX");
    await whole.ok("STORE 1 +FLAGS (\\Flagged)");
    const told = await client.ok("NOOP");
    assertMatch(told.join(), /^\* 1 FETCH \(FLAGS \(\\Flagged/);
  }));

Deno.test("append-only: messages go in, and nothing comes out", () =>
  withScene(async ({ login }) => {
    const client = await login("append");
    assertMatch(
      await client.append("Sent", "a: b\r\n\r\nx"),
      /^OK (?!\[)/,
    );
    await assertCodes(client, {
      "SELECT Sent": "NOPERM",
      "EXAMINE INBOX": "NOPERM",
      "SELECT None": "NONEXISTENT",
      "STATUS Sent (MESSAGES)": "NOPERM",
      "STATUS None (MESSAGES)": "NOPERM",
      'LIST "" "*" RETURN (STATUS (MESSAGES))': "NOPERM",
      "CREATE New": "NOPERM",
      "DELETE Sent": "NOPERM",
      "RENAME Sent Old": "NOPERM",
      "SUBSCRIBE Sent": "NOPERM",
      "APPEND None {4+}\r\na: b": "TRYCREATE",
      "GETMETADATA Sent /private/comment": "NOPERM",
      'GETMETADATA "" /private/comment': "NOPERM",
      'SETMETADATA Sent (/private/comment "x")': "NOPERM",
    });
    assertEquals((await client.ok('LIST "" "*"')).length, 6);
    const bad = await client.send("FETCH 1 BODY[]");
    assertMatch(bad.at(-1)!, /^BAD/);
    const whole = await login("secret");
    assertEquals(await whole.ok("STATUS Sent (MESSAGES)"), [
      "* STATUS Sent (MESSAGES 3)",
    ]);
  }));

Deno.test("named mailboxes: the others are as if they did not exist", () =>
  withScene(async ({ login }) => {
    const client = await login("lists");
    assertEquals(names(await client.ok('LIST "" "*"')), [
      "(\\NonExistent \\Noselect \\HasChildren) Lists",
      "(\\HasNoChildren) Lists/deno",
    ]);
    assertEquals(await client.ok('LIST "" "INBOX"'), []);
    assertEquals(await client.ok('LSUB "" "*"'), []);
    // The same, to the letter, for what is hidden and for what is not there.
    for (
      const command of [
        "SELECT %",
        "EXAMINE %",
        "STATUS % (MESSAGES UIDNEXT)",
        "DELETE %",
        "CREATE %",
        "RENAME % Later",
        "RENAME Lists/deno %",
        "SUBSCRIBE %",
        "UNSUBSCRIBE %",
        "APPEND % {4+}\r\na: b",
        "GETMETADATA % /private/comment",
        'SETMETADATA % (/private/comment "x")',
      ]
    ) {
      const replies = new Set<string>();
      for (
        const name of ["Sent", "INBOX", "Lists/deno/std", "Lists/none", "None"]
      ) {
        replies.add(await client.no(command.replace("%", name)));
      }
      assertEquals(replies.size, 1, [...replies].join(" | "));
    }
    await client.ok("SELECT Lists/deno");
    assertEquals(
      new Set([await client.no("COPY 1 Sent"), await client.no("COPY 1 None")])
        .size,
      1,
    );
    // What belongs to the whole account is hidden as well.
    const whole = await login("secret");
    await whole.ok('SETMETADATA "" (/private/comment "x")');
    assertEquals(await client.ok('GETMETADATA "" /private/comment'), [
      '* METADATA "" (/private/comment NIL)',
    ]);
    const set = await client.no('SETMETADATA "" (/private/comment "y")');
    assertEquals(codeOf(set), "NOPERM");
    // Within, all is as ever.
    await client.ok('SETMETADATA Lists/deno (/private/comment "z")');
    assertEquals(await client.ok("GETMETADATA Lists/deno /private/comment"), [
      '* METADATA Lists/deno (/private/comment "z")',
    ]);
    await client.ok("STORE 1 +FLAGS (\\Seen)");
    await client.ok("CREATE Later");
    await client.ok("MOVE 1 Later");
    await client.ok("SUBSCRIBE Later");
    assertEquals(await client.ok("STATUS Later (MESSAGES)"), [
      "* STATUS Later (MESSAGES 1)",
    ]);
    await client.ok("DELETE Later");
  }));

Deno.test("scopes meet: read-only in one mailbox, append-only in one", () =>
  withScene(async ({ login }) => {
    const reader = await login("inbox");
    assertMatch((await reader.send("SELECT INBOX")).at(-1)!, /READ-ONLY/);
    await assertCodes(reader, { "SELECT Sent": "NONEXISTENT" });
    await assertCodes(reader, { "APPEND INBOX {4+}\r\na: b": "NOPERM" });
    const writer = await login("drop");
    assertMatch(await writer.append("Drop", "a: b\r\n"), /^OK (?!\[)/);
    await assertCodes(writer, {
      "APPEND INBOX {4+}\r\na: b": "TRYCREATE",
      "SELECT Drop": "NOPERM",
      "SELECT Sent": "NONEXISTENT",
    });
  }));

Deno.test("ESEARCH finds nothing in mailboxes that are not in the scope", () =>
  withScene(async ({ login }) => {
    const found = async (password: string, sources: string) => {
      const client = await login(password);
      const lines = await client.ok(`ESEARCH IN (${sources}) ALL`);
      return lines.map((line) => /MAILBOX (\S+)/.exec(line)?.[1]);
    };
    const inScope = ["Lists/deno"];
    assertEquals(await found("lists", "personal"), inScope);
    assertEquals(await found("lists", "subtree Lists"), inScope);
    assertEquals(await found("lists", "mailboxes (INBOX Sent None)"), []);
    assertEquals(await found("read", "mailboxes (INBOX None)"), ["INBOX"]);
    const blind = await login("append");
    await assertCodes(blind, { "ESEARCH IN (personal) ALL": "NOPERM" });
  }));
