/** Accounts, UIDVALIDITY, the counts of mailboxes. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import {
  type Contract,
  message,
  messages,
  names,
  refused,
  uids,
} from "./harness.ts";

/** Adds the tests. */
export function accountContract({ check }: Contract): void {
  check("accounts are apart", async ({ storage, account }) => {
    const bob = await storage.openAccount("bob");
    await account.createMailbox("secret");
    assertEquals(await names(bob), ["INBOX"]);
    const inbox = await bob.openMailbox("INBOX");
    await inbox.append([message("for bob")]);
    assertEquals((await account.status(["INBOX"]))[0]?.messages, 0);
    const all = await Array.fromAsync(storage.accounts());
    assertEquals(all.sort(), ["alice", "bob"]);
    assertEquals(bob.user, "bob");
    inbox.close();
    bob.close();
  });

  check("names of users that cannot be", async (context) => {
    for (const user of ["", "a\0b", "a\nb", "\ud800", "x".repeat(256)]) {
      await refused("CANNOT", context.storage.openAccount(user));
    }
    (await context.storage.openAccount("Ünï@example.com/..")).close();
  });

  check("deleting an account", async ({ storage }) => {
    const bob = await storage.openAccount("bob");
    await bob.createMailbox("a/b");
    const mailbox = await bob.openMailbox("a/b");
    await mailbox.append(messages(3));
    await storage.deleteAccount("bob");
    assert(mailbox.state.deleted);
    await refused("NONEXISTENT", mailbox.append([message("x")]));
    await refused("NONEXISTENT", bob.createMailbox("c"));
    await refused("NONEXISTENT", bob.openMailbox("INBOX"));
    assertEquals(await Array.fromAsync(storage.accounts()), ["alice"]);
    await storage.deleteAccount("nobody");
    mailbox.close();
    bob.close();
    const again = await storage.openAccount("bob");
    assertEquals(await names(again), ["INBOX"]);
    const [status] = await again.status(["INBOX"]);
    assertEquals(status?.messages, 0);
    again.close();
  });

  let clock = Date.UTC(2026, 0, 1);
  check("UIDVALIDITY grows whatever the clock does", async (context) => {
    const { account } = context;
    const given: number[] = [(await account.mailbox("INBOX"))!.uidValidity!];
    for (const jump of [0, -86_400_000, 10 * 365 * 86_400_000, -1e11, 1000]) {
      clock += jump;
      given.push((await account.createMailbox("a")).uidValidity!);
      await account.deleteMailbox("a");
    }
    for (let i = 1; i < given.length; i++) {
      assertGreater(given[i]!, given[i - 1]!);
    }
    assertEquals(given[0], Math.floor(Date.UTC(2026, 0, 1) / 1000));
  }, { now: () => clock });

  check("status counts without opening", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await a.append([
      message("12345", ["\\Seen"]),
      message("123", ["\\deleted"]),
      message("1"),
    ]);
    const expected = {
      messages: 3,
      unseen: 2,
      deleted: 1,
      recent: 3,
      size: 9,
      uidNext: 4,
      uidValidity: a.state.uidValidity,
      highestModseq: a.state.highestModseq,
    };
    assertEquals((await account.status(["a"]))[0], expected);
    assertEquals(a.claimRecent(), 1);
    a.close();
    const [status, none, empty] = await account.status(["a", "b", "inbox"]);
    assertEquals(status, { ...expected, recent: 0 });
    assertEquals(none, undefined);
    assertEquals(empty?.messages, 0);
    assertEquals(empty?.highestModseq, inbox.state.highestModseq);
    assertGreater(empty!.highestModseq, 0);
  });

  check("\\Recent is claimed once", async ({ account, inbox }) => {
    await inbox.append(messages(3));
    const other = await account.openMailbox("INBOX");
    assertEquals(inbox.claimRecent(), 1);
    assertEquals(other.claimRecent(), 4);
    await inbox.append(messages(2));
    assertEquals((await account.status(["INBOX"]))[0]?.recent, 2);
    await inbox.expunge(uids(1, 5));
    assertEquals((await account.status(["INBOX"]))[0]?.recent, 1);
    assertEquals(other.claimRecent(), 4);
    assertEquals(inbox.claimRecent(), 6);
    assertEquals((await account.status(["INBOX"]))[0]?.recent, 0);
    other.close();
  });
}
