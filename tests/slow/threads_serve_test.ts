/** A server with several threads, each with a storage on the same database: as one server to its clients. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  type ImapServer,
  type KvShare,
  openKvStorage,
  serve,
} from "../../mod.ts";
import { LineClient } from "../testing/client.ts";

const module = import.meta.resolve("./threads_service.ts");

interface Two extends AsyncDisposable {
  readonly server: ImapServer;
  /** A session of alice in the thread of that number, the server's own being 0. */
  session(thread: number, password?: string): Promise<LineClient>;
}

async function twoThreads(
  options: { maxConnections?: number } = {},
): Promise<Two> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "imapd.kv");
  const storage = await openKvStorage({ path, threads: true, journal: true });
  const server = serve({
    storage,
    port: 0,
    users: { alice: "secret" },
    metadata: { admin: "thread:0" },
    onListen() {},
    ...options,
    workers: {
      module,
      max: 2,
      data: () => ({ ...storage.share(), secret: "secret" }),
      ended: (data) => storage.unshare(data as KvShare),
    },
  });
  await server.ready;
  return {
    server,
    async session(thread, password = "secret") {
      // Which of the sockets gets a connection is the system's choice.
      for (;;) {
        const client = await LineClient.open(server.addr.port);
        assertMatch(await client.ask(`LOGIN alice ${password}`), /^t1 OK/m);
        const admin = await client.ask('GETMETADATA "" /shared/admin');
        if (admin.includes(`thread:${thread}`)) return client;
        await client.ask("LOGOUT");
        client[Symbol.dispose]();
      }
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await storage.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** How many messages a session is told of. */
function existsOf(said: string): number {
  return Number(/^\* (\d+) EXISTS/m.exec(said)?.[1]);
}

Deno.test("threads: what one session does, those in other threads hear of", async () => {
  await using two = await twoThreads();
  using here = await two.session(0);
  using there = await two.session(1);
  await here.ask("SELECT INBOX");
  await there.ask("SELECT INBOX");
  await there.say("i IDLE\r\n");
  await there.until(/^\+ /m);
  assertMatch(await here.ask("APPEND INBOX {4+}\r\nx: y"), /^t\d+ OK/m);
  assertEquals(existsOf(await there.until(/EXISTS/)), 1);
  await there.say("DONE\r\n");
  await there.until(/^i OK/m);
  // What has been answered there is seen here by the next command.
  assertMatch(await there.ask("STORE 1 +FLAGS (\\Deleted)"), /^t\d+ OK/m);
  assertMatch(await here.ask("NOOP"), /^\* 1 FETCH \(.*\\Deleted/m);
  assertMatch(await there.ask("EXPUNGE"), /^t\d+ OK/m);
  assertMatch(await here.ask("NOOP"), /^\* 1 EXPUNGE/m);
  assertMatch(await there.ask("CREATE Work"), /^t\d+ OK/m);
  assertMatch(await here.ask('LIST "" Work'), /^\* LIST .* Work\r/m);
});

Deno.test("threads: sessions in both write to one mailbox at once, and all of it is there", async () => {
  await using two = await twoThreads();
  using here = await two.session(0);
  using there = await two.session(1);
  const append = async (client: LineClient) => {
    for (let n = 0; n < 20; n++) {
      assertMatch(await client.ask("APPEND INBOX {4+}\r\nx: y"), /^t\d+ OK/m);
    }
  };
  await Promise.all([append(here), append(there)]);
  for (const client of [here, there]) {
    assertEquals(existsOf(await client.ask("SELECT INBOX")), 40);
    const found = await client.ask("UID SEARCH ALL");
    assertEquals(
      /^\* E?SEARCH (.*)\r/m.exec(found)![1],
      Array.from({ length: 40 }, (_, n) => n + 1).join(" "),
    );
  }
});

Deno.test("threads: connections are counted together", async () => {
  await using two = await twoThreads({ maxConnections: 3 });
  using _here = await two.session(0);
  using _there = await two.session(1);
  using _third = await LineClient.open(two.server.addr.port);
  using fourth = new LineClient(
    await Deno.connect({ port: two.server.addr.port }),
  );
  assertMatch(await fourth.until(/\n/), /^\* BYE/);
});

Deno.test("threads: all of them reload, and end a user's sessions", async () => {
  await using two = await twoThreads();
  using there = await two.session(1);
  using here = await two.session(0);
  two.server.endSessions("alice");
  assertMatch(await there.rest(), /^\* BYE/m);
  assertMatch(await here.rest(), /^\* BYE/m);
  two.server.reload({ users: { alice: "changed" } });
  // A thread hears of it a moment later.
  for (;;) {
    using client = await LineClient.open(two.server.addr.port);
    if ((await client.ask("LOGIN alice secret")).startsWith("t1 NO")) break;
  }
  using _here = await two.session(0, "changed");
  using _there = await two.session(1, "changed");
});

Deno.test("threads: those under way are told of the end", async () => {
  await using two = await twoThreads();
  using there = await two.session(1);
  await two.server.shutdown();
  assertMatch(await there.rest(), /^\* BYE/m);
});

Deno.test("threads: numbers that cannot be, and a port that is taken", async () => {
  for (const bounds of [{ max: 0 }, { min: 3, max: 2 }, { max: 65 }]) {
    assertThrows(
      () => serve({ port: 0, onListen() {}, workers: { module, ...bounds } }),
      TypeError,
    );
  }
  await using two = await twoThreads();
  const { port } = two.server.addr;
  assertThrows(
    () => serve({ port, onListen() {}, workers: { module, max: 2 } }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("threads: one that cannot begin ends the server", async () => {
  const faults: unknown[] = [];
  const server = serve({
    port: 0,
    onListen() {},
    onError: (error) => faults.push(error),
    workers: { module: import.meta.resolve("./no_such_module.ts"), max: 2 },
  });
  await server.ready;
  await server.finished;
  assert(String(faults[0]).includes("no_such_module"), String(faults[0]));
});

Deno.test("threads: another one that cannot begin is done without", async () => {
  const missed = Promise.withResolvers<unknown>();
  const given: unknown[] = [];
  const ended: unknown[] = [];
  await using server = serve({
    port: 0,
    onListen() {},
    onError: missed.resolve,
    workers: {
      module: import.meta.resolve("./no_such_module.ts"),
      min: 1,
      max: 2,
      data: () => given.push(given.length),
      ended: (data) => ended.push(data),
    },
  });
  await server.ready;
  const clients: LineClient[] = [];
  try {
    // One that is being accepted may not be counted yet.
    while (clients.length < 110) {
      clients.push(await LineClient.open(server.addr.port));
    }
    assert(String(await missed.promise).includes("no_such_module"));
    assertEquals(ended, [1]);
    // It is still there, and does not try again at once.
    clients.push(await LineClient.open(server.addr.port));
    assertMatch(await clients.at(-1)!.ask("NOOP"), /^t1 OK/m);
    assertEquals(given, [0]);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

Deno.test("threads: at most one is none, and shares no port", async () => {
  const missing = import.meta.resolve("./no_such_module.ts");
  await using server = serve({
    port: 0,
    onListen() {},
    workers: { module: missing, max: 1 },
  });
  await server.ready;
  const { port } = server.addr;
  assertThrows(
    () =>
      Deno.listen({ port, hostname: server.addr.hostname, reusePort: true }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("threads: where one cannot be started, none is", () => {
  let ended = 0;
  let started = 0;
  const data = () => {
    if (++started === 3) throw new Error("no more");
  };
  assertThrows(
    () =>
      serve({
        port: 0,
        onListen() {},
        workers: { module, max: 4, data, ended: () => ended++ },
      }),
    Error,
    "no more",
  );
  assertEquals(ended, 2);
});
