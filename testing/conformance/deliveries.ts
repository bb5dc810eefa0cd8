/** Delivering one message to several mailboxes, where the storage can. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertNotEquals,
} from "@std/assert";
import fc from "fast-check";
import {
  type AppendResult,
  type NewMessage,
  StorageError,
  type StorageErrorCode,
} from "../../storage/model.ts";
import type { Account, Mailbox, Storage } from "../../storage/storage.ts";
import {
  collect,
  contents,
  type Context,
  type Contract,
  message,
  plain,
  text,
  uid,
  uids,
} from "./harness.ts";

/** Delivers, as the storage of a test can. */
type Deliver = (
  message: NewMessage,
  mailboxes: readonly Mailbox[],
) => Promise<readonly PromiseSettledResult<AppendResult>[]>;

/** What delivery came to: the UID, or the code of the refusal. */
function told(
  results: readonly PromiseSettledResult<AppendResult>[],
): (number | StorageErrorCode)[] {
  return results.map((result) => {
    if (result.status === "fulfilled") {
      assertEquals(result.value.uids.length, 1);
      return result.value.uids[0]!;
    }
    if (result.reason instanceof StorageError) return result.reason.code;
    throw result.reason;
  });
}

/** Opens mailboxes of an account, made where they are missing. */
async function open(account: Account, names: string[]): Promise<Mailbox[]> {
  const opened: Mailbox[] = [];
  for (const name of names) {
    if (await account.mailbox(name) === undefined) {
      await account.createMailbox(name);
    }
    opened.push(await account.openMailbox(name));
  }
  return opened;
}

/** Adds the tests. */
export function deliveryContract(
  contract: Contract,
  { seed, runs }: { readonly seed: number; readonly runs: number },
): void {
  const check = (
    name: string,
    test: (context: Context, deliver: Deliver) => Promise<void>,
    options: Parameters<Contract["check"]>[2] = {},
  ) =>
    contract.check(name, async (context) => {
      const deliver = context.storage.deliver?.bind(context.storage);
      if (deliver !== undefined) await test(context, deliver);
    }, options);

  check("a delivery is in each mailbox", async (context, deliver) => {
    const { storage, account, inbox } = context;
    const bob = await storage.openAccount("bob");
    const [a] = await open(account, ["a"]);
    const [bobs] = await open(bob, ["INBOX"]);
    await inbox.append([message("before")]);
    const heard: string[] = [];
    for (const [name, mailbox] of [["inbox", inbox], ["bobs", bobs]] as const) {
      mailbox!.onChange((change) => heard.push(`${name} ${change.type}`));
    }
    const boxes = [a!, inbox, bobs!];
    const results = await deliver(
      message("x", ["\\Seen", "Work", "WORK"], 77),
      boxes,
    );
    assertEquals(told(results), [1, 2, 1]);
    for (const [place, mailbox] of boxes.entries()) {
      const index = mailbox.state.length - 1;
      const record = mailbox.state.recordAt(index);
      assertEquals(record.flags, ["\\Seen", "Work"]);
      assertEquals([record.internalDate, record.saveDate], [77, 5_000_000]);
      assertEquals(record.modseq, mailbox.state.highestModseq);
      const result = results[place]!;
      assert(result.status === "fulfilled");
      assertEquals(result.value.modseq, record.modseq);
      assertEquals(text(await mailbox.readSource(record.uid)), "x");
      assertEquals(await collect(mailbox.readSummaries(uids(record.uid))), [
        [record.uid, "summary of x"],
      ]);
    }
    assertEquals(heard.sort(), ["bobs append", "inbox append"]);
    for (const mailbox of [a!, bobs!]) mailbox.close();
    bob.close();
  }, { now: () => 5_000_000 });

  check("a delivery outlives any of its messages", async (context, deliver) => {
    const { storage, account, inbox } = context;
    const bob = await storage.openAccount("bob");
    const [a, b] = await open(account, ["a", "b"]);
    const [bobs] = await open(bob, ["INBOX"]);
    const large = message("y".repeat(400_000));
    await deliver(message("x"), [a!, b!, inbox, bobs!]);
    await deliver(large, [a!, b!, inbox, bobs!]);
    await account.deleteMailbox("a");
    await storage.deleteAccount("bob");
    await inbox.expunge(uids(1, 2));
    assertEquals(await storage.verify(), []);
    assertEquals(text(await b!.readSource(uid(1))), "x");
    assertEquals((await b!.readSource(uid(2)))?.length, 400_000);
    await b!.moveTo(uids(1, 2), inbox);
    await inbox.copyTo(uids(3), b!);
    await inbox.expunge(uids(3, 4));
    assertEquals(await storage.verify(), []);
    assertEquals(text(await b!.readSource(uid(3))), "x");
    for (const mailbox of [a!, b!, bobs!]) mailbox.close();
    bob.close();
  });

  check("each mailbox takes or refuses", async (context, deliver) => {
    const { account, inbox } = context;
    const [a, full, gone] = await open(account, ["a", "full", "gone"]);
    await full!.append([message("y", ["k1", "k2"])]);
    await account.deleteMailbox("gone");
    const boxes = [gone!, full!, a!, full!, inbox];
    assertEquals(told(await deliver(message("x", ["k3"]), boxes)), [
      "NONEXISTENT",
      "LIMIT",
      1,
      "LIMIT",
      1,
    ]);
    const large = message("x".repeat(300_001));
    assertEquals(told(await deliver(large, [a!, inbox])), ["TOOBIG", "TOOBIG"]);
    assertEquals(told(await deliver(message("x", ["a b"]), [a!, inbox])), [
      "CANNOT",
      "CANNOT",
    ]);
    assertEquals(told(await deliver(message("x", ["k4"]), [full!, gone!])), [
      "LIMIT",
      "NONEXISTENT",
    ]);
    const medium = message("x".repeat(300_000), ["k4"]);
    assertEquals(told(await deliver(medium, [full!, gone!])), [
      "LIMIT",
      "NONEXISTENT",
    ]);
    assertEquals(told(await deliver(medium, [full!, gone!, a!])).at(-1), 2);
    assertEquals(told(await deliver(message("x"), [gone!])), ["NONEXISTENT"]);
    assertEquals(told(await deliver(message("x"), [])), []);
    assertEquals([full!.state.length, gone!.state.length], [1, 0]);
    for (const mailbox of [a!, full!, gone!]) mailbox.close();
  }, { limits: { maxKeywords: 2, maxMessageSize: 300_000 } });

  check("a mailbox can be there several times", async (context, deliver) => {
    const { account, inbox } = context;
    const [a] = await open(account, ["a"]);
    const again = await account.openMailbox("inbox");
    const results = await deliver(message("x"), [inbox, a!, again, inbox]);
    assertEquals(told(results), [1, 1, 2, 3]);
    assertEquals(contents(inbox), { 1: [], 2: [], 3: [] });
    assertEquals(told(await deliver(message("y"), [a!, a!])), [2, 3]);
    await inbox.expunge(uids(1, 3));
    assertEquals(text(await inbox.readSource(uid(2))), "x");
    for (const mailbox of [a!, again]) mailbox.close();
  });

  check("a delivery to very many mailboxes", async (context, deliver) => {
    const { account } = context;
    const names = Array.from({ length: 205 }, (_, i) => `m/${i}`);
    const boxes = await open(account, names);
    for (const name of [3, 120, 204]) await account.deleteMailbox(`m/${name}`);
    for (const size of [4_000, 300_000]) {
      const results = await deliver(message("x".repeat(size)), boxes);
      for (const [place, result] of results.entries()) {
        assertEquals(
          result.status,
          boxes[place]!.state.deleted ? "rejected" : "fulfilled",
        );
      }
    }
    assertEquals(plain(boxes[200]!.state.sizes.slice(0, 2)), [4_000, 300_000]);
    assertEquals(await context.storage.verify(), []);
    for (const mailbox of boxes.slice(1)) {
      if (!mailbox.state.deleted) await mailbox.expunge(uids(1, 2));
    }
    assertEquals(await context.storage.verify(), []);
    assertEquals((await boxes[0]!.readSource(uid(2)))?.length, 300_000);
    for (const mailbox of boxes) mailbox.close();
  });

  check(
    "deliveries keep their place among appends",
    async (context, deliver) => {
      const { account, inbox } = context;
      const [a] = await open(account, ["a"]);
      const sizes = [2_000_000, 10, 900_000, 20, 30, 200_000, 40];
      const put = await Promise.all(sizes.map((size, index) => {
        const one = message("x".repeat(size));
        return index % 2 === 0
          ? inbox.append([one]).then(({ uids }) => uids[0])
          : deliver(one, [a!, inbox]).then((results) => told(results)[1]);
      }));
      assertEquals(put, [1, 2, 3, 4, 5, 6, 7]);
      assertEquals(plain(inbox.state.sizes.slice(0, 7)), sizes);
      assertEquals(plain(a!.state.sizes.slice(0, 3)), [10, 20, 200_000]);
      a!.close();
    },
  );

  check(
    "deliveries, expunges and deletions at once",
    async (context, deliver) => {
      const { account, storage } = context;
      const names = Array.from({ length: 12 }, (_, i) => `m${i}`);
      const boxes = await open(account, names);
      const work: Promise<unknown>[] = [];
      let delivered = 0;
      for (let i = 0; i < 30; i++) {
        const some = boxes.filter((_, at) => (i + at) % 3 !== 0);
        const size = i % 5 === 0 ? 300_000 : 10 + i;
        work.push(
          deliver(message(`${i}`.padEnd(size)), some).then((results) => {
            for (const [place, outcome] of told(results).entries()) {
              const refused = typeof outcome !== "number";
              assertEquals(refused, refused && some[place]!.state.deleted);
              delivered += Number(!refused);
            }
          }),
          boxes[0]!.expunge(uids(i)),
          boxes[1]!.moveTo(uids(i), boxes[2]!),
        );
        if (i === 15) {
          work.push(account.deleteMailbox("m4"), account.deleteMailbox("m5"));
        }
      }
      await Promise.all(work);
      assertGreater(delivered, 30 * 8 - 2 * 20 - 1);
      assertEquals(await storage.verify(), []);
      for (const mailbox of boxes) {
        const all = mailbox.state.allUids();
        if (!mailbox.state.deleted) {
          assertEquals(
            (await collect(mailbox.readSources(all))).length,
            all.length,
          );
        }
        mailbox.close();
      }
    },
  );

  contract.add(
    "random histories of deliveries share contents right",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          await using storage = await contract.open({});
          if (storage.deliver !== undefined) await play(storage, steps);
        }),
        { numRuns: runs, seed },
      );
    },
  );
}

const BOXES = 5;
const box = fc.nat({ max: BOXES - 1 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("deliver" as const),
      boxes: fc.array(box, { maxLength: 8 }),
      large: fc.boolean(),
    }),
  },
  fc.record({ type: fc.constant("append" as const), box }),
  fc.record({
    type: fc.constantFrom("copy" as const, "move" as const),
    box,
    to: box,
    every: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    type: fc.constant("expunge" as const),
    box,
    every: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ type: fc.constant("delete" as const), box }),
  fc.record({ type: fc.constant("verify" as const) }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays a history: mailboxes of two users, each a list of sources in the model. */
async function play(
  storage: Storage,
  steps: readonly Step[],
): Promise<void> {
  const accounts = [
    await storage.openAccount("alice"),
    await storage.openAccount("bob"),
  ];
  const of = (index: number) => accounts[index % 2]!;
  const opened: Mailbox[] = [];
  const models: string[][] = Array.from({ length: BOXES }, () => []);
  const reopen = async (index: number) => {
    const [mailbox] = await open(of(index), [`box ${index}`]);
    opened[index] = mailbox!;
  };
  for (let index = 0; index < BOXES; index++) await reopen(index);
  let sources = 0;
  for (const step of steps) {
    const source = `s${++sources} `;
    if (step.type === "verify") {
      assertEquals(await storage.verify(), []);
      continue;
    }
    if (step.type === "deliver") {
      const whole = source.padEnd(step.large ? 270_000 : 0, "x");
      const results = await storage.deliver!(
        message(whole),
        step.boxes.map((index) => opened[index]!),
      );
      told(results).forEach((outcome, place) => {
        const index = step.boxes[place]!;
        models[index]!.push(whole);
        const { state } = opened[index]!;
        assertNotEquals(state.indexOf(outcome as number), -1);
      });
      continue;
    }
    const { box } = step;
    const mailbox = opened[box]!;
    const model = models[box]!;
    if (step.type === "append") {
      await mailbox.append([message(source)]);
      model.push(source);
    } else if (step.type === "delete") {
      await of(box).deleteMailbox(mailbox.name);
      mailbox.close();
      models[box] = [];
      await reopen(box);
    } else {
      const isChosen = (_: unknown, at: number) => at % step.every === 0;
      const chosen = mailbox.state.allUids().filter(isChosen);
      const those = model.filter(isChosen);
      if (step.type === "copy") await mailbox.copyTo(chosen, opened[step.to]!);
      else if (step.type === "move") {
        await mailbox.moveTo(chosen, opened[step.to]!);
      } else await mailbox.expunge(chosen);
      if (step.type !== "copy") {
        models[box] = model.filter((one, at) => !isChosen(one, at));
      }
      if (step.type !== "expunge") models[step.to]!.push(...those);
    }
  }
  // Once to let what has no message any more go, once to see that the rest is whole.
  assertEquals(await storage.verify(), []);
  assertEquals(await storage.verify(), []);
  for (const [index, mailbox] of opened.entries()) {
    const found = await collect(mailbox.readSources(mailbox.state.allUids()));
    assertEquals(found.map(([, source]) => source), models[index]);
    mailbox.close();
  }
  for (const account of accounts) account.close();
}
