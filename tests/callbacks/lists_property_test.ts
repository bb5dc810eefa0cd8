/**
 * Whatever a callback lists, in whatever order, twice, or not at all: every client's picture stays right, and
 * the mailbox is what the lists allow.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { withCallbacks } from "../../server/callbacks/storage.ts";
import type { MessageEntry } from "../../server/mod.ts";
import { Client, type Surroundings } from "../../testing/sessions/client.ts";
import {
  expunge,
  fetch,
  type Sending,
  store,
} from "../../testing/sessions/commands.ts";
import { TestHost } from "../../testing/sessions/loopback.ts";
import {
  enable,
  select,
  simple,
} from "../../testing/sessions/mailbox_commands.ts";
import { allMessages, chooseSet } from "../../testing/sessions/message_set.ts";
import { Turns } from "../../testing/sessions/turns.ts";
import { World } from "../../testing/sessions/world.ts";
import { rounds } from "../shards/part.ts";

const FLAGS = ["\\Seen", "\\Deleted", "k1", "k2"];

/** What a list names: messages, and what is none. */
const entry = fc.record({
  key: fc.integer({ min: 1, max: 12 }),
  flags: fc.option(fc.subarray(FLAGS), { nil: undefined }),
  twist: fc.constantFrom(
    ...Array<string>(12).fill(""),
    ...[
      "twice",
      "null",
      "number",
      "date",
      "size",
      "flags",
      "nameless",
      "other",
    ],
  ),
});

const step = fc.record({
  list: fc.option(fc.array(entry, { maxLength: 10 }), { nil: undefined }),
  client: fc.nat(1),
  does: fc.constantFrom(
    "fetch",
    "store",
    "silent",
    "noop",
    "search",
    "expunge",
  ),
  by: fc.constantFrom("number" as const, "uid" as const),
  from: fc.nat(12),
  more: fc.nat(4),
  flags: fc.subarray(FLAGS),
});

type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a list allows, worked out the plain way. */
class Expected {
  readonly #byUid: boolean;
  #next = 1;
  #uids = new Map<number, number>();

  constructor(byUid: boolean) {
    this.#byUid = byUid;
  }

  get uids(): number[] {
    return [...this.#uids.values()].sort((a, b) => a - b);
  }

  take(list: readonly Entry[]): void {
    const uids = new Map<number, number>();
    const fresh: number[] = [];
    for (const { key, twist } of list) {
      if (["null", "number", "nameless", "other"].includes(twist)) continue;
      if (uids.has(key) || fresh.includes(key)) continue;
      const known = this.#uids.get(key);
      if (known !== undefined) uids.set(key, known);
      else if (twist === "date" || twist === "size") continue;
      else if (!this.#byUid || key >= this.#next) fresh.push(key);
    }
    if (this.#byUid) fresh.sort((a, b) => a - b);
    for (const key of fresh) {
      const uid = this.#byUid ? key : this.#next;
      uids.set(key, uid);
      this.#next = uid + 1;
    }
    this.#uids = uids;
  }
}

function entriesOf(list: readonly Entry[], byUid: boolean): unknown[] {
  return list.flatMap(({ key, flags, twist }): unknown[] => {
    const message: MessageEntry = {
      ...(byUid ? { uid: key } : { id: `id${key}` }),
      ...(flags === undefined ? {} : { flags }),
      source: `Subject: m${key}\n\nI am ${key}.\n`,
    };
    const { uid: _uid, id: _id, ...nameless } = message;
    switch (twist) {
      case "twice":
        return [message, message];
      case "null":
        return [null];
      case "number":
        return [key];
      case "date":
        return [{ ...message, internalDate: NaN }];
      case "size":
        return [{ ...message, size: -key }];
      case "flags":
        return [{ ...message, flags: [...flags ?? [], "no flag", 7] }];
      case "nameless":
        return [nameless];
      case "other":
        return [{ ...nameless, ...(byUid ? { id: "x" } : { uid: key }) }];
      default:
        return [message];
    }
  });
}

async function play(
  steps: readonly Step[],
  byUid: boolean,
  choices: readonly number[],
): Promise<void> {
  // The first list settles what messages are known by.
  let list: readonly Entry[] = [{ key: 1, flags: [], twist: "" }];
  const expected = new Expected(byUid);
  const unexpected: unknown[] = [];
  await using storage = withCallbacks(undefined, {
    getMailboxes: () => [],
    getMessages: () => entriesOf(list, byUid) as MessageEntry[],
    deleteMessages() {},
  }, {
    callbackTime: 10_000,
    report: (error) => {
      if (!/given nonsense/.test(String(error))) unexpected.push(error);
    },
  });
  const turns = new Turns(choices);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const host = new TestHost(storage, 64);
  const around: Surroundings = {
    host,
    turns,
    world: new World(),
    transcript: [],
    fail: failure.reject,
  };
  const all = (async () => {
    const clients = [
      new Client("A", around),
      new Client("B", around, { rev2: true }),
    ];
    for (const client of clients) {
      await client.run(simple("LOGIN u secret"));
      if (client.model.rev2) await client.run(enable("IMAP4rev2"));
      await client.run(select("INBOX", false));
    }
    const account = await storage.openAccount("u");
    const mailbox = await account.openMailbox("INBOX");
    expected.take(list);
    for (const step of steps) {
      if (step.list !== undefined) {
        list = step.list;
        expected.take(list);
        await storage.notify("u");
        assertEquals([...mailbox.state.allUids()], expected.uids);
      }
      const client = clients[step.client]!;
      const sending = commandOf(client, step);
      if (sending !== undefined) await client.run(sending);
    }
    for (const client of clients) {
      await client.run(simple("NOOP"));
      const slots = client.model.selection!.slots!;
      assertEquals(slots.length, expected.uids.length);
      if (slots.length === 0) continue;
      const items = "(UID FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])";
      await client.run(fetch(allMessages(), items));
      assertEquals(slots.map(({ uid }) => uid), expected.uids);
      await client.logOut();
    }
    mailbox.close();
    account.close();
    assertEquals(await storage.verify(), []);
  })();
  await turns.runUntil(Promise.race([all, failure.promise]));
  assertEquals(host.faults, []);
  assertEquals(unexpected, []);
}

function commandOf({ model }: Client, step: Step): Sending | undefined {
  if (step.does === "noop") return simple("NOOP");
  if (step.does === "expunge") return expunge();
  if (step.does === "search") return simple("SEARCH DELETED");
  const set = chooseSet(model, { ...step, form: "range" });
  if (set === undefined) return undefined;
  if (step.does === "fetch") {
    return fetch(set, "(UID FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])");
  }
  const silent = step.does === "silent";
  return store(set, { mode: "+", flags: step.flags, silent });
}

for (const byUid of [true, false]) {
  Deno.test(`lists by ${byUid ? "UID" : "id"} never break a client's picture`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25, size: "max" }),
        fc.array(fc.nat(7), { maxLength: 300, size: "max" }),
        (steps, choices) => play(steps, byUid, choices),
      ),
      { numRuns: rounds(150), seed: 1 },
    );
  });
}
