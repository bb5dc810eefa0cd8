import { assertEquals, assertMatch } from "@std/assert";
import { start } from "../../examples/http_mailbox.ts";
import { codeOf } from "../callbacks/harness.ts";
import { login } from "./login.ts";
import { mailService } from "./mail_service.ts";

Deno.test("a mailbox that an HTTP service keeps", async () => {
  await using service = mailService();
  const source = "Subject: one\r\n\r\nOne.\r\n";
  const date = "2026-01-01T10:00:00.000Z";
  const one = { id: "a", date, flags: ["\\Flagged"], source };
  service.messages.set("alice", [one]);
  await using server = start(service.url, 0);
  using client = await login(server);
  await client.ok("SELECT INBOX");
  assertEquals(await client.ok("FETCH 1 (UID FLAGS INTERNALDATE ENVELOPE)"), [
    '* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent) INTERNALDATE " 1-Jan-2026 10:00:00 +0000" ' +
    'ENVELOPE (NIL "one" NIL NIL NIL NIL NIL NIL NIL NIL))',
  ]);
  const body = await client.ok("FETCH 1 BODY[]");
  assertEquals(body.slice(1, -1).join("\r\n"), source.trimEnd());
  assertEquals(service.messages.get("alice")?.[0]?.flags, [
    "\\Flagged",
    "\\Seen",
  ]);

  const two = await client.append(
    "INBOX",
    "Subject: two\r\n\r\n",
    "(\\Draft) ",
  );
  assertMatch(two, /^OK \[APPENDUID \d+ 2\]/);
  assertEquals(service.messages.get("alice")?.[1]?.flags, ["\\Draft"]);
  await client.ok("STORE 1:2 FLAGS (\\Deleted)");
  service.messages.get("alice")![1]!.flags = [];
  assertMatch((await client.ok("NOOP")).join(), /2 FETCH .*FLAGS \((?!.*Del)/);
  assertEquals(await client.ok("EXPUNGE"), ["* 1 EXPUNGE"]);
  assertEquals(service.messages.get("alice")?.map(({ id }) => id), ["m1"]);

  service.broken = true;
  assertEquals(codeOf(await client.no("STORE 1 FLAGS ()")), "UNAVAILABLE");
  service.broken = false;
  await client.ok("STORE 1 FLAGS ()");
});

Deno.test("a service that is not there", async () => {
  const service = mailService();
  await service[Symbol.asyncDispose]();
  await using server = start(service.url, 0);
  using client = await login(server);
  assertEquals(codeOf(await client.no("SELECT INBOX")), "UNAVAILABLE");
});
