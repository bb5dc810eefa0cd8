/** Metadata: what is set is there, goes with its mailbox, and stays within limits. */

import { assertEquals } from "@std/assert";
import type { MetadataOwner } from "../../storage/metadata.ts";
import { StorageError } from "../../storage/model.ts";
import type { Account, AccountChange } from "../../storage/storage.ts";
import {
  bytes,
  type Contract,
  message,
  names,
  refused,
  text,
} from "./harness.ts";

const INBOX: MetadataOwner = { mailbox: "INBOX" };

/** Sets entries to texts. */
function set(
  account: Account,
  owner: MetadataOwner,
  entries: Record<string, string | null>,
): Promise<void> {
  return account.setMetadata(
    owner,
    new Map(
      Object.entries(entries).map(([name, value]) => [
        name,
        value === null ? null : bytes(value),
      ]),
    ),
  );
}

/** All entries of an owner as texts; undefined where there is no such mailbox. */
async function get(
  account: Account,
  owner: MetadataOwner,
): Promise<Record<string, string> | undefined> {
  const [found] = await account.metadata([owner]);
  return found &&
    Object.fromEntries(found.map(({ name, value }) => [name, text(value)!]));
}

/** Adds the tests. */
export function metadataContract({ check }: Contract): void {
  check("metadata is set, replaced and removed", async ({ account }) => {
    assertEquals(await get(account, INBOX), {});
    await set(account, INBOX, { "/b": "two", "/a": "one", "/empty": "" });
    assertEquals(await get(account, { mailbox: "inbox" }), {
      "/a": "one",
      "/b": "two",
      "/empty": "",
    });
    await set(account, INBOX, { "/a": "1", "/b": null, "/none": null });
    assertEquals(await get(account, INBOX), { "/a": "1", "/empty": "" });
    const value = new Uint8Array([0, 255, 13, 10]);
    await account.setMetadata(INBOX, new Map([["/a", value]]));
    value.fill(7);
    const [found] = await account.metadata([INBOX]);
    assertEquals([...found![0]!.value], [0, 255, 13, 10]);
    await set(account, INBOX, { "/a": null, "/empty": null });
    assertEquals(await get(account, INBOX), {});
  });

  check("metadata of a mailbox raises its modseq", async (context) => {
    const { account } = context;
    const inbox = await account.openMailbox("INBOX");
    await inbox.append([message("x")]);
    const { state } = inbox;
    const [modseq] = state.modseqs;
    const from = state.highestModseq;
    const raises = async (
      owner: MetadataOwner,
      entries: Record<string, string | null>,
    ) => {
      const before = state.highestModseq;
      await set(account, owner, entries);
      return state.highestModseq - before;
    };
    // RFC 7162 § 3.2.3
    assertEquals(await raises(INBOX, { "/a": "1", "/b": "2" }), 1);
    assertEquals(await raises(INBOX, { "/a": "2", "/b": "2" }), 1);
    // What changes nothing raises nothing.
    assertEquals(await raises(INBOX, { "/a": "2", "/b": "2" }), 0);
    assertEquals(await raises(INBOX, { "/none": null }), 0);
    assertEquals(await raises("account", { "/a": "1" }), 0);
    assertEquals(await raises(INBOX, { "/a": null }), 1);
    assertEquals(state.modseqs[0], modseq);
    assertEquals(state.changedSince(from)?.map(({ uids }) => uids.length), [
      0,
      0,
      0,
    ]);
    inbox.close();
    const [status] = await account.status(["INBOX"]);
    assertEquals(status?.highestModseq, from + 3);
  });

  check(
    "metadata of several owners, as far as it is wanted",
    async (context) => {
      const { account } = context;
      await account.createMailbox("a");
      await set(account, { mailbox: "a" }, { "/x": "12345", "/y": "123" });
      await set(account, "account", { "/x": "mine" });
      const owners: MetadataOwner[] = [
        { mailbox: "a" },
        { mailbox: "none" },
        "account",
        INBOX,
      ];
      const seen: [string, number][] = [];
      const found = await account.metadata(owners, (name, size) => {
        seen.push([name, size]);
        return size < 5;
      });
      assertEquals(seen, [["/x", 5], ["/y", 3], ["/x", 4]]);
      assertEquals(
        found.map((entries) =>
          entries?.map(({ name, value }) => name + text(value))
        ),
        [["/y123"], undefined, ["/xmine"], []],
      );
    },
  );

  check("metadata is one user's, or everybody's", async (context) => {
    const { storage, account } = context;
    const bob = await storage.openAccount("bob");
    await set(account, INBOX, { "/x": "in" });
    await set(account, "account", { "/x": "mine" });
    await set(account, "storage", { "/x": "ours" });
    assertEquals(await get(bob, INBOX), {});
    assertEquals(await get(bob, "account"), {});
    assertEquals(await get(bob, "storage"), { "/x": "ours" });
    await set(bob, "storage", { "/x": null, "/y": "bob's" });
    assertEquals(await get(account, "storage"), { "/y": "bob's" });
    await storage.deleteAccount("bob");
    assertEquals(await get(account, "storage"), { "/y": "bob's" });
    assertEquals(await get(account, "account"), { "/x": "mine" });
    await refused("NONEXISTENT", set(bob, "account", { "/z": "z" }));
    bob.close();
    const all = await Array.fromAsync(storage.accounts());
    assertEquals(all, ["alice"]);
  });

  check(
    "metadata of an account and of all is set together",
    async (context) => {
      const { account } = context;
      const one = (name: string, value: string | null) =>
        new Map([[name, value === null ? null : bytes(value)]]);
      await account.setMetadata("account", one("/x", "1"), one("/x", "2"));
      assertEquals(await get(account, "account"), { "/x": "1" });
      assertEquals(await get(account, "storage"), { "/x": "2" });
      const long = one("/x", "too long");
      await refused(
        "TOOBIG",
        account.setMetadata("account", long, one("/x", null)),
      );
      await refused(
        "TOOBIG",
        account.setMetadata("account", one("/x", null), long),
      );
      assertEquals(await get(account, "account"), { "/x": "1" });
      assertEquals(await get(account, "storage"), { "/x": "2" });
    },
    { limits: { maxMetadataValue: 3 } },
  );

  check("metadata goes with an account", async ({ storage }) => {
    const bob = await storage.openAccount("bob");
    await bob.createMailbox("a");
    await set(bob, "account", { "/x": "mine" });
    await set(bob, { mailbox: "a" }, { "/x": "in a" });
    const many = new Map(
      Array.from({ length: 200 }, (_, i) => [`/${i}`, bytes(`${i}`)]),
    );
    for (let i = 0; i < 6; i++) {
      await bob.createMailbox(`full ${i}`);
      await bob.setMetadata({ mailbox: `full ${i}` }, many);
    }
    await storage.deleteAccount("bob");
    bob.close();
    const again = await storage.openAccount("bob");
    await again.createMailbox("a");
    assertEquals(await get(again, "account"), {});
    assertEquals(await get(again, { mailbox: "a" }), {});
    again.close();
  });

  check(
    "metadata follows a rename and goes with a deletion",
    async (context) => {
      const { account } = context;
      for (const name of ["a", "a/b"]) {
        await account.createMailbox(name);
        await set(account, { mailbox: name }, { "/x": name });
      }
      await account.renameMailbox("a", "c");
      assertEquals(await get(account, { mailbox: "c" }), { "/x": "a" });
      assertEquals(await get(account, { mailbox: "c/b" }), { "/x": "a/b" });
      assertEquals(await get(account, { mailbox: "a" }), undefined);
      // The name stays, for the sake of what is below it.
      await account.deleteMailbox("c");
      assertEquals(await get(account, { mailbox: "c" }), undefined);
      await refused(
        "NONEXISTENT",
        set(account, { mailbox: "c" }, { "/x": "" }),
      );
      await account.createMailbox("c");
      assertEquals(await get(account, { mailbox: "c" }), {});
      assertEquals(await get(account, { mailbox: "c/b" }), { "/x": "a/b" });
      await account.deleteMailbox("c/b");
      await account.createMailbox("c/b");
      assertEquals(await get(account, { mailbox: "c/b" }), {});
      for (const name of ["none", "", "a//b"]) {
        await refused(
          "NONEXISTENT",
          set(account, { mailbox: name }, { "/x": "" }),
        );
      }
    },
  );

  check("metadata of INBOX is copied when it is renamed", async (context) => {
    const { account, inbox } = context;
    await inbox.append([message("x")]);
    await set(account, INBOX, { "/x": "1", "/y": "2" });
    await account.renameMailbox("INBOX", "old");
    const both = { "/x": "1", "/y": "2" };
    assertEquals(await get(account, INBOX), both);
    assertEquals(await get(account, { mailbox: "old" }), both);
  });

  check("metadata does not go along with a copy", async (context) => {
    const { account, inbox } = context;
    await inbox.append([message("x")]);
    await set(account, INBOX, { "/x": "1" });
    await account.createMailbox("a");
    const target = await account.openMailbox("a");
    await inbox.copyTo(inbox.state.allUids(), target);
    target.close();
    assertEquals(await get(account, { mailbox: "a" }), {});
  });

  check("changes of metadata are told", async ({ storage, account }) => {
    const heard: AccountChange[] = [];
    const other = await storage.openAccount("alice");
    const stop = other.onChange((change) => heard.push({ ...change }));
    await set(account, INBOX, { "/x": "1", "/y": null });
    await set(account, "account", { "/x": "1" });
    await set(account, "storage", { "/x": "1" });
    // What changes nothing.
    await set(account, INBOX, { "/x": "1", "/z": null });
    await set(account, "storage", { "/z": null });
    const type = "metadata";
    assertEquals(heard, [
      { type, name: "INBOX", entries: ["/x", "/y"] },
      { type, name: "", entries: ["/x"] },
      { type, name: "", entries: ["/x"] },
    ]);
    stop();
    await set(account, INBOX, { "/x": "2" });
    assertEquals(heard.length, 3);
    other.close();
  });

  check("limits of metadata leave all as it was", async (context) => {
    const { account } = context;
    await set(account, INBOX, { "/a": "1", "/b": "2" });
    const before = await get(account, INBOX);
    const outcome = await set(account, INBOX, {
      "/a": "x",
      "/b": "12345678901",
    })
      .catch((error) => error);
    assertEquals(outcome instanceof StorageError, true);
    assertEquals([outcome.code, outcome.limit], ["TOOBIG", 10]);
    await refused(
      "LIMIT",
      set(account, INBOX, { "/a": "x", "/c": "", "/d": "" }),
    );
    await refused("CANNOT", set(account, INBOX, { "/a": "x", "": "" }));
    await refused(
      "CANNOT",
      set(account, INBOX, { "/a": "x", "/lone\ud800": "" }),
    );
    await refused(
      "CANNOT",
      set(account, INBOX, { ["/" + "n".repeat(20)]: "" }),
    );
    assertEquals(await get(account, INBOX), before);
    await set(account, INBOX, { "/a": null, "/b": null, "/c": "", "/d": "" });
    await set(account, INBOX, { "/c": "1234567890", "/e": "" });
    await refused("LIMIT", set(account, INBOX, { "/f": "" }));
    assertEquals(await get(account, INBOX), {
      "/c": "1234567890",
      "/d": "",
      "/e": "",
    });
  }, {
    limits: {
      maxMetadataValue: 10,
      maxMetadataEntries: 3,
      maxMetadataNameLength: 20,
    },
  });

  check(
    "metadata of a mailbox and of an account has a size",
    async (context) => {
      const { account } = context;
      // A name of two bytes, a value of 148 and what an entry costs: 250.
      const value = "v".repeat(148);
      await set(account, INBOX, { "/a": value, "/b": value });
      await refused("OVERQUOTA", set(account, INBOX, { "/c": "" }));
      await account.createMailbox("a");
      await set(account, { mailbox: "a" }, { "/a": value });
      await refused("OVERQUOTA", set(account, "account", { "/a": value }));
      await refused("OVERQUOTA", account.renameMailbox("INBOX", "old"));
      assertEquals(await names(account), ["INBOX", "a"]);
      await set(account, INBOX, { "/a": null });
      await set(account, "account", { "/a": value });
      await account.deleteMailbox("a");
      await set(account, "account", { "/b": value });
      // All users together have a room of their own.
      await set(account, "storage", { "/a": value });
    },
    { limits: { maxMetadataSize: 510, maxMetadataTotal: 800 } },
  );

  check("metadata that is set at once by many", async ({ account }) => {
    await account.createMailbox("a");
    const all = Array.from({ length: 30 }, (_, i) => [
      set(account, { mailbox: "a" }, { [`/e${i}`]: `${i}`, "/same": `${i}` }),
      set(account, "account", { [`/e${i}`]: `${i}` }),
    ]);
    await Promise.all(all.flat());
    const found = (await get(account, { mailbox: "a" }))!;
    assertEquals(Object.keys(found).length, 31);
    assertEquals(found["/same"], "29");
    assertEquals(Object.keys((await get(account, "account"))!).length, 30);
    const outcomes = await Promise.allSettled([
      account.deleteMailbox("a"),
      set(account, { mailbox: "a" }, { "/late": "" }),
      account.createMailbox("b"),
    ]);
    assertEquals(outcomes[0]!.status, "fulfilled");
    assertEquals(await get(account, { mailbox: "a" }), undefined);
  });
}
