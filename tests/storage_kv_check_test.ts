/** Mailboxes and names that are broken on purpose, one way each: what a check finds, what a repair makes of it. */

import { assertEquals, assertGreater } from "@std/assert";
import { decodeHead, encodeHead } from "../storage/kv/head.ts";
import { decodeNode, encodeNode } from "../storage/kv/tree.ts";
import {
  B,
  BAD,
  broken,
  INBOX,
  nothingLost,
  renamed,
} from "./storage/broken_database.ts";

// Heads, pages and logs.

broken(
  "a wrong count",
  { finds: ["counts", "unseen"] },
  ({ head }) => head(INBOX, (head) => ({ ...head, unseen: head.unseen + 5 })),
);

broken(
  "wrong bytes and messages",
  { finds: ["mailbox", "messages"] },
  ({ head }) => head(B, (head) => ({ ...head, messages: 99, size: 5 })),
);

broken(
  "UIDNEXT below a message",
  { finds: ["mailbox", "as UIDNEXT"] },
  ({ head }) => head(B, (head) => ({ ...head, uidNext: 2 })),
);

broken("a head that cannot be read", {
  finds: ["mailbox", "the head cannot be read"],
}, async ({ kv, ids }) => void await kv.set(["head", ids[INBOX]!], BAD));

broken("a head that is missing", {
  finds: ["mailbox", "the head is missing"],
}, ({ kv, ids }) => kv.delete(["head", ids[INBOX]!]));

broken(
  "a page that cannot be read",
  {
    finds: ["mailbox", "the page from UID 1 on cannot be read"],
    compare: nothingLost(INBOX),
  },
  async ({ kv, ids, key }) =>
    void await kv.set(await key(["page", ids[INBOX]!]), BAD),
);

broken(
  "a page that is no bytes",
  {
    finds: ["mailbox", "the page from UID 1 on cannot be read"],
    compare: nothingLost(INBOX),
  },
  async ({ kv, ids, key }) =>
    void await kv.set(await key(["page", ids[INBOX]!]), "text"),
);

broken("a page that is missing", {
  finds: ["mailbox", "messages"],
  compare: nothingLost(INBOX),
}, async ({ kv, ids, key }) => kv.delete(await key(["page", ids[INBOX]!])));

broken(
  "a change that cannot be read",
  {
    finds: ["mailbox", "the change of modseq"],
    compare: nothingLost(INBOX),
  },
  async ({ kv, ids, key }) =>
    void await kv.set(await key(["log", ids[INBOX]!]), BAD),
);

broken("a change that is missing", {
  finds: ["mailbox", "1 changes are missing in the log"],
  compare: nothingLost(INBOX),
}, async ({ kv, ids, key }) => {
  const log = await Array.fromAsync(kv.list({ prefix: ["log", ids[INBOX]!] }));
  assertGreater(log.length, 1);
  await kv.delete(await key(["log", ids[INBOX]!]));
});

broken("a log beyond the head", {
  finds: ["mailbox", "1 changes in the log are not the head's"],
}, async ({ kv, ids, key, head }) => {
  const last = await key(["log", ids[INBOX]!]);
  const { value } = await kv.get<Uint8Array>(last);
  await kv.set(["log", ids[INBOX]!, 9_000, 0], value);
  await head(INBOX, (head) => head);
});

broken(
  "expunged messages that cannot be read",
  {
    finds: ["mailbox", "the expunged messages"],
  },
  async ({ kv, ids, key }) =>
    void await kv.set(await key(["expunged", ids[INBOX]!]), BAD),
);

// Names.

broken("a name that cannot be read", {
  finds: ["value", "of a mailbox name cannot be read"],
  compare: (before, after) => {
    const name = Object.keys(after).find((name) =>
      name.startsWith("alice Lost")
    )!;
    renamed(B, name)(before, after);
  },
}, async ({ kv, key }) => {
  const last = await key(["mailbox", "alice"], 2);
  await kv.set(last, BAD);
});

for (
  const [user, accounts] of [["alice", ["alice"]], ["lost+found", [
    "alice",
    "bob",
  ]]] as const
) {
  broken(`a mailbox in no account, of ${accounts.length}`, {
    accounts,
    finds: ["mailbox", "it is in no account and has 5 messages"],
    compare: (before, after) => {
      const name = Object.keys(after).find((name) =>
        name.startsWith(`${user} Lost+Found/Mailbox `)
      )!;
      renamed(B, name)(before, after);
    },
  }, async ({ kv, key }) => kv.delete(await key(["mailbox", "alice"], 2)));
}

broken("an empty mailbox in no account", {
  finds: ["mailbox", "an empty mailbox that is in no account"],
}, async ({ kv, ids, head }) => {
  await head(INBOX, (head) => head);
  const { value } = await kv.get<Uint8Array>(["head", ids[INBOX]!]);
  const head_ = {
    ...decodeHead(value!),
    messages: 0,
    unseen: 0,
    deleted: 0,
    recent: 0,
    size: 0,
    uidNext: 1,
    firstRecent: 1,
    highestModseq: 1,
    folded: 1,
    logStart: 1,
  };
  await kv.set(["head", 60], encodeHead(head_));
});

broken("a name below nothing", {
  finds: ["name", "hangs below nothing"],
  compare: renamed(B, "alice Lost+Found/b"),
}, async ({ kv, key }) => {
  const at = await key(["mailbox", "alice"], 2);
  const { value } = await kv.get<Uint8Array>(at);
  const node = decodeNode(at[2] as number, value!);
  await kv.set(at, encodeNode({ ...node, parent: 61 }));
});

broken("names that go round in a circle", {
  finds: ["name", "hangs below nothing"],
  compare: renamed(B, "alice Lost+Found/a/b"),
}, async ({ kv, key }) => {
  const [above, below] = [
    await key(["mailbox", "alice"], 1),
    await key(["mailbox", "alice"], 2),
  ];
  const { value } = await kv.get<Uint8Array>(above);
  const node = decodeNode(above[2] as number, value!);
  await kv.set(above, encodeNode({ ...node, parent: below[2] as number }));
});

broken("a name and a mailbox that are there twice", {
  finds: ["name", "the name is there twice"],
}, async ({ kv, key }) => {
  const { value } = await kv.get<Uint8Array>(
    await key(["mailbox", "alice"], 2),
  );
  await kv.set(["mailbox", "alice", 62], value);
});

broken("a mailbox of two accounts", {
  finds: ["name", "its mailbox has another name, too"],
}, async ({ kv, key }) => {
  const { value } = await kv.get<Uint8Array>(
    await key(["mailbox", "alice"], 0),
  );
  const node = decodeNode(62, value!);
  await kv.set(["mailbox", "bob", 62], encodeNode({ ...node, leaf: "mine" }));
});

broken("an empty name", {
  finds: ["name", "neither a mailbox nor a name below it"],
}, async ({ kv }) => {
  const node = { parent: 0, mailbox: 0, uidValidity: 0, specialUse: [] };
  await kv.set(
    ["mailbox", "bob", 62],
    encodeNode({ number: 62, leaf: "x", ...node }),
  );
  await kv.set(
    ["mailbox", "bob", 63],
    encodeNode({ number: 63, leaf: "y", ...node, parent: 62 }),
  );
});

broken("an account without INBOX", {
  finds: ["account", "there is no INBOX"],
  accounts: ["alice"],
  compare: (before, after) => {
    assertEquals(after[INBOX], []);
    const name = Object.keys(after).find((name) =>
      name.includes("Lost+Found")
    )!;
    assertEquals(after[name], before[INBOX]);
    assertEquals(after[B], before[B]);
  },
}, async ({ kv, key }) => kv.delete(await key(["mailbox", "alice"], 0)));

for (const value of [BAD, undefined]) {
  broken(`an account whose head is ${value ? "broken" : "missing"}`, {
    finds: ["account", "its head is missing or cannot be read"],
  }, async ({ kv }) => {
    if (value) await kv.set(["account", "alice"], value);
    else await kv.delete(["account", "alice"]);
  });
}

broken(
  "names and mailboxes that differ in UIDVALIDITY",
  {
    finds: ["name", "differ in UIDVALIDITY"],
  },
  ({ head }) =>
    head(INBOX, (head) => ({ ...head, uidValidity: head.uidValidity + 7 })),
);

// Metadata.

broken(
  "metadata of which the list cannot be read",
  {
    finds: ["metadata", "the list of entries cannot be read"],
  },
  async ({ kv, ids }) => void await kv.set(["metadata", "alice", ids[B]!], BAD),
);

broken("metadata of a mailbox that is not there", {
  finds: ["metadata", "there is no such mailbox"],
}, async ({ kv, ids }) => {
  const at = ["metadata", "alice", ids[B]!];
  const { value } = await kv.get<Uint8Array>(at);
  await kv.set(["metadata", "alice", 9_999], value);
});

broken("metadata of an account that is not there", {
  finds: ["metadata", "there is no such account"],
}, async ({ kv }) => {
  const { value } = await kv.get<Uint8Array>(["metadata", "bob", 0]);
  await kv.set(["metadata", "carol", 0], value);
});

broken("a value of metadata that is missing", {
  finds: ["metadata", "the value of /x is missing"],
}, ({ kv, ids }) => kv.delete(["entry", ids[B]!, 0]));

broken("a value of metadata that is another", {
  finds: ["metadata", "the value of /y is missing or not as it was"],
}, async ({ kv, ids }) => void await kv.set(["entry", ids[B]!, 1], BAD));

broken(
  "a value of metadata that no entry has",
  {
    finds: ["metadata", "no entry has it"],
  },
  async ({ kv, ids }) =>
    void await kv.set(["entry", ids[INBOX]!, 0], Uint8Array.of(1, 65)),
);
