/** Metadata with callbacks in front of a storage, and without one. */

import { assertEquals } from "@std/assert";
import { MemoryStorage, No } from "../../mod.ts";
import { codeOf, start } from "./harness.ts";

const decoder = new TextDecoder();

Deno.test("updateMailbox sees metadata of mailboxes, changes and refuses it", async () => {
  const events: string[] = [];
  await using tested = start({
    async updateMailbox(event, next) {
      for (const [name, value] of event.metadata ?? []) {
        events.push(
          `${event.mailbox.name} ${name} ${value && decoder.decode(value)}`,
        );
        if (name === "/private/secret") throw new No("NOPERM", "Not that");
      }
      const metadata = new Map(event.metadata);
      metadata.delete("/private/dropped");
      await next({ ...event, metadata });
    },
  });
  const client = await tested.login();
  await client.ok(
    'SETMETADATA inbox (/Private/Comment "x" /private/dropped "y" /shared/comment NIL)',
  );
  assertEquals(
    codeOf(await client.no('SETMETADATA INBOX (/private/secret "x")')),
    "NOPERM",
  );
  assertEquals(events, [
    "INBOX /private/comment x",
    "INBOX /private/dropped y",
    "INBOX /shared/comment null",
    "INBOX /private/secret x",
  ]);
  assertEquals(
    await client.ok(
      "GETMETADATA INBOX (/private/comment /private/dropped /private/secret)",
    ),
    ['* METADATA INBOX (/private/comment "x" /private/dropped NIL /private/secret NIL)'],
  );
  // What is the server's is no mailbox's.
  await client.ok('SETMETADATA "" (/private/comment "z")');
  assertEquals(events.length, 4);
  assertEquals(tested.faults, []);
});

Deno.test("metadata of a mailbox that the storage does not have is kept in memory", async () => {
  let listed = true;
  await using tested = start({
    getMailboxes: async (event, next) => [
      ...await next(event),
      ...listed ? [{ name: "Virtual" }] : [],
    ],
    getMessages: ({ mailbox }, next) =>
      mailbox.name === "Virtual" ? [{ id: "1", source: "a: b\n\nc" }] : next(),
  }, { storage: new MemoryStorage() });
  const client = await tested.login();
  await client.ok('SETMETADATA Virtual (/private/comment "x")');
  await client.ok('SETMETADATA INBOX (/private/comment "y")');
  assertEquals(
    await client.ok('LIST "" * RETURN (METADATA (/private/comment))'),
    [
      '* LIST (\\HasNoChildren) "/" INBOX',
      '* METADATA INBOX (/private/comment "y")',
      '* LIST (\\HasNoChildren) "/" Virtual',
      '* METADATA Virtual (/private/comment "x")',
    ],
  );
  const large = `SETMETADATA Virtual (/private/x {60001+}\r\n${
    "x".repeat(60_001)
  })`;
  assertEquals(codeOf(await client.no(large)), "METADATA MAXSIZE 60000");
  listed = false;
  assertEquals(
    codeOf(await client.no('SETMETADATA Virtual (/private/comment "x")')),
    "NONEXISTENT",
  );
  assertEquals(
    codeOf(await client.no("GETMETADATA Virtual /private/comment")),
    "NONEXISTENT",
  );
  assertEquals(tested.faults, []);
});
