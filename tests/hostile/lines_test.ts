/**
 * Lines without an end, parentheses without an end, octets that are in no string.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { answer, Arena, ask, assertRefused } from "./arena.ts";
import { Wire } from "./wire.ts";

/** Where a line can grow: each state of the grammar meets the same cap. */
const STATES: Record<string, string> = {
  "a tag": "",
  "an atom": "a NOOP ",
  "a quoted string": 'a LOGIN "',
  "a quoted string of escapes": 'a LOGIN "\\\\',
  "a section": "a FETCH 1 BODY[",
  "a field list": "a FETCH 1 BODY[HEADER.FIELDS (",
  "a flag list": "a STORE 1 FLAGS (",
  "a sequence set": "a FETCH 1,",
  "an unknown command": "a BLURDYBLOOP ",
  "a base64 response": "a AUTHENTICATE PLAIN ",
};

for (const [name, start] of Object.entries(STATES)) {
  Deno.test(`A line that goes on and on in ${name} ends in BYE`, async () => {
    await using arena = await Arena.start();
    const client = await arena.connect();
    await client.send(start + "1".repeat(DEFAULT_LIMITS.lineLength + 1));
    const outcome = await answer(client, "none");
    assertEquals(outcome.status, "closed");
    const [bye] = outcome.untagged;
    assert(bye?.type === "status" && bye.status === "BYE");
  });
}

Deno.test("Fifty megabytes without a line end are not read to their end", async () => {
  await using arena = await Arena.start();
  using wire = new Wire(await arena.server.connect());
  const part = new Uint8Array(65_536).fill("x".charCodeAt(0));
  // More than fits what lies between the two.
  await assertRejects(async () => {
    for (let sent = 0; sent < 50e6; sent += part.length) await wire.send(part);
  });
});

Deno.test("A challenge is answered by a line with the same cap", async () => {
  await using arena = await Arena.start();
  const client = await arena.connect();
  await client.send("a AUTHENTICATE PLAIN\r\n");
  assertEquals((await client.receive())?.type, "continuation");
  await client.send("A".repeat(DEFAULT_LIMITS.lineLength + 1));
  assertEquals((await answer(client, "none")).status, "closed");
});

Deno.test("IDLE is ended by a line with the same cap", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  await client.send("a IDLE\r\n");
  assertEquals((await client.receive())?.type, "continuation");
  await client.send("D".repeat(DEFAULT_LIMITS.lineLength + 1));
  assertEquals((await answer(client, "none")).status, "closed");
});

Deno.test("Parentheses that are left open cost no more than their octets", async () => {
  await using arena = await Arena.start();
  const clients = [];
  for (let count = 0; count < 200; count++) {
    const client = await arena.connect();
    await client.send(`a NOOP ${count % 2 ? "(" : ")"}`.padEnd(4_000, "("));
    clients.push(client);
  }
  await arena.assertAlive();
  for (const client of clients) {
    assertRefused(await ask(client, "a", ""), "open parentheses");
  }
});

const DEEP = 5_000;
const open = "(".repeat(DEEP);
const close = ")".repeat(DEEP);

for (
  const command of [
    `NOOP ${open}`,
    `NOOP ${close}`,
    `BLURDYBLOOP ${open}${close}`,
    `SEARCH ${open}ALL${close}`,
    `SEARCH ${open}`,
    `SEARCH RETURN ${open}`,
    `FETCH 1 ${open}FLAGS${close}`,
    `FETCH 1 BODY[HEADER.FIELDS ${open}`,
    `STORE 1 FLAGS ${open}`,
    `LIST ${open} "" *`,
    `LIST "" ${open}`,
    `LIST "" * RETURN ${open}`,
    `STATUS INBOX ${open}`,
    `ID ${open}`,
    `CREATE x ${open}`,
    `SELECT INBOX ${open}`,
  ]
) {
  Deno.test(`Depth is capped in ${command.slice(0, 32)}...`, async () => {
    await using arena = await Arena.start();
    const client = await arena.logIn();
    await ask(client, "s", "s SELECT INBOX");
    assertRefused(await ask(client, "a", `a ${command}`), command.slice(0, 32));
  });
}

for (
  const command of [
    'LOGIN "al\0ice" secret',
    'LOGIN alice "sec\0ret"',
    "LOGIN al\0ice secret",
    'LOGIN "al\rice" secret',
    "LO\0GIN alice secret",
    "LOGIN {5+}\r\nal\0ce secret",
    "\0LOGIN alice secret",
  ]
) {
  Deno.test(`${JSON.stringify(command)} is refused`, async () => {
    await using arena = await Arena.start();
    const client = await arena.connect();
    assertRefused(await ask(client, "a", `a ${command}`), command);
  });
}

Deno.test("Every octet as a command leaves the server as it was", async () => {
  await using arena = await Arena.start({ badCommands: 1_000 });
  for (let octet = 0; octet < 256; octet++) {
    if (octet === 10 || octet === 13) continue;
    const client = await arena.connect();
    const char = String.fromCharCode(octet);
    await client.send(`${char}\r\na ${char}\r\na NOOP ${char}\r\n`);
    const outcome = await ask(client, "end", "end NOOP");
    assertEquals(outcome.status, "OK", `Octet ${octet}`);
    client.close();
  }
});
