/** Commits of which the answer does not come: nothing is done twice under one answer, and nothing is lost. */

import { assertEquals } from "@std/assert";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import {
  message,
  messages,
  names,
  plain,
  refused,
  text,
  uid,
  uids,
} from "../../testing/conformance/harness.ts";
import { allowAccess } from "./client.ts";
import {
  type Fate,
  type KvServer,
  type Operation,
  startKvServer,
} from "./server.ts";

/** Makes the next request of a kind end so, after as many that do not. */
function next(
  server: KvServer,
  operation: Operation,
  fate: Fate,
  after = 0,
): void {
  server.fate = (one) => {
    if (one !== operation || after-- > 0) return "done";
    server.fate = () => "done";
    return fate;
  };
}

interface Context {
  readonly server: KvServer;
  readonly account: Account;
  readonly inbox: Mailbox;
  /** Failures that nobody waited for. */
  readonly faults: unknown[];
}

function uncertain(
  name: string,
  test: (context: Context) => Promise<void>,
): void {
  Deno.test(`remote KV: ${name}`, async () => {
    allowAccess();
    await using server = startKvServer();
    const faults: unknown[] = [];
    await using storage = await openKvStorage({
      path: server.url,
      onFault: (error) => faults.push(error),
    });
    const account = await storage.openAccount("u");
    const inbox = await account.openMailbox("INBOX");
    await inbox.append(messages(3));
    await test({ server, account, inbox, faults });
    server.fate = () => "done";
    // All contents are counted for as many messages as have them.
    assertEquals(await storage.verify(), []);
    inbox.close();
    account.close();
  });
}

const large = { ...message(""), source: new Uint8Array(400_000).fill(65) };

for (const fate of ["lost", "cut"] as const) {
  uncertain(`an answer ${fate}, and all is done once`, async (context) => {
    const { server, account, inbox, faults } = context;
    const heard: string[] = [];
    inbox.onChange((change) => heard.push(change.type));
    await account.createMailbox("warm");

    next(server, "write", fate);
    assertEquals(plain((await inbox.append([message("n")])).uids), [4]);
    // Before the commit there are a marker and the chunks.
    next(server, "write", fate, 2);
    assertEquals(plain((await inbox.append([large])).uids), [5]);
    next(server, "write", fate);
    const seen = { mode: "add", flags: ["\\Seen"] } as const;
    assertEquals(plain((await inbox.storeFlags(uids(1), seen)).changed), [1]);
    next(server, "write", fate);
    assertEquals(plain((await inbox.expunge(uids(2))).uids), [2]);
    next(server, "write", fate);
    await account.createMailbox("a");
    const a = await account.openMailbox("a");
    next(server, "write", fate);
    assertEquals(plain((await inbox.copyTo(uids(1, 4), a)).target), [1, 2]);
    next(server, "write", fate);
    assertEquals(plain((await inbox.moveTo(uids(3, 5), a)).target), [3, 4]);
    a.close();
    next(server, "write", fate);
    await account.renameMailbox("a", "b");
    next(server, "write", fate);
    await account.deleteMailbox("b");

    assertEquals(plain(inbox.state.allUids()), [1, 4]);
    assertEquals(text(await inbox.readSource(uid(4))), "n");
    assertEquals(await names(account), ["INBOX", "warm"]);
    const what = ["append", "append", "flags", "expunge", "expunge"];
    assertEquals(heard, what);
    assertEquals(faults, []);
  });
}

uncertain(
  "what cannot be known is refused, and found later",
  async (context) => {
    const { server, inbox, faults } = context;
    // Neither the commit's answer nor its receipt can be read.
    let writes = 0;
    server.fate = (operation) =>
      operation === "write" && ++writes > 1 ? "done" : "cut";
    await refused("UNAVAILABLE", inbox.append([message("n")]));
    server.fate = () => "done";
    assertEquals(faults.length, 1);
    await inbox.refresh();
    assertEquals(inbox.state.length, 4);
    assertEquals(plain((await inbox.append([message("o")])).uids), [5]);
  },
);

uncertain("an upload that fails leaves nothing", async (context) => {
  const { server, inbox } = context;
  next(server, "write", "cut", 1);
  await refused("UNAVAILABLE", inbox.append([large]));
  assertEquals(plain((await inbox.append([large])).uids), [4]);
  const kv = await Deno.openKv(server.url);
  const left = await Array.fromAsync(kv.list({ prefix: ["upload"] }));
  kv.close();
  assertEquals(left, []);
});

Deno.test("remote KV: a process that ends leaves no receipt", async () => {
  allowAccess();
  await using server = startKvServer();
  const kv = await Deno.openKv(server.url);
  const receipts = () => Array.fromAsync(kv.list({ prefix: ["receipt"] }));
  {
    await using storage = await openKvStorage({ path: server.url });
    (await storage.openAccount("u")).close();
    assertEquals((await receipts()).length, 1);
  }
  assertEquals(await receipts(), []);
  kv.close();
});

uncertain(
  "a receipt that has gone does not stand in the way",
  async (context) => {
    const { server, inbox } = context;
    const kv = await Deno.openKv(server.url);
    for await (const { key } of kv.list({ prefix: ["receipt"] })) {
      await kv.delete(key);
    }
    kv.close();
    assertEquals(plain((await inbox.append([message("n")])).uids), [4]);
  },
);
