/** Threads, and what copies keep. */

import { assertEquals, assertNotEquals } from "@std/assert";
import type { NewMessage } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { type Contract, message, messages, plain, uids } from "./harness.ts";

/** A message that names itself, and those before it. */
function answer(id: string, ...references: string[]): NewMessage {
  const isReply = references.length > 0;
  return {
    ...message(`${id} after ${references.join()}`),
    clues: { id, references, subject: "about it", isReply },
  };
}

/** The threads of all messages of a mailbox. */
function threads({ state }: Mailbox): number[] {
  return [...state.threads.subarray(0, state.length)];
}

/** Adds the tests. */
export function threadContract({ check }: Contract): void {
  check("messages that belong together are in one thread", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([answer("root"), answer("b", "root", "a")]);
    await a.append([answer("a", "root")]);
    await a.append([answer("c", "a"), answer("d", "c")]);
    await inbox.append([answer("other"), ...messages(2)]);
    const [thread] = threads(inbox);
    a.close();
    // A storage may have no threads (RFC 8474 § 5.2), but then it has none at all.
    if (thread === 0) {
      return assertEquals(new Set([...threads(inbox), ...threads(a)]).size, 1);
    }
    assertEquals(threads(a), [thread, thread, thread]);
    assertEquals(threads(inbox).slice(0, 2), [thread, thread]);
    const others = threads(inbox).slice(2);
    assertEquals(new Set([thread, ...others]).size, 4);
    assertEquals(others.every((other) => other! > 0), true);
  });

  check("appends at the same time are in one thread", async ({ inbox }) => {
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => inbox.append([answer(`${i}`, "root", "x")]),
      ),
    );
    assertEquals(new Set(threads(inbox)).size, 1);
  });

  check("copies and moves keep content and thread", async (context) => {
    const { account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([message("first"), answer("b", "root", "a")]);
    const before = [0, 1].map((index) => inbox.state.recordAt(index));
    assertNotEquals(before[0]!.content, before[1]!.content);
    await inbox.copyTo(uids(1, 2), a);
    await inbox.moveTo(uids(2), a);
    assertEquals(plain(a.state.allUids()), [1, 2, 3]);
    for (const [index, from] of [0, 1, 1].entries()) {
      const { content, thread } = a.state.recordAt(index);
      assertEquals([content, thread], [
        before[from]!.content,
        before[from]!.thread,
      ]);
    }
    await inbox.copyTo(uids(1), inbox);
    assertEquals(threads(inbox), [before[0]!.thread, before[0]!.thread]);
    a.close();
  });

  check(
    "a rename keeps a mailbox what it is, that of INBOX does not",
    async (context) => {
      const { account, inbox } = context;
      const made = await account.createMailbox("a");
      await account.renameMailbox("a", "b");
      assertEquals((await account.mailbox("b"))?.id, made.id);
      await inbox.append([answer("x")]);
      const { content, thread } = inbox.state.recordAt(0);
      await account.renameMailbox("INBOX", "old");
      const old = await account.openMailbox("old");
      assertEquals((await account.mailbox("INBOX"))?.id, inbox.state.id);
      assertNotEquals(old.state.id, inbox.state.id);
      const moved = old.state.recordAt(0);
      assertEquals([moved.content, moved.thread], [content, thread]);
      old.close();
    },
  );

  check("one content that is delivered is in one thread", async (context) => {
    const { storage, account, inbox } = context;
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    await inbox.append([answer("root"), answer("one", "root")]);
    await storage.deliver?.(answer("two", "one"), [a, inbox, inbox]);
    const [thread] = threads(inbox);
    for (const found of [...threads(a), ...threads(inbox)]) {
      assertEquals(found, thread);
    }
    a.close();
  });
}
