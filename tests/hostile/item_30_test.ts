/** Item 30: another user's mailbox is none, whatever it is called and whatever is asked of it. */

import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { message, testServer } from "../../testing.ts";
import { Wire } from "./wire.ts";

/** How servers have called the mailbox `private` of a user. */
const NAMES = (user: string) => [
  `${user}/private`,
  `~${user}/private`,
  `/${user}/private`,
  `../${user}/private`,
  `user/${user}/private`,
  `user.${user}.private`,
  `users/${user}/private`,
  `#user/${user}/private`,
  `#users/${user}/private`,
  `Other Users/${user}/private`,
  `Shared/${user}/private`,
  `shared.${user}.private`,
  `INBOX/../${user}/private`,
  `${user}@localhost/private`,
  `imap://${user}@localhost/private`,
];

/** A quoted name as it stands in an IMAP URL (RFC 5092). */
const urlOf = (name: string) => encodeURIComponent(name.slice(1, -1));

const COMMANDS = (name: string) => [
  `SELECT ${name}`,
  `EXAMINE ${name}`,
  `STATUS ${name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)`,
  `LIST "" ${name}`,
  `LIST ${name} %`,
  `LIST (SUBSCRIBED) "" ${name}`,
  `LIST "" ${name} RETURN (STATUS (MESSAGES))`,
  `LSUB "" ${name}`,
  `SUBSCRIBE ${name}`,
  `UNSUBSCRIBE ${name}`,
  `DELETE ${name}`,
  `RENAME ${name} mine`,
  `APPEND ${name} {1+}\r\nx`,
  `COPY 1 ${name}`,
  `UID COPY 1 ${name}`,
  `MOVE 1 ${name}`,
  `UID MOVE 1 ${name}`,
  `GETMETADATA ${name} /private/comment`,
  `GETMETADATA (DEPTH infinity) ${name} (/private /shared)`,
  `SETMETADATA ${name} (/private/comment "x")`,
  `ESEARCH IN (mailboxes ${name}) ALL`,
  `ESEARCH IN (subtree ${name}) SUBJECT alice`,
  `NOTIFY SET STATUS (mailboxes ${name} (MessageNew MessageExpunge))`,
  `NOTIFY SET STATUS (subtree ${name} (MessageNew MessageExpunge FlagChange))`,
  "NOTIFY NONE",
  `REPLACE 1 ${name} {1+}\r\nx`,
  `UID REPLACE 1 ${name} {1+}\r\nx`,
  `APPEND INBOX CATENATE (URL "/${urlOf(name)}/;UID=1")`,
  `APPEND INBOX CATENATE (URL "/${
    urlOf(name)
  };UIDVALIDITY=1/;UID=1/;SECTION=HEADER")`,
  `APPEND INBOX CATENATE (URL "${urlOf(name)}/;UID=1")`,
  `APPEND ${name} CATENATE (TEXT {1+}\r\nx)`,
];

const quoted = (name: string) => `"${name}"`;

Deno.test("what is another's is answered like what is not there", async () => {
  await using server = await testServer({
    limits: { badCommands: 10_000, badCommandDelay: 0 },
    messages: {
      alice: { private: [message({ subject: "for alice" })] },
      bob: { INBOX: [message({ subject: "for bob" })] },
    },
  });
  using wire = await Wire.open(server.port);
  await wire.ask("l LOGIN bob secret");
  await wire.ask("s SELECT INBOX");
  // Nobody is called alicf.
  const nobodys = NAMES("alicf");
  for (const [index, alices] of NAMES("alice").entries()) {
    const others = COMMANDS(quoted(nobodys[index]!));
    for (const [at, command] of COMMANDS(quoted(alices)).entries()) {
      const said = await wire.ask(`a ${command}`);
      // A mailbox that was selected is no more.
      await wire.ask("s SELECT INBOX");
      const expected = await wire.ask(`a ${others[at]}`);
      await wire.ask("s SELECT INBOX");
      assertEquals(said, expected.replaceAll("alicf", "alice"), command);
    }
  }
  const listed = await wire.ask('b LIST "" *');
  assertFalse(listed.includes("private"), listed);
  assertMatch(
    await wire.ask("c NAMESPACE"),
    /^\* NAMESPACE \(\(.*\) NIL NIL\r/,
  );
  const { messages } = await server.mailbox("alice", "private");
  assertEquals(messages.map((one) => one.header("Subject")), ["for alice"]);
  assertEquals(server.errors, []);
});

Deno.test("a mailbox of the same name is one's own", async () => {
  await using server = await testServer({
    users: { alice: "secret", bob: "secret" },
    messages: { alice: { private: [message({ subject: "for alice" })] } },
  });
  using wire = await Wire.open(server.port);
  await wire.ask("l LOGIN bob secret");
  assertMatch(await wire.ask("a SELECT private"), /^a NO \[NONEXISTENT\]/m);
  assertMatch(await wire.ask("b CREATE private"), /^b OK/m);
  assertMatch(await wire.ask("c SELECT private"), /^\* 0 EXISTS/m);
  assertMatch(await wire.ask("d DELETE private"), /^d OK/m);
  assertEquals(
    (await server.mailbox("alice", "private")).messages.length,
    1,
  );
});

Deno.test("URLs that name another's server or another user are refused in CATENATE", async () => {
  await using server = await testServer({
    messages: { alice: { private: [message({ subject: "for alice" })] } },
    users: { alice: "secret", bob: "secret" },
  });
  using wire = await Wire.open(server.port);
  await wire.ask("l LOGIN bob secret");
  for (
    const url of [
      "imap://alice@localhost/private/;UID=1",
      "imap://alice@127.0.0.1/private/;UID=1",
      "imap://alice;AUTH=PLAIN@localhost/private/;UID=1",
      "//alice@localhost/private/;UID=1",
      "/private/;UID=1",
      "/private/;UID=1;URLAUTH=anonymous:internal:00",
      "/private/;UID=1/;SECTION=1;URLAUTH=user+bob:internal:0123456789abcdef",
      "../private/;UID=1",
      "file:///etc/passwd",
      "http://127.0.0.1:1/",
    ]
  ) {
    const said = await wire.ask(`a APPEND INBOX CATENATE (URL "${url}")`);
    assertMatch(said, /^a (NO|BAD) /m, url);
    assertFalse(said.includes("for alice"), said);
  }
  assertMatch(
    await wire.ask("s STATUS INBOX (MESSAGES)"),
    /^\* STATUS INBOX \(MESSAGES 0\)/m,
  );
});

Deno.test("what NOTIFY and METADATA tell of is one's own", async () => {
  await using server = await testServer({
    users: { alice: "secret", bob: "secret" },
  });
  using alice = await Wire.open(server.port);
  using bob = await Wire.open(server.port);
  await alice.ask("l LOGIN alice secret");
  await bob.ask("l LOGIN bob secret");
  await bob.ask("e ENABLE METADATA");
  await bob.ask(
    "n NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)) " +
      "(subtree (alice INBOX) (MessageNew MessageExpunge MailboxName))",
  );
  for (
    const command of [
      "CREATE private",
      "SUBSCRIBE private",
      'SETMETADATA private (/private/comment "for alice")',
      'SETMETADATA "" (/private/comment "for alice")',
      "APPEND private {1+}\r\nx",
      "APPEND INBOX {1+}\r\nx",
      "RENAME private other",
      "DELETE other",
    ]
  ) {
    assertMatch(await alice.ask(`a ${command}`), /^a OK/m, command);
  }
  assertMatch(await bob.ask("x NOOP"), /^x OK [^\n]*\n$/);
  const said = await bob.ask('y GETMETADATA "" /private/comment');
  assertMatch(said, /^y OK/m);
  assertFalse(said.includes("for alice"), said);
});
