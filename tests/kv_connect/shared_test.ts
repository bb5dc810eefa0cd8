/** Two storages on one remote Deno KV, as two processes have it: what one does the other hears of by itself. */

import { assertEquals } from "@std/assert";
import { type KvStorage, openKvStorage } from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import {
  contents,
  message,
  messages,
  plain,
  uids,
} from "../../testing/conformance/harness.ts";
import { allowAccess } from "./client.ts";
import {
  type KvServer,
  type KvServerOptions,
  startKvServer,
} from "./server.ts";

/** One of two processes. */
interface Side {
  readonly storage: KvStorage;
  readonly account: Account;
  readonly inbox: Mailbox;
  /** Failures that nobody waited for. */
  readonly faults: unknown[];
}

function twoProcesses(
  name: string,
  test: (a: Side, b: Side, server: KvServer) => Promise<void>,
  options: KvServerOptions & { readonly foldRecords?: number } = {},
): void {
  Deno.test(`remote KV, two processes: ${name}`, async () => {
    allowAccess();
    await using server = startKvServer(options);
    const { foldRecords = 512 } = options;
    const start = async (): Promise<Side> => {
      const faults: unknown[] = [];
      const storage = await openKvStorage({
        path: server.url,
        gracePeriod: 0,
        foldRecords,
        onFault: (error) => faults.push(error),
      });
      const account = await storage.openAccount("u");
      const inbox = await account.openMailbox("INBOX");
      return { storage, account, inbox, faults };
    };
    const a = await start();
    const b = await start();
    await test(a, b, server);
    server.fate = () => "done";
    for (const { storage } of [a, b]) await storage.verify();
    for (const { storage, account, inbox } of [a, b]) {
      await inbox.refresh();
      assertEquals(await storage.verify(), []);
      inbox.close();
      account.close();
    }
    for (const { storage } of [a, b]) await storage.close();
  });
}

/** Within what time one hears of what another does, in milliseconds. */
const PATIENCE = 10_000;

/** Waits until a mailbox has so many messages, without asking for them. */
function has(mailbox: Mailbox, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (mailbox.state.length === count) end(resolve);
    };
    const end = (settle: () => void) => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const timer = setTimeout(() => {
      const text = `${mailbox.state.length} messages, not ${count}`;
      end(() => reject(new Error(text)));
    }, PATIENCE);
    const stop = mailbox.onChange(look);
    look();
  });
}

twoProcesses("changes are carried by watching", async (a, b) => {
  const heard: [string, number[]][] = [];
  const stop = b.inbox.onChange((change) => {
    if (change.type !== "delete") heard.push([change.type, plain(change.uids)]);
  });
  const here = has(b.inbox, 2);
  await a.inbox.append(messages(3));
  await a.inbox.expunge(uids(2));
  await here;
  assertEquals(heard, [["append", [1, 2, 3]], ["expunge", [2]]]);
  stop();
  const lists = Promise.withResolvers<string>();
  b.account.onChange(({ type, name }) => lists.resolve(`${type} ${name}`));
  await a.account.createMailbox("new");
  assertEquals(await lists.promise, "create new");
}, { latency: 1 });

twoProcesses("nothing is missed between opening and watching", async (a, b) => {
  await a.inbox.append(messages(1));
  await has(b.inbox, 1);
});

twoProcesses(
  "who watches reads nothing for its own changes",
  async (a, _, server) => {
    const stop = a.inbox.onChange(() => {});
    await a.inbox.append(messages(1));
    const { read } = server.requests;
    for (let i = 0; i < 20; i++) await a.inbox.append(messages(1));
    stop();
    // It may hear of a commit before the answer comes; then it looks.
    const extra = server.requests.read - read;
    assertEquals(extra <= 20, true, `${extra} reads`);
  },
);

twoProcesses("a watch goes on when it breaks", async (a, b, server) => {
  b.inbox.onChange(() => {});
  await a.inbox.append(messages(1));
  await has(b.inbox, 1);
  server.breakWatches();
  await a.inbox.append(messages(1));
  await has(b.inbox, 2);
  assertEquals(b.faults, []);
});

twoProcesses(
  "a watch goes on when what it tells of cannot be read",
  async (a, b, server) => {
    const here = has(b.inbox, 2);
    await a.inbox.append(messages(1));
    await has(b.inbox, 1);
    const fates = ["cut"] as const;
    let failures = 0;
    server.fate = (operation) =>
      operation === "read" ? fates[failures++] ?? "done" : "done";
    await a.inbox.append(messages(1));
    await here;
    assertEquals(b.faults.length, 1);
  },
);

twoProcesses("both write at once, and all of it is there", async (a, b) => {
  await a.account.createMailbox("x");
  const [ax, bx] = await Promise.all([
    a.account.openMailbox("x"),
    b.account.openMailbox("x"),
  ]);
  const work = ({ inbox }: Side, x: Mailbox, name: string) =>
    Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const { uids } = await inbox.append([message(`${name}${i}`)]);
        await inbox.storeFlags(uids, { mode: "add", flags: [name] });
        if (i % 2 === 0) await inbox.moveTo(uids, x);
      }),
    );
  await Promise.all([work(a, ax, "a"), work(b, bx, "b")]);
  for (const mailbox of [a.inbox, b.inbox, ax, bx]) await mailbox.refresh();
  assertEquals(contents(a.inbox), contents(b.inbox));
  assertEquals(contents(ax), contents(bx));
  assertEquals([a.inbox.state.length, ax.state.length], [6, 6]);
  ax.close();
  bx.close();
}, { latency: 1, foldRecords: 3 });

twoProcesses(
  "a mailbox is opened while another process writes",
  async (a, b) => {
    await a.account.createMailbox("busy");
    const busy = await a.account.openMailbox("busy");
    let writing = true;
    const writer = (async () => {
      while (writing) await busy.append(messages(1));
    })();
    const opened = await b.account.openMailbox("busy");
    writing = false;
    await writer;
    await opened.refresh();
    assertEquals(contents(opened), contents(busy));
    opened.close();
    busy.close();
  },
  { latency: 1 },
);
