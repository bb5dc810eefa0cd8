import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { startScripted } from "./scripted_server.ts";
import { canUseLibc, Socket } from "./socket.ts";
import { connect as connectWire } from "./wire.ts";

const HOST = "127.0.0.1";
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ignore = !canUseLibc(HOST);

/** Reads until so many octets are there, or the end. */
async function readText(socket: Socket, length: number): Promise<string> {
  const buffer = new Uint8Array(length);
  let end = 0;
  while (end < length) {
    const got = await socket.read(buffer.subarray(end));
    if (got === null) break;
    end += got;
  }
  return decoder.decode(buffer.subarray(0, end));
}

/** Sends a text to a server that writes it back, and waits for it. */
async function roundTrip(socket: Socket, text: string): Promise<void> {
  await socket.write(encoder.encode(text));
  assertEquals(await readText(socket, text.length), text);
}

/** A port where nobody listens. */
function unusedPort(): number {
  using listener = Deno.listen({ hostname: HOST, port: 0 });
  return listener.addr.port;
}

Deno.test({
  name: "What is there is read without a promise",
  ignore,
  async fn() {
    using server = await startScripted({ write: "hello", size: 5 });
    using socket = await Socket.connect("localhost", server.port);
    const buffer = new Uint8Array(2);
    assertEquals(await socket.read(buffer), 2);
    assertEquals(socket.read(buffer), 2);
    assertEquals(decoder.decode(buffer), "ll");
    assertEquals(socket.read(buffer), 1);
    const nothing = socket.read(buffer);
    assertInstanceOf(nothing, Promise);
    socket.close();
    await assertRejects(async () => await nothing, Error, "closed");
  },
});

Deno.test({
  name: "More is written than fits on the way, while it comes back",
  ignore,
  async fn() {
    using server = await startScripted({ echo: true });
    using socket = await Socket.connect(HOST, server.port);
    const sent = Uint8Array.from({ length: 20_000_000 }, (_, n) => n % 251);
    const writing = (async () => {
      const size = 1 << 18;
      for (let at = 0; at < sent.length; at += size) {
        await socket.write(sent.subarray(at, at + size));
      }
    })();
    const got = new Uint8Array(sent.length);
    for (let end = 0; end < got.length;) {
      const count = await socket.read(got.subarray(end));
      assert(count !== null);
      end += count;
    }
    await writing;
    assert(sent.every((byte, at) => byte === got[at]));
  },
});

Deno.test({
  name: "A connection that waits for long holds up no other",
  ignore,
  async fn() {
    using quiet = await startScripted({ read: 1 }, { write: "x", size: 1 });
    using echo = await startScripted({ echo: true });
    using slow = await Socket.connect(HOST, quiet.port);
    const late = readText(slow, 1);
    const others = Array.from({ length: 40 }, async (_, n) => {
      using socket = await Socket.connect(HOST, echo.port);
      for (let i = 0; i < 50; i++) await roundTrip(socket, `${n} ${i}`);
    });
    await Promise.all(others);
    await slow.write(encoder.encode("!"));
    assertEquals(await late, "x");
  },
});

Deno.test({
  name: "Timers run while all wait, and while nobody waits for long",
  ignore,
  async fn() {
    using echo = await startScripted({ echo: true });
    using socket = await Socket.connect(HOST, echo.port);
    const waiting = readText(socket, 4);
    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++ticks < 5) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    await socket.write(encoder.encode("done"));
    assertEquals(await waiting, "done");
    let fired = false;
    setTimeout(() => fired = true, 1);
    for (let n = 0; !fired; n++) await roundTrip(socket, `${n}`);
  },
});

Deno.test({
  name: "A child's output is read meanwhile",
  ignore,
  async fn() {
    using echo = await startScripted({ echo: true });
    using socket = await Socket.connect(HOST, echo.port);
    const waiting = readText(socket, 4);
    const text = "x".repeat(1_000_000);
    const { stdout } = await new Deno.Command("head", {
      args: ["-c", `${text.length}`, "/dev/zero"],
    }).output();
    assertEquals(stdout.length, text.length);
    await socket.write(encoder.encode("done"));
    assertEquals(await waiting, "done");
  },
});

Deno.test({
  name: "A server in the same process answers, and sees the end",
  ignore,
  async fn() {
    using listener = Deno.listen({ hostname: HOST, port: 0 });
    const serving = (async () => {
      using conn = await listener.accept();
      const buffer = new Uint8Array(100);
      for (let got; (got = await conn.read(buffer)) !== null;) {
        await conn.write(buffer.slice(0, got));
      }
    })();
    using socket = await Socket.connect(HOST, listener.addr.port);
    for (const text of ["one", "two", "three"]) await roundTrip(socket, text);
    socket.close();
    socket.close();
    await serving;
    await assertRejects(async () => await socket.read(new Uint8Array(1)));
    await assertRejects(async () => await socket.write(new Uint8Array(1)));
  },
});

Deno.test({
  name: "The end of a connection is told",
  ignore,
  async fn() {
    using server = await startScripted(
      { write: "bye", size: 3 },
      { rest: 30 },
      { close: true },
    );
    using socket = await Socket.connect(HOST, server.port);
    assertEquals(await readText(socket, 10), "bye");
    assertEquals(await socket.read(new Uint8Array(1)), null);
  },
});

Deno.test({
  name: "Who writes to a connection that has ended is told",
  ignore,
  async fn() {
    using server = await startScripted({ close: true });
    using socket = await Socket.connect(HOST, server.port);
    assertEquals(await socket.read(new Uint8Array(1)), null);
    const writeOn = async () => {
      for (;;) await socket.write(new Uint8Array(1_000));
    };
    await assertRejects(writeOn, Error, "broken");
  },
});

Deno.test({
  name: "Nobody listens",
  ignore,
  async fn() {
    await assertRejects(
      () => Socket.connect(HOST, unusedPort()),
      Deno.errors.ConnectionRefused,
    );
  },
});

Deno.test({
  name: "Names that must be looked up are left to the runtime",
  ignore,
  async fn() {
    assert(canUseLibc("localhost"));
    for (const host of ["::1", "example.org", "1.2.3", "1.2.3.256", ""]) {
      assertEquals(canUseLibc(host), false, host);
    }
    using server = await startScripted({ write: "x", size: 1 });
    const { port } = server;
    const to = { hostname: HOST, port };
    const byLibc = await connectWire({ ...to, mayBlock: true });
    assert(byLibc instanceof Socket);
    byLibc.close();
    const byRuntime = await connectWire(to);
    assertEquals(byRuntime instanceof Socket, false);
    assertEquals(await byRuntime.read(new Uint8Array(3)), 1);
    byRuntime.close();
    byRuntime.close();
  },
});
