/** Contents and what refers to them, broken on purpose: what a check finds, and what a repair makes of it. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeContents } from "../../storage/kv/content_list.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { encodeCounts } from "../../storage/kv/summary_page.ts";
import { bytes, message } from "../../testing/conformance/harness.ts";
import {
  B,
  BAD,
  broken,
  check,
  type Dump,
  dump,
  fill,
  INBOX,
  same,
  sameButSummaries,
} from "../storage/broken_database.ts";

// Contents.

broken("a message without its source", {
  finds: ["message", "its source of 4 bytes is missing"],
  compare: (before, after) => {
    const gone = before[INBOX]!.filter((line) => line.includes(" late 4 "));
    assertEquals(gone.length, 1);
    before[INBOX] = before[INBOX]!.filter((line) => !gone.includes(line));
    same(before, after);
  },
}, async ({ kv, ids }) => {
  for await (
    const { key, value } of kv.list<Uint8Array>({
      prefix: ["body", ids[INBOX]!],
    })
  ) {
    if (new TextDecoder().decode(value) === "late") await kv.delete(key);
  }
});

broken("a source that is not whole", {
  finds: ["message", "its source has 64000 bytes, not 200000"],
  compare: (before, after) => {
    const found = after["alice Lost+Found/Messages"]!;
    assertEquals(found, [`1 large xxxxxx 64000  anew 64000`]);
    for (const name of [INBOX, B]) {
      before[name] = before[name]!.filter((line) => !line.includes("large"));
    }
    delete after["alice Lost+Found/Messages"];
    same(before, after);
  },
}, async ({ kv, ids }) => {
  for await (const { key } of kv.list({ prefix: ["body", ids[INBOX]!] })) {
    if (key[3] === 1 && (await kv.get([...key.slice(0, 3), 3])).value) {
      await kv.delete(key);
    }
  }
});

broken("contents that no message has", {
  finds: ["content", "no message has it, 3 bytes"],
}, async ({ kv, ids }) => {
  await kv.set(["body", ids[INBOX]!, 4_000, 0], bytes("abc"));
  await kv.set(["summary", ids[INBOX]!, 4_001, 0], bytes("abc"));
  await kv.set(["body", 61, 4_002, 0], bytes("abc"));
});

broken("a summary that is missing", {
  finds: ["summary", "there is no summary"],
  compare: sameButSummaries,
}, async ({ kv, key }) => kv.delete(await key(["summary"])));

broken("a summary that is not whole", {
  finds: ["summary", "the summary is not whole"],
  compare: sameButSummaries,
}, async ({ kv, key }) => {
  const at = await key(["summary"]);
  const { value } = await kv.get<Uint8Array>(at);
  await kv.set(at, value!.subarray(0, 8));
});

broken("packed summaries that cannot be read", {
  finds: ["value", "a page of summaries cannot be read"],
  compare: sameButSummaries,
}, async ({ kv, key }) => void await kv.set(await key(["summaries"]), BAD));

broken("a summary in the wrong page", {
  finds: ["value", "a page of summaries has what belongs to another"],
}, async ({ kv, key }) => {
  const at = await key(["summaries"]);
  const { value } = await kv.get<Uint8Array>(at);
  await kv.set(["summaries", at[1]!, (at[2] as number) + 5], value);
});

broken("two summaries of one message", {
  finds: ["summary", "there are two summaries"],
  compare: sameButSummaries,
}, async ({ kv, ids, key }) => {
  const packed = await key(["summaries", ids[INBOX]!]);
  const single = await key(["summary", ids[INBOX]!]);
  const { value } = await kv.get<Uint8Array>(single);
  await kv.set(["summary", ids[INBOX]!, packed[2]!, 0], value);
});

// How many messages share a content.

broken("counts that cannot be read", {
  finds: ["references", "it counts 1 messages, 2 have it"],
}, async ({ kv, key }) => void await kv.set(await key(["extra"]), BAD));

broken("counts that are missing", {
  finds: ["references", "it counts 1 messages, 2 have it"],
}, async ({ kv, key }) => kv.delete(await key(["extra"])));

broken("counts that are too high, and of nothing", {
  finds: ["references", "it counts 6 messages, 1 have it"],
}, async ({ kv, ids }) => {
  const at = ["extra", ids[INBOX]!, 0];
  const body =
    (await Array.fromAsync(kv.list({ prefix: ["body", ids[B]!] })))[0]!;
  await kv.set(
    ["extra", ids[B]!, body.key[2]!],
    encodeCounts([[body.key[2] as number, 5], [4_050, 1]]),
  );
  assertEquals((await kv.get(at)).value, null);
});

for (const kind of ["garbage", "shared"]) {
  broken(`${kind} that is not so`, {
    finds: [
      "references",
      `it counts ${kind === "garbage" ? 0 : 2} messages, 1 have it`,
    ],
  }, async ({ kv, ids, key }) => {
    const [, home, number] = await key(["body", ids[B]!]) as [
      string,
      number,
      number,
    ];
    const entry = { home, number, size: 3 };
    const none = { home: 61, number: 4_090, size: 3 };
    await kv.set([kind, 4_000], encodeContents(0, [entry, none]));
  });

  broken(`a record of ${kind} contents that cannot be read`, {
    finds: ["value", "it cannot be read"],
  }, async ({ kv }) => void await kv.set([kind, 4_000], BAD));
}

// What was interrupted.

broken("an upload that never came to its end", {
  finds: ["unfinished", "it never came to its end"],
}, async ({ kv, ids }) => {
  const marker = new Uint8Array(17);
  marker.set([1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3]);
  await kv.set(["upload", ids[INBOX]!, 4_000], marker);
  await kv.set(["body", ids[INBOX]!, 4_000, 0], bytes("abc"));
});

broken(
  "an upload that cannot be read",
  {
    finds: ["value", "its marker cannot be read"],
  },
  async ({ kv, ids }) => void await kv.set(["upload", ids[INBOX]!, 4_000], BAD),
);

/** Deletes a mailbox and leaves the rest of it. */
async function deleteB(kv: Deno.Kv): Promise<void> {
  await using storage = await openKvStorage({ kv, gracePeriod: 1e9 });
  const account = await storage.openAccount("alice");
  await account.deleteMailbox("a/b");
  account.close();
}

function withoutB(before: Dump, after: Dump): void {
  delete before[B];
  same(before, after);
}

broken("a deleted mailbox that has not been cleared away", {
  finds: ["unfinished", "it has not been cleared away"],
  compare: withoutB,
}, ({ kv }) => deleteB(kv));

broken("a deleted mailbox that cannot be read", {
  finds: ["mailbox", "what is left of it cannot be read"],
  compare: withoutB,
}, async ({ kv, key }) => {
  await deleteB(kv);
  await kv.set(await key(["dead"]), BAD);
});

for (const name of ["mailbox", "content"]) {
  for (const value of [BAD, undefined]) {
    broken(`the counter of ${name} numbers ${value ? "broken" : "missing"}`, {
      finds: ["counter", "the counter"],
    }, async ({ kv }) => {
      if (value) await kv.set(["counter", name], value);
      else await kv.delete(["counter", name]);
    });
  }
}

const damage = fc.record({
  place: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  kind: fc.constantFrom("delete", "cut", "flip"),
  at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  with: fc.integer({ min: 1, max: 255 }),
});

Deno.test("check: whatever is broken at random, a repair makes it whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(damage, { minLength: 1, maxLength: 6 }),
      async (damages) => {
        const kv = await Deno.openKv(":memory:");
        try {
          await fill(kv, ["alice", "bob"]);
          for (const { place, kind, at, with: byte } of damages) {
            const all = await Array.fromAsync(
              kv.list<Uint8Array>({ prefix: [] }),
            );
            const { key, value } = all[Math.floor(place * all.length)]!;
            const changed = value.slice();
            changed[Math.floor(at * value.length)]! ^= byte;
            if (kind === "delete") await kv.delete(key);
            else if (kind === "cut") {
              await kv.set(
                key,
                value.slice(0, at * value.length),
              );
            } else await kv.set(key, changed);
          }
          const { left, findings } = await check(kv, true);
          assertEquals(left, 0, JSON.stringify(findings));
          assertEquals((await check(kv, false)).findings, []);
          await using storage = await openKvStorage({ kv, gracePeriod: 0 });
          assertEquals(await storage.verify(), []);
          await dump(storage);
          const account = await storage.openAccount("alice");
          const inbox = await account.openMailbox("INBOX");
          await inbox.append([message("new")]);
          await inbox.expunge(inbox.state.allUids());
          assertEquals(await storage.verify(), []);
          inbox.close();
          account.close();
        } finally {
          kv.close();
        }
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});
