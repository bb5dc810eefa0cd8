import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import type { Account, Storage } from "../storage/storage.ts";
import { MemoryStorage } from "../storage/memory/mod.ts";
import { type ConnectionHandler, HANDLERS } from "./doors.ts";
import type { ServeOptions } from "./options.ts";
import { serve } from "./serve.ts";
import type { ImapServer } from "./server.ts";
import { makeCertificate } from "./tls/self_signed.ts";
import { TlsService } from "./tls/tls_service.ts";
import { warmUp } from "./warm_up.ts";

const encoder = new TextEncoder();
const tls = await makeCertificate();

/** A storage that says what was in it when it was closed. */
class Observed extends MemoryStorage {
  /** Messages in INBOX at the end; undefined until then. */
  messages: number | undefined;

  override async close(): Promise<void> {
    const account = await this.openAccount("warm");
    const inbox = await account.openMailbox("INBOX");
    this.messages = inbox.state.length;
    inbox.close();
    account.close();
    await super.close();
  }
}

/** Greets and understands nothing. */
const refuse: ConnectionHandler = async (stream) => {
  await stream.write(encoder.encode("* OK\r\n"));
  while (await stream.read() !== null) {
    await stream.write(encoder.encode("z BAD What\r\n"));
  }
};

/** What is logged while something is done. */
async function logged(action: () => Promise<void>): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { all: (record) => records.push(record) },
    loggers: [
      { category: [], lowestLevel: "trace", sinks: ["all"] },
      { category: ["logtape"], lowestLevel: "error", sinks: ["all"] },
    ],
  });
  try {
    await action();
  } finally {
    await reset();
  }
  return records;
}

function start(options: ServeOptions): ImapServer {
  return serve({
    port: 0,
    users: { alice: "secret" },
    onListen: () => {},
    ...options,
  });
}

/** Logs in and out. */
async function converse({ addr }: ImapServer): Promise<string> {
  const { hostname, port } = addr;
  using conn = await Deno.connect({ hostname, port });
  const said = "a LOGIN alice secret\r\nb SELECT INBOX\r\nc LOGOUT\r\n";
  await conn.write(encoder.encode(said));
  let text = "";
  for await (const bytes of conn.readable) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

Deno.test("every command that is played is answered, and the storage is closed", async () => {
  const storage = new Observed();
  await warmUp({
    openStorage: () => Promise.resolve(storage),
    handlers: HANDLERS,
    tls: new TlsService(tls),
    stopping: new AbortController().signal,
    time: Infinity,
  });
  assertEquals(storage.messages, 32);
});

Deno.test("a fault, and a command that is refused, are told", async () => {
  class Broken extends MemoryStorage {
    override openAccount(): Promise<Account> {
      return Promise.reject(new Error("It is broken"));
    }
  }
  const play = (storage: MemoryStorage, imap: ConnectionHandler) =>
    warmUp({
      openStorage: () => Promise.resolve(storage),
      handlers: { ...HANDLERS, imap },
      tls: undefined,
      stopping: new AbortController().signal,
    });
  await assertRejects(
    () => play(new Broken(), HANDLERS.imap),
    Error,
    "It is broken",
  );
  const { message } = await assertRejects(
    () => play(new MemoryStorage(), refuse),
    Error,
  );
  assertStringIncludes(message, "CAPABILITY");
  assertStringIncludes(message, "z BAD What");
});

Deno.test("a server that is warmed up serves as ever, and nobody sees what it has played", async () => {
  const seen: string[] = [];
  const storage = new Observed();
  const records = await logged(async () => {
    await using server = start({
      tls,
      warmUp: () => Promise.resolve(storage),
      trace: (_connection, direction, line) => seen.push(direction + line),
      onError: (error) => seen.push(String(error)),
      callbacks: {
        connect: (_event, next) => {
          seen.push("connect");
          return next();
        },
        login: (_event, next) => {
          seen.push("login");
          return next();
        },
      },
    });
    await server.ready;
    assert(storage.messages !== undefined);
    assertEquals(seen, []);
    const text = await converse(server);
    for (const tag of ["a", "b", "c"]) assertStringIncludes(text, `${tag} OK`);
    assertStringIncludes(text, "* 0 EXISTS");
  });
  assertEquals(seen.filter((line) => line === "login").length, 1);
  const logins = records.filter(({ rawMessage }) => rawMessage === "login");
  assertEquals(logins.map(({ properties }) => properties.user), ["alice"]);
  assertEquals(
    records.filter(({ properties }) => properties.user === "warm"),
    [],
  );
});

Deno.test("a server that cannot be warmed up says so in the log and serves", async () => {
  const faults: unknown[] = [];
  const records = await logged(async () => {
    await using server = start({
      warmUp: () => Promise.reject(new Error("There is no room")),
      onError: (error) => faults.push(error),
    });
    await server.ready;
    assertStringIncludes(await converse(server), "c OK");
  });
  const warnings = records.filter(({ level }) => level === "warning");
  assertEquals(warnings.map(({ rawMessage }) => rawMessage), [
    "not warmed up",
  ]);
  assertStringIncludes(
    String(warnings[0]!.properties.error),
    "There is no room",
  );
  assertEquals(faults, []);
});

Deno.test("a server that is stopped meanwhile stops, and the storage is closed", async () => {
  const storage = new Observed();
  const records = await logged(async () => {
    const server = start({ warmUp: () => Promise.resolve(storage) });
    await server.shutdown();
    assert(storage.messages !== undefined);
    await server.ready;
  });
  assertEquals(records.filter(({ level }) => level !== "debug"), []);
});

Deno.test("a warm-up that does not end keeps no server from stopping", async () => {
  const never = new Promise<Storage>(() => {});
  const hanging = new Observed();
  const openAccount = () => new Promise<never>(() => {});
  const stuck = Object.assign(hanging, { openAccount }) as Storage;
  await logged(async () => {
    for (const storage of [never, Promise.resolve(stuck)]) {
      const server = start({ warmUp: () => storage });
      await server.shutdown();
      await server.ready;
    }
  });
});
