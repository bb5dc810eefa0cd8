/**
 * Mailbox names that climb, split lines, or have two spellings.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Arena, ask, assertRefused } from "./arena.ts";
import type { Client } from "../transcript/client.ts";

/** As literals, so that the name alone is what is refused. */
const NAMES: readonly string[] = [
  "../../bob",
  "..",
  "../x",
  "a/../b",
  "/x",
  "//",
  "foo//x",
  "",
  "a\r\n* b",
  "a\r\nz OK",
  "a\0b",
  "a\rb",
  "a\nb",
  "a\x7fb",
  "\x1b[31m",
  "x".repeat(10_000),
  "x/".repeat(5_000) + "x",
  // modified UTF-7 (RFC 9051 appendix A.1): no shift back, ASCII inside, half a pair, an empty pair
  "a&",
  "&AGEAYg-",
  "&2AA-",
  "&3AA-",
  "&Jjo!",
  "&U,BTFw-&ZeVnLIqe-",
  "&AP-",
  "&AAA-",
  "&AAoADQ-",
  "\xff\xfe",
  "\xc3",
  "\xc0\xaf",
];

/** Names that are refused as they stand or kept under a name that can be told: but never under two. */
const ODD: readonly string[] = [
  "x ",
  " x",
  "x*",
  "x%",
  'x"y',
  "x\\y",
  "INBOX/x",
];

async function mailboxes(client: Client): Promise<readonly string[]> {
  const { untagged } = await ask(client, "z", 'z LIST "" "*"');
  return untagged.map((response) => {
    assert(response.type === "data" && response.name === "LIST");
    const name = response.values[2];
    return name?.type === "string" || name?.type === "atom" ? name.text : "";
  });
}

function literal(name: string): string {
  return `{${name.length}+}\r\n${name}`;
}

for (const name of NAMES) {
  const shown = JSON.stringify(name.slice(0, 30));
  Deno.test(`A mailbox is not called ${shown}`, async () => {
    await using arena = await Arena.start();
    const client = await arena.logIn();
    await ask(client, "a", "a CREATE x");
    const { status, code } = await ask(
      client,
      "c",
      `c CREATE ${literal(name)}`,
    );
    const clear = status === "BAD" || code === "CANNOT" || code === "LIMIT";
    assert(clear, `${status} [${code}]`);
    for (
      const command of [
        `CREATE ${literal(name)}`,
        `RENAME x ${literal(name)}`,
        `RENAME INBOX ${literal(name)}`,
        `SELECT ${literal(name)}`,
        `DELETE ${literal(name)}`,
        `STATUS ${literal(name)} (MESSAGES)`,
        `APPEND ${literal(name)} {1+}\r\nx`,
      ]
    ) {
      assertRefused(await ask(client, "t", `t ${command}`), command);
    }
    assertEquals((await mailboxes(client)).toSorted(), ["INBOX", "x"]);
  });
}

for (const name of ODD) {
  Deno.test(`${JSON.stringify(name)} is one mailbox or none`, async () => {
    await using arena = await Arena.start();
    const client = await arena.logIn();
    const { status } = await ask(client, "a", `a CREATE ${literal(name)}`);
    if (status !== "OK") return;
    const listed = (await mailboxes(client)).filter((one) => one !== "INBOX");
    assertEquals(listed, [name]);
    assertRefused(await ask(client, "b", `b CREATE ${literal(name)}`), name);
    assertEquals(
      (await ask(client, "c", `c DELETE ${literal(name)}`)).status,
      "OK",
    );
  });
}

Deno.test("A subscription to an odd name is refused or comes back whole", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  for (const name of [...NAMES, ...ODD]) {
    const { status } = await ask(client, "a", `a SUBSCRIBE ${literal(name)}`);
    assert(["OK", "NO", "BAD"].includes(status));
    const { untagged } = await ask(client, "b", 'b LSUB "" "*"');
    for (const response of untagged) {
      assert(response.type === "data" && response.name === "LSUB");
    }
    await ask(client, "c", `c UNSUBSCRIBE ${literal(name)}`);
  }
});

Deno.test("Two hundred levels and a thousand mailboxes are an answer away", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const { status } = await ask(
    client,
    "a",
    `a CREATE ${Array(200).fill("a").join("/")}`,
  );
  assert(["OK", "NO"].includes(status));
  const commands = Array.from({ length: 1_000 }, (_, at) => `b CREATE m${at}`);
  await client.send(commands.join("\r\n") + "\r\n");
  assertEquals((await ask(client, "c", 'c LIST "" %')).status, "OK");
});
