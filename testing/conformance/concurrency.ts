/** Several sessions at once. */

import { assert, assertEquals } from "@std/assert";
import { StorageError } from "../../storage/model.ts";
import {
  type Contract,
  message,
  messages,
  names,
  plain,
  text,
  uid,
  uids,
} from "./harness.ts";

/** Adds the tests. */
export function concurrencyContract({ check }: Contract): void {
  check("parallel appends to one mailbox", async ({ inbox }) => {
    const results = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i) => inbox.append([message(`p${i}`), message(`q${i}`)]),
      ),
    );
    const given = results.flatMap((result) => plain(result.uids));
    assertEquals(new Set(given).size, 200);
    assertEquals(inbox.state.length, 200);
    assertEquals(new Set(results.map((r) => r.modseq)).size, 100);
    for (const [i, result] of results.entries()) {
      assertEquals(text(await inbox.readSource(uid(result.uids[0]!))), `p${i}`);
      assertEquals(result.uids[1], result.uids[0]! + 1);
    }
  });

  check("parallel appends to several mailboxes", async (context) => {
    const { account } = context;
    await Promise.all(
      Array.from({ length: 15 }, (_, i) => account.createMailbox(`m/${i}`)),
    );
    assertEquals((await names(account)).length, 17);
    const mailboxes = await Promise.all(
      Array.from({ length: 15 }, (_, i) => account.openMailbox(`m/${i}`)),
    );
    await Promise.all(mailboxes.map(async (mailbox, i) => {
      for (let n = 0; n < 5; n++) {
        await mailbox.append([message(`${i}-${n}`)]);
      }
    }));
    for (const [i, mailbox] of mailboxes.entries()) {
      assertEquals(plain(mailbox.state.allUids()), [1, 2, 3, 4, 5]);
      assertEquals(text(await mailbox.readSource(uid(3))), `${i}-2`);
      mailbox.close();
    }
  });

  check("two move the same messages to and fro", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append(messages(1000));
    for (let round = 0; round < 3; round++) {
      const all = inbox.state.allUids();
      const others = a.state.allUids();
      const moved = await Promise.all([
        inbox.moveTo(all, a),
        inbox.moveTo(all, a),
        a.moveTo(others, inbox),
        a.moveTo(others, inbox),
      ]);
      assertEquals(
        moved[0].source.length + moved[1].source.length,
        all.length,
      );
      assertEquals(
        moved[2].source.length + moved[3].source.length,
        others.length,
      );
      assertEquals(inbox.state.length + a.state.length, 1000);
    }
    const sources = new Set<string>();
    for (const mailbox of [inbox, a]) {
      for await (
        const batch of mailbox.readSources(mailbox.state.allUids())
      ) {
        for (const entry of batch) sources.add(text(entry.bytes)!);
      }
    }
    assertEquals(sources.size, 1000);
    a.close();
  });

  check("rename against rename", async ({ account }) => {
    await account.createMailbox("a");
    await account.createMailbox("b");
    const outcome = await Promise.allSettled([
      account.renameMailbox("a", "b"),
      account.renameMailbox("b", "a"),
      account.renameMailbox("a", "b/a"),
      account.renameMailbox("b", "a/b"),
      account.renameMailbox("a", "c"),
    ]);
    for (const result of outcome) {
      assert(
        result.status === "fulfilled" || result.reason instanceof StorageError,
      );
    }
    const infos = (await account.mailboxes()).filter((info) =>
      info.id !== undefined
    );
    assertEquals(infos.length, 3);
    assertEquals(new Set(infos.map((info) => info.id)).size, 3);
  });

  check("delete during append", async ({ account }) => {
    for (let round = 0; round < 5; round++) {
      const info = await account.createMailbox("a");
      const mailbox = await account.openMailbox("a");
      const appends = Array.from(
        { length: 20 },
        () => mailbox.append([message("x")]),
      );
      const deleted = account.deleteMailbox("a");
      const outcome = await Promise.allSettled([...appends, deleted]);
      const done = outcome.slice(0, 20).filter((r) => r.status === "fulfilled");
      for (const result of outcome) {
        if (result.status === "rejected") {
          assertEquals((result.reason as StorageError).code, "NONEXISTENT");
        }
      }
      assertEquals(mailbox.state.length, done.length);
      assertEquals(mailbox.state.deleted, true);
      assertEquals(mailbox.state.id, info.id);
      mailbox.close();
    }
  });

  check("everything at once on one mailbox", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append(messages(200));
    const list = (from: number, count: number) =>
      Uint32Array.from({ length: count }, (_, i) => from + i);
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      work.push(
        inbox.append([message(`n${i}`)]),
        inbox.storeFlags(list(i * 5 + 1, 20), {
          mode: "add",
          flags: ["\\Seen"],
        }),
        inbox.expunge(list(i * 10 + 1, 3)),
        inbox.moveTo(list(i * 10 + 5, 2), a),
        inbox.copyTo(uids(i * 10 + 8), a),
        a.storeFlags(a.state.allUids(), { mode: "replace", flags: ["k"] }),
      );
    }
    await Promise.all(work);
    assertEquals(inbox.state.length, 200 + 20 - 60 - 40);
    assertEquals(a.state.length, 60);
    a.close();
  });
}
