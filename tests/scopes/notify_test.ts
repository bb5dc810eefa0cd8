/** What NOTIFY (RFC 5465) tells of to those who may not see all. */

import { assertEquals, assertMatch } from "@std/assert";
import { withScene } from "./scene.ts";

Deno.test("named mailboxes: nothing is told of the others", () =>
  withScene(async ({ login }) => {
    const client = await login("lists");
    const events = "MessageNew MessageExpunge FlagChange MailboxName " +
      "SubscriptionChange";
    const [status, ...more] = await client.ok(
      `NOTIFY SET STATUS (personal (${events})) ` +
        `(subtree (Sent Lists) (${events})) (mailboxes INBOX (${events}))`,
    );
    assertMatch(status!, /^\* STATUS Lists\/deno \(MESSAGES 2 UIDNEXT 3 /);
    assertEquals(more, []);
    const whole = await login("secret");
    await whole.append("Sent", "a: b\r\n\r\n");
    await whole.append("INBOX", "a: b\r\n\r\n");
    await whole.ok("CREATE Hidden");
    await whole.ok("SUBSCRIBE Sent");
    await whole.ok("RENAME INBOX Old");
    await whole.ok("DELETE Sent");
    await whole.ok("CREATE Later");
    await whole.append("Lists/deno", "a: b\r\n\r\n");
    assertEquals(
      await client.line(),
      '* LIST (\\HasNoChildren) "/" Later',
    );
    assertMatch((await client.line())!, /^\* STATUS Later \(UIDVALIDITY /);
    assertMatch((await client.line())!, /^\* STATUS Lists\/deno \(MESSAGES 3 /);
  }));

Deno.test("append-only: what may not be looked at is told to be so", () =>
  withScene(async ({ login }) => {
    const client = await login("append");
    const told = await client.ok(
      "NOTIFY SET (subtree Lists (MessageNew MessageExpunge MailboxName))",
    );
    assertEquals(told, [
      '* LIST (\\NoAccess \\HasChildren) "/" Lists/deno',
      '* LIST (\\NoAccess \\HasNoChildren) "/" Lists/deno/std',
    ]);
    const whole = await login("secret");
    await whole.append("Lists/deno", "a: b\r\n\r\n");
    await whole.ok("CREATE Lists/new");
    assertEquals(
      await client.line(),
      '* LIST (\\HasNoChildren) "/" Lists/new',
    );
    assertMatch((await client.line())!, /^\* LIST .* "\/" Lists$/);
  }));
