/**
 * Items 10 and 24: what is kept for a client that reads slowly or not at all.
 *
 * The stream holds each write back until nothing more happens. So the next write has all that was made meanwhile,
 * and none may be larger than what may be queued.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { ByteStream } from "../../protocol/byte_stream.ts";
import { serveConnection } from "../../protocol/imap/connection.ts";
import { summarize } from "../../protocol/imap/summary.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { UidList } from "../../storage/model.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { TestHost } from "../../testing/sessions/loopback.ts";

/** How many bytes gather before they are written. */
const BATCH = 4_096;
/** The largest piece of a message that is queued at once. */
const PIECE = 1_048_576;
/** So many turns of the event loop are enough for all that can go on. */
const TURNS = 20;

const encoder = new TextEncoder();

/** A client that has sent all of its commands and reads reluctantly. */
class Reluctant implements ByteStream {
  readonly remote = "reluctant";
  readonly secure = true;
  readonly local = true;
  readonly canStartTls = false;
  /** The sizes of the writes. */
  readonly writes: number[] = [];
  /** How many bytes of commands were taken. */
  taken = 0;
  /** How many had been taken when the client was written to first after the greeting. */
  takenUnread: number | undefined;
  readonly #input: Uint8Array;
  /** Done once so much has been taken. */
  readonly #meanwhile: [at: number, act: () => Promise<unknown>];
  #last = "";

  constructor(
    first: string,
    rest: string,
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ) {
    this.#input = encoder.encode(first + rest);
    this.#meanwhile = [first.length, meanwhile];
  }

  /** The end of what was written. */
  get last(): string {
    return this.#last;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.taken === this.#input.length) return null;
    const [pause, act] = this.#meanwhile;
    if (this.taken === pause) await act();
    const to = this.taken < pause ? pause : this.taken + 4_096;
    const piece = this.#input.subarray(this.taken, to);
    this.taken += piece.length;
    return piece;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.writes.push(bytes.length);
    this.#last = new TextDecoder().decode(bytes.subarray(-200));
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.writes.length === 2) this.takenUnread = this.taken;
  }

  startTls(): Promise<void> {
    return Promise.reject(new Error("There is no TLS here"));
  }

  close(): void {}
}

type Act = (inbox: Mailbox, account: Account) => Promise<unknown>;

/**
 * Says all of it to a server that keeps what was put into it.
 * @param meanwhile what others do when the mailbox is selected and `first` has been said
 */
async function say(
  commands: string,
  prepare: Act,
  meanwhile?: Act,
  first = "",
): Promise<Reluctant> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await prepare(inbox, account);
  const host = new TestHost(storage, BATCH);
  const stream = new Reluctant(
    `l LOGIN alice x\r\ns SELECT INBOX\r\n${first}`,
    `${commands}z LOGOUT\r\n`,
    meanwhile && (() => meanwhile(inbox, account)),
  );
  await serveConnection(stream, host);
  inbox.close();
  account.close();
  assertEquals(host.faults, []);
  assert(stream.last.includes("z OK"), stream.last);
  return stream;
}

/**
 * The same, and checks what was queued.
 * @param piece how much may be queued beside a batch and the lines around it
 */
async function assertBounded(
  commands: string,
  piece: number,
  ...more: [prepare: Act, meanwhile?: Act, first?: string]
): Promise<Reluctant> {
  const most = 2 * BATCH + piece;
  const stream = await say(commands, ...more);
  assertGreater(sumOf(stream), 2 * most, "There was too little to queue");
  assertLess(Math.max(...stream.writes), most);
  return stream;
}

const sumOf = ({ writes }: Reluctant) =>
  writes.reduce((sum, size) => sum + size);

const mail = (size: number) => {
  const source = encoder.encode(`Subject: x\r\n\r\n${"x".repeat(size)}`);
  return { source, summary: summarize(source), flags: [], internalDate: 0 };
};

const append = (inbox: Mailbox, size: number, count: number) =>
  inbox.append(Array(count).fill(mail(size)));

Deno.test("a large message again and again is queued in pieces", async () => {
  await assertBounded(
    "a FETCH 1 BODY.PEEK[]\r\n".repeat(3),
    PIECE,
    (inbox) => append(inbox, 3_000_000, 1),
  );
});

Deno.test("many messages are queued a batch at a time", async () => {
  await assertBounded(
    "a FETCH 1:* BODY.PEEK[]\r\n",
    100_000,
    (inbox) => append(inbox, 99_000, 10),
  );
});

Deno.test("many items of a message are queued a batch at a time", async () => {
  const partials = Array.from(
    { length: 12 },
    (_, n) => `BODY.PEEK[]<${n}.9000>`,
  );
  const items = Array(12).fill("BODY.PEEK[TEXT] BODY.PEEK[1]").concat(partials);
  await assertBounded(
    `a FETCH 1 (${items.join(" ")})\r\n`,
    90_000,
    (inbox) => append(inbox, 89_000, 1),
  );
});

Deno.test("many summaries are queued a batch at a time", async () => {
  await assertBounded(
    "a FETCH 1:* (ENVELOPE BODYSTRUCTURE FLAGS)\r\n",
    0,
    (inbox) => append(inbox, 10, 1_000),
  );
});

Deno.test("many mailboxes are queued a batch at a time", async () => {
  await assertBounded('a LIST "" *\r\n', 0, async (_, account) => {
    for (let n = 0; n < 100; n++) {
      await account.createMailbox(`${"x".repeat(600)}${n}`);
    }
  });
});

Deno.test("commands are not taken while their answers are not", async () => {
  const stream = await assertBounded(
    "n NOOP\r\n".repeat(5_000),
    0,
    (inbox) => append(inbox, 10, 1),
  );
  // What came with the first batch of answers, which nobody has read.
  assertLess(stream.takenUnread!, 3 * BATCH);
});

const MANY = 3_000;

const flagAll = (inbox: Mailbox, flag: string) =>
  inbox.storeFlags(inbox.state.uids.slice(0, MANY) as UidList, {
    mode: "add",
    flags: [flag],
  });

Deno.test("flags that others have changed are queued a batch at a time", async () => {
  await assertBounded(
    "n NOOP\r\n",
    0,
    (inbox) => append(inbox, 10, MANY),
    (inbox) => flagAll(inbox, "\\Flagged"),
  );
});

Deno.test("so are messages that have gone", async () => {
  await assertBounded(
    "n NOOP\r\n",
    0,
    (inbox) => append(inbox, 10, MANY),
    (inbox) => inbox.expunge(inbox.state.uids.slice(0, MANY) as UidList),
  );
});

Deno.test("so is what is told of in IDLE and to NOTIFY", async () => {
  for (
    const commands of [
      "i IDLE\r\nDONE\r\n",
      "i NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))\r\n",
    ]
  ) {
    await assertBounded(
      commands,
      0,
      (inbox) => append(inbox, 10, MANY),
      (inbox) => flagAll(inbox, "\\Flagged"),
    );
  }
});

async function createMany(account: Account): Promise<string[]> {
  const names = Array.from({ length: 60 }, (_, n) => `${"x".repeat(600)}${n}`);
  for (const name of names) await account.createMailbox(name);
  return names;
}

Deno.test("so are the names of mailboxes that have come by NOTIFY", async () => {
  await assertBounded(
    "i IDLE\r\nDONE\r\n",
    0,
    () => Promise.resolve(),
    (_, account) => createMany(account),
    "f NOTIFY SET (PERSONAL (MailboxName))\r\n",
  );
});

Deno.test("of changed metadata no more is kept than fits a few batches", async () => {
  const stream = await say(
    "n NOOP\r\n",
    () => Promise.resolve(),
    async (_, account) => {
      for (const mailbox of await createMany(account)) {
        const changes = Array.from(
          { length: 100 },
          (_, n) => [`/private/${"x".repeat(200)}${n}`, encoder.encode("x")],
        ) as [string, Uint8Array][];
        await account.setMetadata({ mailbox }, new Map(changes));
      }
    },
    "e ENABLE METADATA\r\n",
  );
  assertGreater(sumOf(stream), 200_000);
  assertLess(sumOf(stream), 400_000);
});
