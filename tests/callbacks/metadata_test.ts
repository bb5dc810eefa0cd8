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

Deno.test("a mailbox that the storage does not have has no metadata", async () => {
  await using tested = start({
    getMailboxes: async (event, next) => [
      ...await next(event),
      { name: "Virtual" },
    ],
    getMessages: ({ mailbox }, next) =>
      mailbox.name === "Virtual" ? [{ id: "1", source: "a: b\n\nc" }] : next(),
  }, { storage: new MemoryStorage() });
  const client = await tested.login();
  assertEquals(await client.ok("GETMETADATA Virtual /private/comment"), [
    "* METADATA Virtual (/private/comment NIL)",
  ]);
  const set = 'SETMETADATA Virtual (/shared/comment "x")';
  assertEquals(codeOf(await client.no(set)), "CANNOT");
  assertEquals(
    codeOf(await client.no(set.replace("shared", "private"))),
    "METADATA NOPRIVATE",
  );
  await client.ok('SETMETADATA INBOX (/private/comment "x")');
  assertEquals(
    codeOf(await client.no('SETMETADATA None (/private/comment "x")')),
    "NONEXISTENT",
  );
  assertEquals(
    codeOf(await client.no("GETMETADATA None /private/comment")),
    "NONEXISTENT",
  );
  assertEquals(
    await client.ok('LIST "" * RETURN (METADATA (/private/comment))'),
    [
      '* LIST (\\HasNoChildren) "/" INBOX',
      '* METADATA INBOX (/private/comment "x")',
      '* LIST (\\HasNoChildren) "/" Virtual',
      "* METADATA Virtual (/private/comment NIL)",
    ],
  );
  assertEquals(tested.faults, []);
});

Deno.test("without a storage there is no metadata", async () => {
  await using tested = start({
    getMailboxes: () => [{ name: "a" }],
    getMessages: () => [],
  });
  const client = await tested.login();
  assertEquals(
    codeOf(await client.no('SETMETADATA a (/shared/comment "x")')),
    "CANNOT",
  );
  assertEquals(
    codeOf(await client.no('SETMETADATA "" (/private/comment "x")')),
    "METADATA NOPRIVATE",
  );
  assertEquals(await client.ok('GETMETADATA "" /private/comment'), [
    '* METADATA "" (/private/comment NIL)',
  ]);
  assertEquals(tested.faults, []);
});
