/** Listeners of each kind: ports, sockets in the file system, and proxies in front. */

import { assertEquals, assertThrows } from "@std/assert";
import { makeCertificate } from "./tls/self_signed.ts";
import type { ConnectionHandler } from "./doors.ts";
import type { ServeOptions } from "./options.ts";
import { Server } from "./server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const tls = await makeCertificate();

/** Says what is spoken, and who is there. */
const handler = (protocol: string): ConnectionHandler => async (stream) => {
  const { remote, secure, local, canStartTls } = stream;
  const [address] = remote.split(/:\d+$/);
  const about = { protocol, address, secure, local, canStartTls };
  await stream.write(encoder.encode(JSON.stringify(about) + "\n"));
  await stream.read();
};

function start(options: ServeOptions): Server {
  const handlers = {
    imap: handler("imap"),
    pop3: handler("pop3"),
    lmtp: handler("lmtp"),
  };
  return new Server({ onListen: () => {}, drainTime: 0, ...options }, handlers);
}

/** What is heard on a connection after bytes were sent, up to its end or a line's. */
async function hear(conn: Deno.Conn, sent = ""): Promise<string | null> {
  const buffer = new Uint8Array(1024);
  try {
    if (sent !== "") await conn.write(encoder.encode(sent));
    const count = await conn.read(buffer);
    return count === null ? null : decoder.decode(buffer.subarray(0, count));
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return null;
    throw error;
  }
}

Deno.test("every kind of listener speaks its protocol", async () => {
  const path = await Deno.makeTempDir() + "/lmtp.sock";
  await using server = start({
    port: 0,
    tlsPort: 0,
    pop3Port: 0,
    pop3sPort: 0,
    lmtpPort: 0,
    lmtpSocket: path,
    tls,
  });
  assertEquals(
    server.addrs.map(({ kind }) => kind),
    ["imap", "imaps", "pop3", "pop3s", "lmtp", "lmtp"],
  );
  for (const { kind, port, path } of server.addrs) {
    const secure = kind.endsWith("s");
    using conn = path !== undefined
      ? await Deno.connect({ transport: "unix", path })
      : secure
      ? await Deno.connectTls({
        hostname: "localhost",
        port,
        caCerts: [tls.cert],
      })
      : await Deno.connect({ port });
    const heard = JSON.parse(await hear(conn) ?? "null");
    assertEquals(heard, {
      protocol: kind.replace(/s$/, ""),
      address: path === undefined ? "127.0.0.1" : "unix",
      secure,
      local: true,
      canStartTls: !secure,
    });
  }
});

Deno.test("a socket in the file system: who may use it, replaced when left over, gone in the end", async () => {
  const path = await Deno.makeTempDir() + "/lmtp.sock";
  const listeners = [{ kind: "lmtp" as const, path, mode: 0o600 }];
  {
    await using server = start({ listeners });
    assertEquals(server.addr.path, path);
    assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o600);
    await using second = start({ listeners });
    using conn = await Deno.connect({ transport: "unix", path });
    assertEquals((await hear(conn))?.includes("lmtp"), true);
    await second.shutdown();
  }
  assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
  await Deno.writeTextFile(path, "precious");
  assertThrows(() => start({ listeners }));
  assertEquals(await Deno.readTextFile(path), "precious");
});

Deno.test("too many connections hear so in their protocol", async () => {
  await using server = start({
    port: 0,
    pop3Port: 0,
    lmtpPort: 0,
    maxConnections: 1,
  });
  using first = await Deno.connect({ port: server.addr.port });
  assertEquals((await hear(first))?.includes("imap"), true);
  const heard: (string | null)[] = [];
  for (const { port } of server.addrs) {
    using conn = await Deno.connect({ port });
    heard.push(await hear(conn));
  }
  assertEquals(heard, [
    "* BYE Too many connections\r\n",
    "-ERR [SYS/TEMP] Too many connections\r\n",
    "421 4.3.2 Too many connections\r\n",
  ]);
});

Deno.test("behind a proxy the client is who the proxy says", async () => {
  await using server = start({
    listeners: [{ kind: "imap", port: 0, proxies: ["127.0.0.0/8"] }],
    maxConnectionsPerAddress: 1,
  });
  const { port } = server.addr;
  const header = (address: string) =>
    `PROXY TCP4 ${address} 198.51.100.1 4711 143\r\n`;
  using first = await Deno.connect({ port });
  const heard = JSON.parse(await hear(first, header("192.0.2.1")) ?? "null");
  assertEquals(heard.address, "192.0.2.1");
  assertEquals(heard.local, false);
  assertEquals(heard.secure, false);
  using second = await Deno.connect({ port });
  assertEquals(
    await hear(second, header("192.0.2.1")),
    "* BYE Too many connections\r\n",
  );
  using third = await Deno.connect({ port });
  const other = await hear(third, header("192.0.2.2"));
  assertEquals(other?.includes("192.0.2.2"), true);
  using none = await Deno.connect({ port });
  assertEquals(await hear(none, "a LOGIN alice secret\r\n"), null);
});

Deno.test("a proxy that speaks TLS makes passwords safe; TLS can go through it as well", async () => {
  await using server = start({
    listeners: [
      { kind: "pop3", port: 0, proxies: ["127.0.0.1"], tlsAtProxy: true },
      { kind: "imaps", port: 0, proxies: ["127.0.0.1"] },
    ],
    tls,
  });
  const [clear, through] = server.addrs;
  const header = "PROXY TCP6 2001:db8::1 2001:db8::2 4711 995\r\n";
  using conn = await Deno.connect({ port: clear!.port });
  const heard = JSON.parse(await hear(conn, header) ?? "null");
  assertEquals(heard, {
    protocol: "pop3",
    address: "[2001:db8::1]",
    secure: true,
    local: false,
    canStartTls: false,
  });
  const plain = await Deno.connect({ port: through!.port });
  await plain.write(encoder.encode(header));
  using secured = await Deno.startTls(plain, {
    hostname: "localhost",
    caCerts: [tls.cert],
  });
  assertEquals(JSON.parse(await hear(secured) ?? "null").secure, true);
});

Deno.test("whoever is no proxy, or says nothing, is not heard", async () => {
  await using server = start({
    listeners: [
      { kind: "imap", port: 0, proxies: ["192.0.2.0/24"] },
      { kind: "imap", port: 0, proxies: ["127.0.0.1"] },
    ],
    handshakeTime: 50,
  });
  const [foreign, silent] = server.addrs;
  using conn = await Deno.connect({ port: foreign!.port });
  const header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
  assertEquals(await hear(conn, header), null);
  using waits = await Deno.connect({ port: silent!.port });
  assertEquals(await hear(waits, "PROXY TCP4"), null);
});

Deno.test("listeners that cannot be", () => {
  const listen = (listener: Record<string, unknown>) => () =>
    start({ listeners: [listener as never], tls });
  assertThrows(listen({ kind: "pop3" }), TypeError, "port or a path");
  assertThrows(listen({ kind: "pop3", port: 0, path: "x" }), TypeError);
  assertThrows(listen({ kind: "smtp", port: 0 }), TypeError, "no kind");
  assertThrows(listen({ kind: "imap", port: 0, proxies: ["x"] }), TypeError);
  const both = { kind: "imaps", port: 0, tlsAtProxy: true };
  assertThrows(listen(both), TypeError, "TLS");
});
