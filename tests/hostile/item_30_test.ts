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
