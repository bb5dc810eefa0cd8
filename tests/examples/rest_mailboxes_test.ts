import { assertEquals, assertMatch } from "@std/assert";
import { start } from "../../examples/rest_mailboxes.ts";
import { login } from "./login.ts";
import { issue, tracker } from "./tracker.ts";

const UIDS = /UID (\d+) FLAGS \((.*?)\)/;

Deno.test("issues of a tracker as messages", async () => {
  await using service = tracker({
    kiwi: [
      issue({ revision: 7, number: 2, title: "Grüße, ".repeat(9).trim() }),
      issue({ revision: 3, number: 1, read: true }),
    ],
    "a b": [],
  });
  const { projects } = service;
  const uids = async () => {
    const lines = await client.ok("FETCH 1:* (UID FLAGS)");
    return lines.map((line) => UIDS.exec(line)!.slice(1));
  };
  await using server = start(service.url, 0);
  using client = await login(server);
  assertEquals(await client.ok('LIST "" *'), [
    '* LIST (\\HasNoChildren) "/" INBOX',
    '* LIST (\\HasNoChildren) "/" "a b"',
    '* LIST (\\HasNoChildren) "/" kiwi',
  ]);
  const selected = await client.ok("SELECT kiwi");
  assertMatch(selected.join(), /UIDVALIDITY 1\].*UIDNEXT 8\]/);
  assertEquals(await uids(), [["3", "\\Seen \\Recent"], ["7", "\\Recent"]]);

  const text = (await client.ok("FETCH 2 BODY.PEEK[]")).join("\n");
  assertMatch(text, /^Date: Sun, 01 Feb 2026 10:00:00 \+0000$/m);
  assertMatch(text, /^Message-ID: <7@kiwi.invalid>$/m);
  assertMatch(text, /^From: =\?UTF-8\?B\?Wm\/Dqw==\?= <zoe@example.com>$/m);
  const found = await client.ok('SEARCH CHARSET UTF-8 SUBJECT "#2 Gr" UNSEEN');
  assertMatch(found.join(), /^\* SEARCH 2$/);

  await client.ok("STORE 2 +FLAGS (\\Seen)");
  assertEquals(projects.get("kiwi")?.[0]?.read, true);

  // One is edited, one is new, and the list is in another order.
  projects.set("kiwi", [
    issue({ revision: 9, number: 3 }),
    issue({ revision: 8, number: 1, title: "Edited" }),
    issue({ revision: 7, number: 2, title: "Grüße, ".repeat(9).trim() }),
  ]);
  await client.ok("NOOP");
  const after = (await uids()).map(([uid]) => uid);
  assertEquals(after, ["7", "8", "9"]);
  const again = await client.ok("SELECT kiwi");
  assertMatch(again.join(), /UIDVALIDITY 1\].*UIDNEXT 10\]/);

  assertMatch(await client.append("kiwi", "a: b\r\n\r\n"), /^NO \[CANNOT\]/);
  await client.ok("STORE 1 +FLAGS (\\Seen)");
});

Deno.test("a title cannot end its header field", async () => {
  const title = "a\r\nBcc: eve@example.com\r\n\r\n";
  await using service = tracker({ kiwi: [issue({ title })] });
  await using server = start(service.url, 0);
  using client = await login(server);
  await client.ok("SELECT kiwi");
  const text = (await client.ok("FETCH 1 BODY[HEADER]")).join("\n");
  assertEquals(text.includes("Bcc"), false);
  assertMatch(text, /^MIME-Version: 1.0$/m);
});
