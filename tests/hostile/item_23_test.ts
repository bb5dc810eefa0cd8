/** Item 23: more keywords, mailboxes, levels and subscriptions than anybody needs. */

import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { DEFAULT_STORAGE_LIMITS } from "../../storage/limits.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { Wire } from "./wire.ts";

const { maxDepth, maxKeywords, maxKeywordLength } = DEFAULT_STORAGE_LIMITS;
/** The default would take long to reach. */
const limits = { maxMailboxes: 30 };
const LIMIT = / NO \[LIMIT\] /;

const keywords = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `k${from + n}`).join(" ");

for (
  const [kind, open] of [
    ["memory", () => Promise.resolve(new MemoryStorage({ limits }))],
    ["KV", () => openKvStorage({ path: ":memory:", limits })],
  ] as const
) {
  Deno.test(`what a user may make the storage keep is bounded: ${kind}`, async () => {
    await using storage = await open();
    await using server = serve({
      port: 0,
      storage,
      users: { alice: "secret" },
      onListen: () => {},
    });
    using wire = await Wire.open(server.addr.port);
    await wire.ask("l LOGIN alice secret");
    const append = (mailbox: string, flags: string) =>
      wire.ask(`a APPEND ${mailbox} (${flags}) {1+}\r\nx`);

    await append("INBOX", keywords(0, 150));
    await wire.ask("s SELECT INBOX");
    assertMatch(
      await wire.ask(`b STORE 1 +FLAGS (${keywords(0, 10_000)})`),
      /^b (BAD|NO) \[?(LIMIT|TOOBIG)?/m,
    );
    assertMatch(
      await wire.ask(`c STORE 1 +FLAGS (${keywords(150, maxKeywords)})`),
      /^c OK/m,
    );
    assertMatch(await wire.ask("d STORE 1 +FLAGS (more)"), LIMIT);
    assertMatch(await wire.ask("e STORE 1 +FLAGS (K7 \\Seen)"), /^e OK/m);
    assertMatch(await append("INBOX", "more"), LIMIT);
    const long = "x".repeat(maxKeywordLength + 1);
    assertMatch(await wire.ask(`f STORE 1 FLAGS (${long})`), LIMIT);
    // A copy brings its keywords along.
    await wire.ask("g CREATE other");
    await append("other", keywords(1_000, 1_100));
    assertMatch(await wire.ask("h COPY 1 other"), LIMIT);
    assertMatch(await wire.ask("i MOVE 1 other"), LIMIT);
    assertMatch(await wire.ask("j FETCH 1 UID"), /UID 1\b/);

    const levels = (count: number) => Array(count).fill("a").join("/");
    for (const depth of [maxDepth + 1, 200]) {
      assertMatch(await wire.ask(`k CREATE ${levels(depth)}`), LIMIT);
      assertMatch(await wire.ask(`l RENAME other ${levels(depth)}`), LIMIT);
      assertMatch(await wire.ask(`m SUBSCRIBE ${levels(depth)}`), LIMIT);
    }
    let created = 0;
    let said: string;
    do said = await wire.ask(`n CREATE m${created++}`); while (
      /^n OK/m.test(said)
    );
    assertMatch(said, LIMIT);
    assertEquals(created < limits.maxMailboxes, true);
    // The names above one are no mailboxes, and are gone with the last one below.
    assertMatch(await wire.ask("o RENAME m0 x/y/z"), /^o OK/m);
    assertMatch(await wire.ask("p CREATE x"), LIMIT);
    assertMatch(await wire.ask("q DELETE x/y/z"), /^q OK/m);
    assertFalse((await wire.ask('r LIST "" x*')).startsWith("* LIST"));
    assertMatch(await wire.ask("r CREATE m0"), /^r OK/m);
    assertMatch(await wire.ask("r CREATE m99"), LIMIT);

    let subscribed = 0;
    do said = await wire.ask(`t SUBSCRIBE s${subscribed++}`); while (
      /^t OK/m.test(said) && subscribed < 100
    );
    assertMatch(said, LIMIT);
    assertEquals(await storage.verify(), []);
  });
}
