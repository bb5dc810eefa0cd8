/** Threads, save dates and the secret in Deno KV: restarts, several processes, old databases, what is left in the end. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { checkDatabase } from "../storage/kv/check/mod.ts";
import { decodeLog, encodeAppend } from "../storage/kv/log_record.ts";
import { openKvStorage } from "../storage/kv/mod.ts";
import { decodePage, encodePage } from "../storage/kv/page.ts";
import { MailboxState, type MessageRecord } from "../storage/mailbox_state.ts";
import type { MailboxId, Modseq, NewMessage, Uid } from "../storage/model.ts";
import type { Mailbox } from "../storage/storage.ts";
import { message } from "../testing/conformance/harness.ts";

function answer(id: string, ...references: string[]): NewMessage {
  const isReply = references.length > 0;
  return {
    ...message(id),
    clues: { id, references, subject: "about it", isReply },
  };
}

function threads({ state }: Mailbox): number[] {
  return [...state.threads.subarray(0, state.length)];
}

async function withInbox<T>(
  kv: Deno.Kv,
  work: (inbox: Mailbox, secret: Uint8Array) => Promise<T>,
  options: Parameters<typeof openKvStorage>[0] = {},
): Promise<T> {
  await using storage = await openKvStorage({ kv, gracePeriod: 0, ...options });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  const result = await work(inbox, storage.secret);
  inbox.close();
  account.close();
  assertEquals(await storage.verify(), []);
  return result;
}

Deno.test("KV: threads, their notes, save dates and the secret outlive the process", async () => {
  using kv = await Deno.openKv(":memory:");
  let clock = 1_000;
  const now = () => clock;
  const [thread, secret] = await withInbox(kv, async (inbox, secret) => {
    await inbox.append([answer("root"), answer("a", "root")]);
    return [threads(inbox)[0], secret];
  }, { now });
  clock = 2_000;
  for (const foldRecords of [512, 1]) {
    await withInbox(kv, async (inbox, again) => {
      assertEquals(again, secret!);
      await inbox.append([answer(`b${foldRecords}`, "a")]);
      assertEquals(new Set(threads(inbox)), new Set([thread]));
      const saved = [...inbox.state.saveDates.subarray(0, 3)];
      assertEquals(saved, [1_000, 1_000, 2_000]);
    }, { now, foldRecords });
  }
  using other = await Deno.openKv(":memory:");
  await withInbox(other, (_, theirs) => {
    assertNotEquals(theirs, secret);
    return Promise.resolve();
  });
});

Deno.test("KV: processes on one database know of each other's threads", async () => {
  using kv = await Deno.openKv(":memory:");
  const options = { kv, shared: true, watch: false, foldRecords: 1 };
  await using one = await openKvStorage(options);
  await using two = await openKvStorage(options);
  const [a, b] = await Promise.all([one, two].map(async (storage) => {
    const account = await storage.openAccount("u");
    return { account, inbox: await account.openMailbox("INBOX") };
  }));
  assertEquals(one.secret, two.secret);
  await a!.inbox.append([answer("root"), answer("a", "root")]);
  await one.verify();
  await b!.inbox.append([answer("b", "a")]);
  await two.verify();
  await a!.inbox.append([answer("c", "b"), answer("d", "x", "y")]);
  await Promise.all(
    [a!, b!].map(({ inbox }) => inbox.append([answer("e", "root", "c")])),
  );
  await b!.inbox.refresh();
  const [thread, ...all] = threads(b!.inbox);
  assertEquals(all.filter((other) => other !== thread).length, 1);
  for (const { account, inbox } of [a!, b!]) {
    inbox.close();
    account.close();
  }
});

Deno.test("KV: notes go with the account, and a check misses nothing and finds what is broken", async () => {
  using kv = await Deno.openKv(":memory:");
  const check = async (repair: boolean) => {
    const found: string[] = [];
    await checkDatabase(kv, {
      repair,
      summarize: () => new Uint8Array(1),
      onFinding: ({ kind, what }) => found.push(`${kind}: ${what}`),
    });
    return found;
  };
  await withInbox(kv, async (inbox) => {
    await inbox.append([answer("a", "root")]);
  });
  assertEquals(await check(false), []);
  const [entry] = await Array.fromAsync(kv.list({ prefix: ["thread"] }));
  const secret = await kv.get(["secret"]);
  await kv.set(entry!.key, new Uint8Array([9, 9]));
  await kv.set(["thread", 99_999], entry!.value);
  await kv.set(["secret"], new Uint8Array([1]));
  const found = [
    "thread: the notes of threads cannot be read",
    "thread: the notes of threads belong to no account",
    "value: it cannot be read",
  ];
  assertEquals(await check(true), found);
  assertEquals(await check(false), []);
  await withInbox(kv, async (inbox, made) => {
    assertNotEquals(made, secret.value);
    await inbox.append([answer("b", "a")]);
  });
  {
    await using storage = await openKvStorage({ kv, gracePeriod: 0 });
    await storage.deleteAccount("u");
    assertEquals(await storage.verify(), []);
  }
  assertEquals(await Array.fromAsync(kv.list({ prefix: ["thread"] })), []);
});

Deno.test("KV: pages and changes of before there were threads have none", () => {
  const records = [1, 2, 3].map((uid): MessageRecord => ({
    uid: uid as Uid,
    flags: uid === 2 ? ["\\Seen"] : [],
    modseq: 2 as Modseq,
    size: uid,
    internalDate: uid,
    saveDate: 7,
    thread: 1_000 + uid,
    content: { home: 1, number: uid },
  }));
  const state = new MailboxState({
    id: 1 as MailboxId,
    uidValidity: 1,
    uidNext: 1,
    highestModseq: 1,
    firstRecent: 1,
  });
  state.applyAppend(2 as Modseq, records);
  const { bytes } = encodePage(state, 0, 3);
  // Version 1 has the columns without that of the threads, which is the fourth of the wide ones.
  const at = 8 + 3 * 24;
  const old = new Uint8Array([
    1,
    ...bytes.subarray(1, at),
    ...bytes.subarray(at + 24),
  ]);
  const { threads, ...page } = decodePage(bytes);
  assertEquals([...threads!], [1_001, 1_002, 1_003]);
  assertEquals(decodePage(old), page);
  const loaded = new MailboxState({ ...state, id: state.id });
  loaded.loadColumns(decodePage(old));
  assertEquals([...loaded.threads.subarray(0, 3)], [0, 0, 0]);

  const [part] = encodeAppend(records);
  const record = 34;
  const head = part!.length - 3 * record;
  const before = [1, ...part!.subarray(1, head)];
  for (let from = head; from < part!.length; from += record) {
    before.push(...part!.subarray(from, from + record - 8));
  }
  const read = decodeLog(2 as Modseq, [new Uint8Array(before)]);
  assert(read?.type === "append");
  assertEquals(
    read.records,
    records.map((one) => ({ ...one, thread: 0 })),
  );
});
