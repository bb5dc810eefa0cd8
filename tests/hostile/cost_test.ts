/**
 * Small commands that ask for much: what they cost is bounded by what there is, not by what they say.
 *
 * A cost that grows out of bounds shows as a test that does not end.
 *
 * @module
 */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { Arena, ask, assertRefused, type Outcome } from "./arena.ts";
import type { Client } from "../transcript/client.ts";

async function selectTen(arena: Arena): Promise<Client> {
  const client = await arena.logIn();
  for (let count = 0; count < 10; count++) {
    const message = `Subject: ${count}\r\n\r\n`;
    await ask(
      client,
      "a",
      `a APPEND INBOX {${message.length}+}\r\n${message}`,
    );
  }
  assertEquals((await ask(client, "s", "s SELECT INBOX")).status, "OK");
  return client;
}

function isAnswer(outcome: Outcome): boolean {
  return ["OK", "NO", "BAD", "closed"].includes(outcome.status);
}

const SEARCHES: Record<string, string> = {
  "5,000 parentheses": "(".repeat(5_000) + "ALL" + ")".repeat(5_000),
  "15,000 NOTs": "NOT ".repeat(15_000) + "ALL",
  "5,000 ORs": "OR ALL ".repeat(5_000) + "ALL",
  "5,000 ORs to the left": "OR ".repeat(5_000) + "ALL ".repeat(5_000) + "ALL",
  "10,000 keys": "ALL ".repeat(10_000) + "ALL",
  "10,000 texts": 'TEXT "a" '.repeat(7_000) + "ALL",
  "nested ORs of NOTs": "OR NOT ALL ".repeat(4_000) + "ALL",
};

for (const [name, keys] of Object.entries(SEARCHES)) {
  Deno.test(`A search of ${name} is answered`, async () => {
    await using arena = await Arena.start();
    const client = await selectTen(arena);
    assert(isAnswer(await ask(client, "a", `a SEARCH ${keys}`)));
  });
}

const ALL = "1:4294967295";

for (
  const command of [
    `UID FETCH ${ALL} FLAGS`,
    `UID FETCH 4294967295:1 FLAGS`,
    `UID FETCH ${Array(4_000).fill(ALL).join(",")} FLAGS`,
    `FETCH ${Array(10_000).fill("1").join(",")} FLAGS`,
    `FETCH ${Array(10_000).fill("1:*").join(",")} FLAGS`,
    `UID STORE ${ALL} +FLAGS (\\Seen)`,
    `UID SEARCH UID ${ALL}`,
    `SEARCH ${Array(10_000).fill("1:10").join(",")}`,
    `UID SEARCH UID ${Array(4_000).fill(ALL).join(",")}`,
    `UID COPY ${ALL} INBOX`,
    `UID EXPUNGE ${ALL}`,
  ]
) {
  Deno.test(`${command.slice(0, 40)} costs what there is`, async () => {
    await using arena = await Arena.start();
    const client = await selectTen(arena);
    const outcome = await ask(client, "a", `a ${command}`);
    assert(["OK", "NO", "BAD"].includes(outcome.status));
    assertLessOrEqual(outcome.untagged.length, 12);
  });
}

Deno.test("A sequence set of more ranges than the limit is refused", async () => {
  await using arena = await Arena.start({ sequenceSet: 100 });
  const client = await selectTen(arena);
  const set = Array(101).fill("1").join(",");
  assertRefused(await ask(client, "a", `a FETCH ${set} FLAGS`), "101 ranges");
});

for (const item of ["FLAGS", "BODY.PEEK[]", "BODY.PEEK[1]<0.1>", "ENVELOPE"]) {
  Deno.test(`${item} two thousand times is refused or answered`, async () => {
    await using arena = await Arena.start();
    const client = await selectTen(arena);
    const items = Array(2_000).fill(item).join(" ");
    assert(isAnswer(await ask(client, "a", `a FETCH 1 (${items})`)));
  });
}

Deno.test("Wildcards do not multiply", async () => {
  await using arena = await Arena.start({ listWildcards: 1_000 });
  const account = await arena.server.storage.openAccount("alice");
  for (let count = 0; count < 1_000; count++) {
    await account.createMailbox(`${"a".repeat(40)}/${"b".repeat(40)}${count}`);
  }
  account.close();
  const client = await arena.logIn();
  for (
    const pattern of [
      "%*".repeat(100) + "q",
      "*a".repeat(100),
      "%a".repeat(100) + "/" + "%b".repeat(100),
      "*".repeat(200) + "q",
      "a*".repeat(60) + "/" + "*b".repeat(60) + "q",
    ]
  ) {
    const outcome = await ask(client, "a", `a LIST "" "${pattern}"`);
    assert(["OK", "NO", "BAD"].includes(outcome.status));
    assertEquals(outcome.untagged, []);
  }
});

Deno.test("More wildcards than the limit match nothing", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const outcome = await ask(client, "a", `a LIST "" "${"%*".repeat(100)}"`);
  assert(["OK", "NO", "BAD"].includes(outcome.status));
});

const PATTERNS = 2_000;

Deno.test("Patterns and field names are counted", async () => {
  await using arena = await Arena.start();
  const client = await selectTen(arena);
  const patterns = Array(PATTERNS).fill("*").join(" ");
  assertRefused(await ask(client, "a", `a LIST "" (${patterns})`), "patterns");
  const fields = Array(PATTERNS).fill("X-A").join(" ");
  assertRefused(
    await ask(client, "b", `b FETCH 1 BODY.PEEK[HEADER.FIELDS (${fields})]`),
    "fields",
  );
  const flags = Array.from({ length: PATTERNS }, (_, at) => `k${at}`).join(" ");
  assertRefused(await ask(client, "c", `c STORE 1 FLAGS (${flags})`), "flags");
});

for (
  const partial of [
    "<4294967296.5>",
    "<4294967295.4294967295>",
    "<0.18446744073709551615>",
    "<18446744073709551615.1>",
    "<9223372036854775807.9223372036854775807>",
    "<99999999999999999999999.1>",
    "<-1.5>",
    "<1.-5>",
  ]
) {
  Deno.test(`BODY[]${partial} is empty, cut, or refused`, async () => {
    await using arena = await Arena.start();
    const client = await selectTen(arena);
    const { status, untagged } = await ask(
      client,
      "a",
      `a FETCH 1 BODY.PEEK[]${partial}`,
    );
    assert(["OK", "NO", "BAD"].includes(status));
    const [fetch] = untagged;
    if (fetch === undefined) return;
    assert(fetch.type === "data" && fetch.values[0]?.type === "list");
    const value = fetch.values[0].items[1];
    const whole = partial.startsWith("<0.");
    assertEquals(
      value?.type === "string" && value.text,
      whole ? "Subject: 0\r\n\r\n" : "",
    );
  });
}
