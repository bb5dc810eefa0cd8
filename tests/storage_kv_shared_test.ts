/** Two storages on one database, as two processes have it. */

import { assert, assertEquals } from "@std/assert";
import { type KvStorage, openKvStorage } from "../storage/kv/mod.ts";
import type { StorageError } from "../storage/model.ts";
import type { MetadataOwner } from "../storage/metadata.ts";
import type { Account, Mailbox } from "../storage/storage.ts";
import {
  contents,
  message,
  messages,
  names,
  plain,
  refused,
  text,
  uid,
  uids,
} from "../testing/conformance/harness.ts";

/** One of two processes. */
interface Side {
  readonly storage: KvStorage;
  readonly account: Account;
  readonly inbox: Mailbox;
}

function shared(
  name: string,
  test: (a: Side, b: Side) => Promise<void>,
  options: { foldRecords?: number; watch?: boolean } = {},
): void {
  Deno.test(`KV shared: ${name}`, async () => {
    const kv = await Deno.openKv(":memory:");
    const sides: Side[] = [];
    for (let i = 0; i < 2; i++) {
      const storage = await openKvStorage({
        kv,
        shared: true,
        watch: false,
        gracePeriod: 0,
        ...options,
      });
      const account = await storage.openAccount("u");
      sides.push({
        storage,
        account,
        inbox: await account.openMailbox("INBOX"),
      });
    }
    await test(sides[0]!, sides[1]!);
    // Each waits for its own folding and collecting; only then is there one truth.
    for (const side of sides) await side.storage.verify();
    for (const side of sides) {
      await side.inbox.refresh();
      assertEquals(await side.storage.verify(), []);
      side.inbox.close();
      side.account.close();
    }
    for (const side of sides) await side.storage.close();
    kv.close();
  });
}

shared("refresh follows the log", async (a, b) => {
  const heard: [string, number[]][] = [];
  b.inbox.onChange((change) => {
    if (change.type !== "delete") heard.push([change.type, plain(change.uids)]);
  });
  await a.inbox.append(messages(3, ["k"]));
  await a.inbox.storeFlags(uids(2), { mode: "add", flags: ["\\Seen"] });
  await a.inbox.expunge(uids(1));
  assertEquals(b.inbox.state.length, 0);
  await b.inbox.refresh();
  assertEquals(contents(b.inbox), contents(a.inbox));
  assertEquals(b.inbox.state.highestModseq, a.inbox.state.highestModseq);
  assertEquals(heard, [["append", [1, 2, 3]], ["flags", [2]], ["expunge", [
    1,
  ]]]);
  assertEquals(plain(b.inbox.state.expungedSince(1)!), [1]);
  assertEquals(text(await b.inbox.readSource(uid(3))), "m3");
  await b.inbox.refresh();
  assertEquals(heard.length, 3);
});

shared(
  "an account hears of what others do, with nothing loaded",
  async (a, b) => {
    await a.account.createMailbox("x");
    for (let n = 0; n < 11; n++) await a.account.createMailbox(`y${n}`);
    await b.account.mailboxes();
    b.inbox.close();
    const heard = new Set<string>();
    let wake = () => {};
    const until = async (...wanted: string[]) => {
      while (!wanted.every((one) => heard.has(one))) {
        await new Promise<void>((resolve) => wake = resolve);
      }
    };
    const stop = await b.account.watchMessages(({ mailbox, type, count }) => {
      heard.add(`${mailbox} ${type} ${count}`);
      wake();
    });
    await a.inbox.append(messages(3));
    await until("INBOX append 3");
    await a.inbox.storeFlags(uids(2), { mode: "add", flags: ["\\Seen"] });
    await until("INBOX flags 1");
    await a.inbox.expunge(uids(1));
    await until("INBOX expunge 1");
    for (const name of ["x", "y10"]) {
      const mailbox = await a.account.openMailbox(name);
      await mailbox.append(messages(2));
      mailbox.close();
      await until(`${name} append 2`);
    }
    await a.account.createMailbox("new");
    const mailbox = await a.account.openMailbox("new");
    await mailbox.append(messages(1));
    mailbox.close();
    await until("new append 1");
    stop();
  },
  { watch: true },
);

shared("refresh compares where the log was folded", async (a, b) => {
  await a.inbox.append(messages(5));
  await b.inbox.refresh();
  const heard: [string, number[]][] = [];
  b.inbox.onChange((change) => {
    if (change.type === "delete") return;
    heard.push([change.type, plain(change.uids)]);
    assertEquals(change.modseq, b.inbox.state.highestModseq);
  });
  await a.inbox.storeFlags(uids(2), { mode: "add", flags: ["\\Seen"] });
  await a.inbox.expunge(uids(1, 4));
  await a.inbox.append(messages(2, ["x"]));
  await a.inbox.expunge(uids(6));
  await a.storage.verify();
  await b.inbox.refresh();
  assertEquals(contents(b.inbox), contents(a.inbox));
  assertEquals(heard, [["expunge", [1, 4]], ["flags", [2]], ["append", [7]]]);
  assertEquals(b.inbox.state.highestModseq, a.inbox.state.highestModseq);
  assertEquals(
    b.inbox.state.modseqs.slice(0, 4),
    a.inbox.state.modseqs.slice(0, 4),
  );
  assertEquals((await b.inbox.append([message("n")])).uids[0], 8);
}, { foldRecords: 1 });

shared("both write at once", async (a, b) => {
  await a.account.createMailbox("x");
  await a.inbox.append(messages(100));
  await b.inbox.refresh();
  const [ax, bx] = await Promise.all([
    a.account.openMailbox("x"),
    b.account.openMailbox("x"),
  ]);
  const all = uids(...Array.from({ length: 100 }, (_, i) => i + 1));
  const work = (side: Side, x: Mailbox, flag: string) =>
    Promise.all([
      ...Array.from({ length: 10 }, (_, i) =>
        side.inbox.append([message(`${flag}${i}`)])),
      side.inbox.storeFlags(all, { mode: "add", flags: [flag] }),
      side.inbox.moveTo(all.slice(0, 50), x),
      side.inbox.expunge(all.slice(60, 70)),
    ]);
  const [ra, rb] = await Promise.all([work(a, ax, "fa"), work(b, bx, "fb")]);
  const moved = [
    ...plain((ra[11] as { source: Uint32Array }).source),
    ...plain((rb[11] as { source: Uint32Array }).source),
  ];
  assertEquals(moved.sort((x, y) => x - y), plain(all.slice(0, 50)));
  for (const mailbox of [a.inbox, b.inbox, ax, bx]) await mailbox.refresh();
  assertEquals(contents(a.inbox), contents(b.inbox));
  assertEquals(contents(ax), contents(bx));
  assertEquals(a.inbox.state.length, 100 - 50 - 10 + 20);
  assertEquals(ax.state.length, 50);
  for (const u of [71, 80, 100]) {
    assertEquals([...contents(a.inbox)[u]!].sort(), ["fa", "fb"]);
  }
  ax.close();
  bx.close();
});

shared("lists of mailboxes follow one another", async (a, b) => {
  const heard: unknown[] = [];
  b.account.onChange((change) => heard.push(change));
  await a.account.createMailbox("x");
  assertEquals(await names(b.account), ["INBOX", "x"]);
  await refused("ALREADYEXISTS", b.account.createMailbox("x"));
  const x = await b.account.openMailbox("x");
  await a.account.renameMailbox("x", "y/z");
  assertEquals(await names(b.account), ["INBOX", "(y)", "y/z"]);
  assertEquals(x.name, "y/z");
  await a.account.updateMailbox("y/z", {
    subscribed: true,
    specialUse: ["\\Junk"],
  });
  assertEquals((await b.account.mailbox("y/z"))?.specialUse, ["\\Junk"]);
  await a.account.deleteMailbox("y/z");
  await x.refresh();
  assert(x.state.deleted);
  await refused("NONEXISTENT", x.append([message("n")]));
  assertEquals(
    await b.account.status(["y/z", "INBOX"]).then((s) => s[0]),
    undefined,
  );
  assertEquals(await names(b.account), ["INBOX", "(y/z)"]);
  assertEquals(heard, [
    { type: "create", name: "x" },
    { type: "rename", name: "y/z", oldName: "x" },
    { type: "update", name: "y/z", aspect: "specialUse" },
    { type: "update", name: "y/z", aspect: "subscription" },
    { type: "delete", name: "y/z" },
  ]);
  x.close();
});

shared("rename against rename, create against create", async (a, b) => {
  await a.account.createMailbox("a");
  await b.account.createMailbox("b");
  const outcome = await Promise.allSettled([
    a.account.renameMailbox("a", "b"),
    b.account.renameMailbox("b", "a"),
    a.account.createMailbox("c"),
    b.account.createMailbox("c"),
    a.account.deleteMailbox("b"),
  ]);
  for (const result of outcome) {
    if (result.status === "fulfilled") continue;
    const { code } = result.reason as StorageError;
    assert(
      code === "ALREADYEXISTS" || code === "NONEXISTENT",
      String(result.reason),
    );
  }
  assertEquals(
    outcome.filter((o, i) => i >= 2 && i <= 3 && o.status === "fulfilled")
      .length,
    1,
  );
  assertEquals(await names(a.account), await names(b.account));
});

shared(
  "random work on both sides, folding and collecting always",
  async (a, b) => {
    await a.account.createMailbox("x");
    const boxes = await Promise.all(
      [a, b].map((side) => side.account.openMailbox("x")),
    );
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return (seed >> 8) % below;
    };
    const pick = (mailbox: Mailbox) =>
      mailbox.state.allUids().filter(() => random(3) === 0).slice(0, 5);
    const worker = async (side: Side, x: Mailbox) => {
      for (let i = 0; i < 40; i++) {
        const [from, to] = random(2) === 0 ? [side.inbox, x] : [x, side.inbox];
        const chosen = pick(from);
        try {
          switch (random(6)) {
            case 0:
            case 1:
              await from.append(messages(1 + random(3)));
              break;
            case 2:
              await from.storeFlags(chosen, {
                mode: "add",
                flags: [`k${random(4)}`],
              });
              break;
            case 3:
              await from.expunge(chosen.slice(0, 2));
              break;
            case 4:
              await from.copyTo(chosen, to);
              break;
            default:
              await from.moveTo(chosen, to);
          }
        } catch (error) {
          assertEquals((error as StorageError).code, "EXPUNGEISSUED");
        }
      }
    };
    await Promise.all([
      worker(a, boxes[0]!),
      worker(b, boxes[1]!),
      worker(a, boxes[0]!),
    ]);
    for (const mailbox of [a.inbox, b.inbox, ...boxes]) await mailbox.refresh();
    assertEquals(contents(a.inbox), contents(b.inbox));
    assertEquals(contents(boxes[0]!), contents(boxes[1]!));
    for (const mailbox of boxes) mailbox.close();
  },
  { foldRecords: 3 },
);

shared("what is watched comes by itself", async (a, b) => {
  const told = Promise.withResolvers<void>();
  b.inbox.onChange(() => told.resolve());
  const created = Promise.withResolvers<string>();
  b.account.onChange((change) => created.resolve(change.name));
  await a.inbox.append(messages(1));
  await told.promise;
  assertEquals(b.inbox.state.length, 1);
  await a.account.createMailbox("x");
  assertEquals(await created.promise, "x");
}, { watch: true });

const value = (text: string) =>
  new Map([["/x", new TextEncoder().encode(text)]]);

/** The value of `/x` of each owner. */
async function values(
  account: Account,
  ...owners: MetadataOwner[]
): Promise<(string | undefined)[]> {
  const found = await account.metadata(owners);
  return found.map((entries) => entries && text(entries[0]?.value));
}

shared("metadata follows, and who listens hears of it", async (a, b) => {
  await a.account.createMailbox("x");
  const owners: MetadataOwner[] = [{ mailbox: "x" }, "account", "storage"];
  const none = [undefined, undefined, undefined];
  assertEquals(await values(b.account, ...owners), none);
  const heard: string[] = [];
  b.account.onChange(({ type, name, entries }) =>
    heard.push(`${type} ${name} ${entries}`)
  );
  for (const owner of owners) await a.account.setMetadata(owner, value("1"));
  assertEquals(await values(b.account, ...owners), ["1", "1", "1"]);
  assertEquals(heard.splice(0).sort(), [
    "metadata  /x",
    "metadata  /x",
    "metadata x /x",
  ]);
  await b.account.setMetadata("storage", value("2"));
  await a.account.setMetadata({ mailbox: "x" }, new Map([["/x", null]]));
  assertEquals(await values(a.account, "storage"), ["2"]);
  assertEquals(await values(b.account, owners[0]!), [undefined]);
  assertEquals(heard.splice(0), ["metadata  /x", "metadata x /x"]);
  await a.account.setMetadata("storage", value("3"));
  assertEquals(await values(b.account, "storage"), ["3"]);
  assertEquals(heard, ["metadata  /x"]);
});

shared("metadata against a deletion of its mailbox", async (a, b) => {
  for (let round = 0; round < 5; round++) {
    await a.account.createMailbox("x");
    await b.account.mailboxes();
    const [set] = await Promise.allSettled([
      b.account.setMetadata({ mailbox: "x" }, value("1")),
      a.account.deleteMailbox("x"),
    ]);
    if (set.status === "rejected") assertEquals(set.reason.code, "NONEXISTENT");
    assertEquals(await b.account.metadata([{ mailbox: "x" }]), [undefined]);
  }
});

shared("metadata that both set", async (a, b) => {
  await Promise.all(
    [a, b].flatMap(({ account }, side) =>
      Array.from({ length: 8 }, (_, i) =>
        account.setMetadata(
          i % 2 === 0 ? "storage" : { mailbox: "INBOX" },
          new Map([[`/${side}/${i}`, new Uint8Array([i])]]),
        ))
    ),
  );
  const [all, inbox] = await b.account.metadata(["storage", {
    mailbox: "INBOX",
  }]);
  assertEquals([all!.length, inbox!.length], [8, 8]);
});
