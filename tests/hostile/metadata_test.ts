/** Metadata without end: entries, values, names, filters. */

import { assertEquals } from "@std/assert";
import { Arena, ask } from "./arena.ts";

Deno.test("10,000 entries meet a limit, and so do large values", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const codes = new Map<string, number>();
  for (let from = 0; from < 10_000; from += 500) {
    const entries = Array.from(
      { length: 50 },
      (_, i) => `/private/e${from + i} "x"`,
    );
    for (const mailbox of ["INBOX", '""']) {
      const { status, code } = await ask(
        client,
        "s",
        `s SETMETADATA ${mailbox} (${entries.join(" ")})`,
      );
      const outcome = `${status} ${code}`;
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
    }
  }
  assertEquals([...codes], [["OK undefined", 8], ["NO METADATA", 32]]);
  const value = "v".repeat(60_001);
  const set = (entry: string, size: number) =>
    ask(
      client,
      "s",
      `s SETMETADATA Full (${entry} {${size}+}\r\n${value.slice(0, size)})`,
    );
  assertEquals((await ask(client, "c", "c CREATE Full")).status, "OK");
  assertEquals((await set("/private/large", 60_001)).code, "METADATA");
  for (let i = 0; i < 8; i++) {
    assertEquals((await set(`/private/${i}`, 60_000)).status, "OK");
  }
  assertEquals((await set("/private/one-more", 60_000)).code, "OVERQUOTA");
  // What is there is there still, and can be made less.
  assertEquals((await set("/private/0", 1)).status, "OK");
});

Deno.test("LIST with the metadata of all, a thousand entries each", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const entries = Array.from({ length: 1_000 }, (_, i) => `/private/${i}`);
  const list = entries.join(" ");
  const { status, untagged } = await ask(
    client,
    "l",
    `l LIST "" * RETURN (METADATA (${list}))`,
  );
  assertEquals([status, untagged.length], ["OK", 2]);
  const more = await ask(
    client,
    "g",
    `g GETMETADATA INBOX (${list} /private/x)`,
  );
  assertEquals(more.status, "BAD");
  const bare = await ask(client, "h", `h GETMETADATA INBOX ${list} /private/x`);
  assertEquals(bare.status, "BAD");
});

Deno.test("filters that multiply come to an end", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const set = (name: string, value: string) =>
    ask(
      client,
      "s",
      `s SETMETADATA "" (/private/filters/values/${name} "${value}")`,
    );
  for (let i = 0; i < 7; i++) {
    const next = `FILTER f${i + 1} `.repeat(10).trim();
    assertEquals((await set(`f${i}`, next)).status, "OK");
  }
  assertEquals((await set("f7", "ALL")).status, "OK");
  assertEquals((await ask(client, "e", "e SELECT INBOX")).status, "OK");
  const { status, code } = await ask(client, "x", "x SEARCH FILTER f0");
  assertEquals([status, code], ["NO", "LIMIT"]);
  assertEquals(
    (await set("deep", "(".repeat(70) + "ALL" + ")".repeat(70))).status,
    "NO",
  );
  assertEquals((await set("many", "ALL ".repeat(2_000).trim())).status, "NO");
  const last = await ask(client, "y", "y SEARCH FILTER f5");
  assertEquals(last.status, "OK");
});
