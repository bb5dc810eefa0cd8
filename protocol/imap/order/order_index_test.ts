import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Mailbox } from "../../../storage/storage.ts";
import { Pace } from "../../../storage/pace.ts";
import type { Host } from "../../host.ts";
import { No } from "../errors.ts";
import { indexRoomOf } from "../index_room.ts";
import { contextOf, mailboxOf } from "../search/testing.ts";
import { DISPLAY_FROM, FROM, SENT, SUBJECT } from "./attributes.ts";
import type { TextColumn } from "./column.ts";
import { columnsOf } from "./order_index.ts";

/** As much of a host as is looked at. */
function hostOf(searchMemory: number): Host {
  return { searchMemory } as Host;
}

/** So many messages with subjects that differ. */
function messages(count: number, summary?: (at: number) => boolean) {
  return mailboxOf(Array.from({ length: count }, (_, at) => ({
    source: `Subject: number ${at}\nFrom: f${at}@example.com\n\n`,
    internalDate: at * 1_000,
    summary: summary?.(at) ?? true,
  })));
}

/** Which messages are read. */
function watched(mailbox: Mailbox): { mailbox: Mailbox; read: number[] } {
  const read: number[] = [];
  const proxy = new Proxy(mailbox, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "readSummaries" || name === "readSources") {
          read.push(...args[0] as Uint32Array);
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { mailbox: proxy, read };
}

Deno.test("columnsOf() reads a message once, and those alone of which something is not known", async () => {
  const host = hostOf(1_000_000);
  const { mailbox, read } = watched(await messages(5));
  const context = contextOf(mailbox);
  const uids = mailbox.state.uids.slice(0, 5);
  const some = uids.slice(1, 3);
  await columnsOf(host, context, some, [SUBJECT], {});
  assertEquals(read.splice(0), [2, 3]);
  const progress = { done: 0, goal: 5 };
  const [subject] = await columnsOf(host, context, uids, [SUBJECT], {
    progress,
  });
  assertEquals(read.splice(0), [1, 4, 5]);
  assertEquals(progress.done, 5);
  const [again, sent] = await columnsOf(
    host,
    context,
    uids,
    [SUBJECT, SENT],
    {},
  );
  assertEquals(again, subject);
  assertEquals(read.splice(0), [1, 2, 3, 4, 5]);
  await columnsOf(host, context, uids, [SENT, SUBJECT], {});
  await columnsOf(host, context, uids, [], {});
  assertEquals(read, []);
  assertEquals(sent.valueOf(5), 4);
  assertEquals(subject.textOf(subject.numberOf(3)), "NUMBER 2");
});

Deno.test("columnsOf() reads the sources of messages without a summary", async () => {
  const { mailbox, read } = watched(await messages(4, (at) => at % 2 === 0));
  const uids = mailbox.state.uids.slice(0, 4);
  const [subject, from] = await columnsOf(
    hostOf(1_000_000),
    contextOf(mailbox),
    uids,
    [SUBJECT, FROM],
    {},
  );
  assertEquals(read, [1, 2, 3, 4, 2, 4]);
  for (const uid of uids) {
    assertEquals(subject.textOf(subject.numberOf(uid)), `NUMBER ${uid - 1}`);
    assertEquals(from.textOf(from.numberOf(uid)), `F${uid - 1}`);
  }
});

Deno.test("columnsOf() says what it knows where there is no room, and keeps none of it", async () => {
  for (const room of [0, 100, 3_000]) {
    const host = hostOf(room);
    const { mailbox, read } = watched(await messages(40, (at) => at < 39));
    const context = contextOf(mailbox);
    const uids = mailbox.state.uids.slice(0, 40);
    for (let time = 0; time < 2; time++) {
      const [subject] = await columnsOf(host, context, uids, [SUBJECT], {});
      assert(uids.every((uid) => subject.has(uid)));
      assertEquals(read.splice(0), [...uids, 40]);
    }
    assertEquals(indexRoomOf(host)?.size ?? 0, 0);
  }
});

Deno.test("columnsOf() makes room by what was not used for longest, also of a command that is at it", async () => {
  const one = watched(await messages(30));
  const other = watched(await messages(30));
  const uids = one.mailbox.state.uids.slice(0, 30);
  const wide = hostOf(1_000_000);
  await columnsOf(wide, contextOf(one.mailbox), uids, [SUBJECT], {});
  const { size } = indexRoomOf(wide)!;
  const most = 2 * size + 100;
  const host = hostOf(most);
  const [held] = await columnsOf(
    host,
    contextOf(one.mailbox),
    uids,
    [SUBJECT],
    {},
  );
  await columnsOf(host, contextOf(other.mailbox), uids, [SUBJECT], {});
  assertEquals(indexRoomOf(host)!.size, 2 * size);
  await columnsOf(host, contextOf(other.mailbox), uids, [FROM], {});
  assert(indexRoomOf(host)!.size <= most);
  // Who has the columns still knows what they say.
  assert(uids.every((uid) => held.has(uid)));
  one.read.length = 0;
  await columnsOf(host, contextOf(one.mailbox), uids, [SUBJECT], {});
  assertEquals(one.read, [...uids]);
  assert(indexRoomOf(host)!.size <= most);
});

Deno.test("columnsOf() does not know of messages that go meanwhile, and forgets those that went", async () => {
  const host = hostOf(1_000_000);
  const mailbox = await messages(300, (at) => at !== 1);
  const context = contextOf(mailbox);
  const uids = mailbox.state.uids.slice(0, 300);
  const pace = new Pace();
  let gone = false;
  Object.defineProperty(pace, "due", { get: () => !gone });
  pace.rest = async () => {
    gone = true;
    await mailbox.expunge(Uint32Array.of(2, 300));
  };
  const [subject] = await columnsOf(host, context, uids, [SUBJECT], { pace });
  assertEquals(uids.filter((uid) => !subject.has(uid)), Uint32Array.of(2, 300));
  const { size } = indexRoomOf(host)!;
  await mailbox.expunge(uids.slice(2, 280));
  await columnsOf(host, context, uids.slice(0, 1), [SUBJECT], {});
  const left = indexRoomOf(host)!.size;
  assert(left > 0 && left < size / 2);
});

Deno.test("columnsOf() refuses what takes too much memory", async () => {
  const mailbox = await messages(5);
  const uids = mailbox.state.uids.slice(0, 5);
  const large = (bytes: number) => () => ({
    length: 0,
    has: () => false,
    note: () => bytes,
  });
  for (const [memory, most] of [[0, 2 ** 28], [2 ** 30, 2 ** 32]] as const) {
    const context = contextOf(mailbox);
    const find = (bytes: number) =>
      columnsOf(hostOf(memory), context, uids, [large(bytes)], {});
    await find(most / 5);
    const refusal = await assertRejects(() => find(most / 5 + 1), No);
    assertEquals(refusal.code, "LIMIT");
  }
});

Deno.test("a text is known as far as it counts, of as much of its field as is looked at", async () => {
  const long = "\ufdfa".repeat(100_000);
  const mailbox = await mailboxOf([
    `Subject: ${long}\nFrom: "${long}" <a@b>\n\n`,
    `Subject: ${"x".repeat(999)}ﷺ\nFrom: ${"(c) ".repeat(3_000)}late@b\n\n`,
  ].map((source) => ({ source, internalDate: 0, summary: false })));
  const uids = Uint32Array.of(1, 2);
  const [subject, from, shown] = await columnsOf(
    hostOf(0),
    contextOf(mailbox),
    uids,
    [SUBJECT, FROM, DISPLAY_FROM],
    {},
  );
  const texts = (column: TextColumn) =>
    Array.from(uids, (uid) => column.textOf(column.numberOf(uid)));
  assertEquals(texts(subject).map(({ length }) => length), [1_000, 1_000]);
  assert(texts(shown).every(({ length }) => length <= 1_000));
  assertEquals(texts(from)[1], "");
});
