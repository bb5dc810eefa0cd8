/**
 * Literals that lie about their size, and what hides in those that are refused.
 *
 * @module
 */

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { Arena, ask, assertRefused } from "./arena.ts";
import { Wire } from "./wire.ts";

for (const literal of ["{1000000000}", "{1000000000+}"]) {
  Deno.test(`A login name of ${literal} is refused unread`, async () => {
    await using arena = await Arena.start();
    const client = await arena.connect();
    const before = Deno.memoryUsage().external;
    const outcome = await ask(client, "a", `a LOGIN ${literal}`);
    assertRefused(outcome, literal);
    assert(["TOOBIG", undefined].includes(outcome.code));
    assertLess(Deno.memoryUsage().external - before, 20e6);
  });
}

for (
  const literal of [
    "{-1}",
    "{4294967297}",
    "{4294967297+}",
    "{18446744073709551617}",
    "{18446744073709551617+}",
    "{99999999999999999999999999999999+}",
    "{1 }",
    "{ 1}",
    "{01x}",
    "{0x10}",
    "{1e3}",
    "{}",
    "{+}",
    "{++}",
    "{1++}",
    "{1-}",
    "{1}}",
  ]
) {
  Deno.test(`A literal of ${literal} is refused, not wrapped`, async () => {
    await using arena = await Arena.start();
    const client = await arena.connect();
    assertRefused(await ask(client, "a", `a LOGIN ${literal}`), literal);
  });
}

Deno.test("A leading zero is taken for what it says or refused", async () => {
  await using arena = await Arena.start();
  const client = await arena.connect();
  await client.send("a LOGIN {05}\r\n");
  const first = await client.receive();
  if (first?.type !== "continuation") return;
  assertEquals((await ask(client, "a", "alice secret")).status, "OK");
});

const SMUGGLED = "p2 CREATE smuggled\r\n";

for (
  const command of [
    "APPEND w (\\Bogus) ",
    "APPEND w (\\Recent) ",
    "APPEND w (\\Seen ",
    'APPEND w "no date" ',
    "APPEND nowhere ",
    "APPEND ",
    "APPEND w UTF9 (",
    "BLURDYBLOOP ",
    "BLURDYBLOOP ((",
    "UID BLURDYBLOOP ",
    "LOGIN alice ",
    "NOOP ",
    "CREATE w extra ",
    "SELECT w (BOGUS ",
    "SEARCH BOGUS ",
    "STATUS w (BOGUS ",
    "LIST (BOGUS) ",
    "FETCH 1 BODY[BOGUS ",
    '"not a command" ',
    "CREATE \0",
  ]
) {
  const shown = JSON.stringify(command);
  Deno.test(`What follows ${shown} in a literal is no command`, async () => {
    await using arena = await Arena.start();
    const client = await arena.logIn();
    await ask(client, "w", "w CREATE w");
    const literal = `{${SMUGGLED.length}+}\r\n${SMUGGLED}`;
    const outcome = await ask(client, "p1", `p1 ${command}${literal}`);
    assertRefused(outcome, shown);
    assertEquals(outcome.untagged.filter(isTagged), []);
    const other = await arena.logIn();
    const listed = await ask(other, "z", 'z LIST "" smuggled');
    assertEquals(listed.untagged, []);
  });
}

function isTagged(response: { type: string; tag?: string }): boolean {
  return response.type === "status" && response.tag !== "*";
}

Deno.test("A literal that never ends leaves no message", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  await client.send("a APPEND INBOX {1000+}\r\n" + "x".repeat(400));
  client.close();
  const other = await arena.logIn();
  const { untagged } = await ask(
    other,
    "s",
    "s STATUS INBOX (MESSAGES UIDNEXT)",
  );
  const [status] = untagged;
  assert(status?.type === "data");
  assertEquals(status.values[1], {
    type: "list",
    items: ["MESSAGES", "0", "UIDNEXT", "1"].map((text) => (
      { type: "atom", text } as const
    )),
  });
});

Deno.test("Literals of a search meet the cap on the whole command", async () => {
  await using arena = await Arena.start();
  using wire = new Wire(await arena.server.connect());
  await wire.ask("l LOGIN alice secret");
  await wire.ask("s SELECT INBOX");
  const literal = new TextEncoder().encode(
    " SUBJECT {100000+}\r\n" + "x".repeat(100_000),
  );
  await wire.send("a SEARCH");
  for (let count = 0; count < 1_000; count++) await wire.send(literal);
  assertMatch(await wire.ask("", "a"), /^a BAD \[TOOBIG\] /m);
  assertMatch(await wire.ask("b NOOP"), /^b OK /m);
});

Deno.test("A thousand and one small literals are too many", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  await ask(client, "s", "s SELECT INBOX");
  const outcome = await ask(
    client,
    "a",
    "a SEARCH" + " SUBJECT {1+}\r\nx".repeat(1_001),
  );
  assertRefused(outcome, "1,001 literals");
});
