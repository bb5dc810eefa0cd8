import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Host } from "../protocol/host.ts";
import { makeCertificate } from "./tls/self_signed.ts";
import type { ServeOptions } from "./options.ts";
import type { ConnectionHandler } from "./doors.ts";
import { Server } from "./server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const tls = await makeCertificate();

/**
 * Speaks a protocol of its own: lines come back, `STARTTLS` starts TLS, `BIG` writes without end, and when
 * the server is to stop it says `BYE`.
 */
const echo: ConnectionHandler = async (stream, host) => {
  const stop = () =>
    stream.write(encoder.encode("BYE\n")).finally(() => stream.close());
  host.stopping.addEventListener("abort", stop);
  try {
    for (;;) {
      const bytes = await stream.read();
      if (bytes === null) return;
      const text = decoder.decode(bytes);
      if (text === "STARTTLS\n") {
        await stream.write(encoder.encode("GO\n"));
        await stream.startTls();
      } else if (text === "BIG\n") {
        for (;;) await stream.write(new Uint8Array(1 << 20));
      } else await stream.write(bytes);
    }
  } finally {
    host.stopping.removeEventListener("abort", stop);
  }
};

function start(
  options: ServeOptions = {},
  handler: ConnectionHandler = echo,
): Server {
  const handlers = { imap: handler, pop3: handler, lmtp: handler };
  return new Server({ port: 0, onListen: () => {}, ...options }, handlers);
}

function connect(server: Server, index = 0): Promise<Deno.TcpConn> {
  return Deno.connect({
    port: server.addrs[index]!.port,
    hostname: "127.0.0.1",
  });
}

async function receive(conn: Deno.Conn): Promise<string | null> {
  const buffer = new Uint8Array(1024);
  const count = await conn.read(buffer);
  return count === null ? null : decoder.decode(buffer.subarray(0, count));
}

async function ask(conn: Deno.Conn, text: string): Promise<string | null> {
  await conn.write(encoder.encode(text));
  return await receive(conn);
}

Deno.test("a server listens when the call returns, and tells where", async () => {
  const told: unknown[] = [];
  await using server = start({
    port: 0,
    tlsPort: 0,
    tls,
    onListen: (address) => told.push(address),
  });
  assertEquals(server.addrs.map(({ kind }) => kind), ["imap", "imaps"]);
  assertEquals(told, [...server.addrs]);
  assertEquals(server.addr, server.addrs[0]);
  using conn = await connect(server);
  assertEquals(await ask(conn, "hello\n"), "hello\n");
});

Deno.test("shutdown says BYE, waits, and frees the port", async () => {
  const server = start();
  const { port } = server.addr;
  using conn = await connect(server);
  assertEquals(await ask(conn, "hello\n"), "hello\n");
  const stopped = server.shutdown();
  assertEquals(await receive(conn), "BYE\n");
  assertEquals(await receive(conn), null);
  await stopped;
  await server.finished;
  await server.shutdown();
  await assertRejects(() => connect(server), Deno.errors.ConnectionRefused);
  await start({ port }).shutdown();
});

Deno.test("a signal stops the server", async () => {
  const controller = new AbortController();
  const server = start({ signal: controller.signal });
  controller.abort();
  await server.finished;
  await start({ signal: AbortSignal.abort() }).finished;
});

Deno.test("a connection that does not end is ended", async () => {
  const handler = async (stream: ByteStream) => {
    while (await stream.read() !== null);
  };
  const server = start({ drainTime: 0 }, handler);
  using conn = await connect(server);
  await server.shutdown();
  assertEquals(await receive(conn), null);
});

Deno.test("a handler that throws costs its connection alone, and is reported", async () => {
  const faults: unknown[] = [];
  const handler = async (stream: ByteStream, host: Host) => {
    const bytes = await stream.read();
    if (decoder.decode(bytes!) === "throw\n") throw new Error("Mine");
    await stream.write(bytes!);
    await echo(stream, host);
  };
  await using server = start({ onError: (e) => faults.push(e) }, handler);
  using good = await connect(server);
  assertEquals(await ask(good, "a\n"), "a\n");
  using bad = await connect(server);
  assertEquals(await ask(bad, "throw\n"), null);
  assertEquals(await ask(good, "b\n"), "b\n");
  assertEquals(faults.map(String), ["Error: Mine"]);
});

Deno.test("connections over the limit hear BYE, others go on", async () => {
  await using server = start({ maxConnections: 2 });
  using first = await connect(server);
  using second = await connect(server);
  assertEquals(await ask(first, "a\n"), "a\n");
  assertEquals(await ask(second, "b\n"), "b\n");
  using third = await connect(server);
  assertEquals(await receive(third), "* BYE Too many connections\r\n");
  assertEquals(await receive(third), null);
  assertEquals(await ask(first, "a\n"), "a\n");
  second.close();
  for (;;) {
    using fourth = await connect(server);
    if (await ask(fourth, "d\n").catch(() => null) === "d\n") break;
  }
  // `using` closes it once more, which must not throw here.
  Object.assign(second, { [Symbol.dispose]: () => {} });
});

Deno.test("an address over its limit hears BYE over TLS too", async () => {
  await using server = start({
    listeners: [{ kind: "imaps", port: 0 }],
    tls,
    maxConnectionsPerAddress: 1,
  });
  const open = () =>
    Deno.connectTls({
      hostname: "localhost",
      port: server.addr.port,
      caCerts: [tls.cert],
    });
  using first = await open();
  assertEquals(await ask(first, "a\n"), "a\n");
  using second = await open();
  assertEquals(await receive(second), "* BYE Too many connections\r\n");
  assertEquals(await ask(first, "b\n"), "b\n");
});

Deno.test("STARTTLS: bytes go through TLS from then on", async () => {
  await using server = start({ tls });
  const plain = await connect(server);
  assertEquals(await ask(plain, "STARTTLS\n"), "GO\n");
  using conn = await Deno.startTls(plain, {
    hostname: "localhost",
    caCerts: [tls.cert],
  });
  assertEquals(await ask(conn, "secret\n"), "secret\n");
  const big = new Uint8Array(300_000).fill(65);
  let got = 0;
  const buffer = new Uint8Array(65_536);
  await Promise.all([
    (async () => {
      for (let at = 0; at < big.length;) {
        at += await conn.write(big.subarray(at));
      }
    })(),
    (async () => {
      while (got < big.length) got += await conn.read(buffer) ?? big.length;
    })(),
  ]);
  assertEquals(got, big.length);
});

Deno.test("STARTTLS: the end of a session is heard through TLS", async () => {
  const server = start({ tls });
  const plain = await connect(server);
  assertEquals(await ask(plain, "STARTTLS\n"), "GO\n");
  using conn = await Deno.startTls(plain, {
    hostname: "localhost",
    caCerts: [tls.cert],
  });
  assertEquals(await ask(conn, "a\n"), "a\n");
  const stopped = server.shutdown();
  assertEquals(await receive(conn), "BYE\n");
  assertEquals(await receive(conn), null);
  await stopped;
});

Deno.test("STARTTLS: clear text in place of a handshake ends the connection", async () => {
  const faults: unknown[] = [];
  await using server = start({ tls, onError: (error) => faults.push(error) });
  using conn = await connect(server);
  assertEquals(await ask(conn, "STARTTLS\n"), "GO\n");
  await conn.write(encoder.encode("a LOGIN alice secret\r\n"));
  let heard = "";
  for (let text; (text = await receive(conn).catch(() => null)) !== null;) {
    heard += text;
  }
  assertFalse(heard.includes("LOGIN"));
  using other = await connect(server);
  assertEquals(await ask(other, "b\n"), "b\n");
  assertEquals(faults.length, 1);
});

Deno.test("STARTTLS: a client that stalls or leaves frees its place", async () => {
  await using server = start({ tls, handshakeTime: 30, maxConnections: 2 });
  using stalled = await connect(server);
  assertEquals(await ask(stalled, "STARTTLS\n"), "GO\n");
  {
    using left = await connect(server);
    assertEquals(await ask(left, "STARTTLS\n"), "GO\n");
  }
  assertEquals(await receive(stalled), null);
  for (;;) {
    using next = await connect(server);
    if (await ask(next, "a\n").catch(() => null) === "a\n") break;
  }
});

Deno.test("IMAP over TLS: plain bytes and stalled handshakes are dropped", async () => {
  await using server = start({
    listeners: [{ kind: "imaps", port: 0 }],
    tls,
    handshakeTime: 200,
    maxConnections: 2,
  });
  using stalled = await connect(server);
  using plain = await connect(server);
  await plain.write(encoder.encode("a LOGIN alice secret\r\n"));
  const heard = await receive(plain).catch(() => null);
  assert(heard === null || !heard.includes("BYE"));
  assertEquals(await receive(stalled), null);
  // Their places are free; on a busy machine an honest handshake may be too slow for such a limit.
  for (;;) {
    using conn = await Deno.connectTls({
      hostname: "localhost",
      port: server.addr.port,
      caCerts: [tls.cert],
    });
    if (await ask(conn, "a\n").catch(() => null) === "a\n") break;
  }
});

Deno.test("shutdown does not wait for handshakes", async () => {
  const server = start({ listeners: [{ kind: "imaps", port: 0 }], tls });
  using conn = await connect(server);
  await server.shutdown();
  assertEquals(await receive(conn).catch(() => null), null);
});

for (const secure of [false, true]) {
  const name = secure ? "through STARTTLS" : "in clear text";
  Deno.test(`a client that does not read ${name} is given up`, async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const handler: ConnectionHandler = async (stream, host) => {
      await echo(stream, host).catch(resolve);
    };
    await using server = start({ tls, limits: { writeTime: 50 } }, handler);
    let conn: Deno.Conn = await connect(server);
    if (secure) {
      assertEquals(await ask(conn, "STARTTLS\n"), "GO\n");
      conn = await Deno.startTls(conn as Deno.TcpConn, {
        hostname: "localhost",
        caCerts: [tls.cert],
      });
    }
    await conn.write(encoder.encode("BIG\n"));
    const error = await promise;
    assert(error instanceof Deno.errors.TimedOut, String(error));
    conn.close();
  });
}

Deno.test("a new certificate serves new connections, old ones stay", async () => {
  await using server = start({ port: 0, tlsPort: 0, tls });
  const open = (cert: string) =>
    Deno.connectTls({
      hostname: "localhost",
      port: server.addrs[1]!.port,
      caCerts: [cert],
    });
  using before = await open(tls.cert);
  assertEquals(await ask(before, "a\n"), "a\n");
  const renewed = await makeCertificate();
  server.reload({ tls: renewed });
  using after = await open(renewed.cert);
  assertEquals(await ask(after, "b\n"), "b\n");
  assertEquals(await ask(before, "c\n"), "c\n");
  const plain = await connect(server);
  assertEquals(await ask(plain, "STARTTLS\n"), "GO\n");
  using started = await Deno.startTls(plain, {
    hostname: "localhost",
    caCerts: [renewed.cert],
  });
  assertEquals(await ask(started, "d\n"), "d\n");
  assertThrows(
    () => server.reload({ tls: { cert: tls.cert, key: renewed.key } }),
    TypeError,
    "does not belong",
  );
});

Deno.test("users and limits change while the server runs", async () => {
  const hosts: Host[] = [];
  const handler: ConnectionHandler = async (stream, host) => {
    hosts.push(host);
    await echo(stream, host);
  };
  await using server = start({ users: { alice: "a" } }, handler);
  using conn = await connect(server);
  await ask(conn, "hello\n");
  const host = hosts[0]!;
  const login = async (user: string, password: string) =>
    (await host.authenticate({
      mechanism: "LOGIN",
      user,
      password,
      remote: "",
      secure: true,
    }))?.user;
  assertEquals(await login("alice", "a"), "alice");
  server.reload({ users: { bob: "b" }, limits: { message: 7 } });
  assertEquals(await login("alice", "a"), undefined);
  assertEquals(await login("bob", "b"), "bob");
  assertEquals(host.limits.message, 7);
  const wrong = { limits: { mesage: 8 } } as ServeOptions;
  assertThrows(() => server.reload(wrong), TypeError, "mesage");
  assertEquals(host.limits.message, 7);
});

Deno.test("options that cannot be are refused at once, and nothing listens", () => {
  assertThrows(() => start({ port: 65_536 }), RangeError, "no port");
  assertThrows(() => start({ listeners: [] }), TypeError, "nothing");
  assertThrows(() => start({ tlsPort: 0 }), TypeError, "certificate");
  assertThrows(() => start({ users: { "a\n": "b" } }), TypeError, "user name");
  assertThrows(
    () => start({ tls: { cert: tls.cert, key: "none" } }),
    TypeError,
    "private key",
  );
  using taken = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = taken.addr as Deno.NetAddr;
  assertThrows(
    () => start({ tls, port: 0, tlsPort: port }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("a server that is not referenced lets the process end", async () => {
  const server = start({ tls, port: 0, tlsPort: 0 });
  server.unref();
  server.ref();
  using conn = await connect(server);
  assertEquals(await ask(conn, "a\n"), "a\n");
  await server.shutdown();
});
