import { assertEquals, assertRejects } from "@std/assert";
import { SocketChannel } from "./socket_channel.ts";

async function pair(): Promise<[channel: SocketChannel, client: Deno.TcpConn]> {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  const [conn, client] = await Promise.all([
    listener.accept(),
    Deno.connect({ port, hostname: "127.0.0.1" }),
  ]);
  return [new SocketChannel(conn, 1_000), client];
}

Deno.test("bytes that were read stay as they are while more are read", async () => {
  const [channel, client] = await pair();
  const sent = new Uint8Array(1_000_000).map((_, index) =>
    index * 7 + index / 251
  );
  const chunks: Uint8Array[] = [];
  await Promise.all([
    (async () => {
      let at = 0;
      while (at < sent.length) {
        at += await client.write(sent.subarray(at, at + 700));
      }
      client.close();
    })(),
    (async () => {
      for (;;) {
        const chunk = await channel.read(chunks.length % 5 === 0 ? 5_000 : 0);
        if (chunk === null) break;
        chunks.push(chunk);
      }
    })(),
  ]);
  channel.close();
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  assertEquals(size, sent.length);
  let at = 0;
  for (const chunk of chunks) {
    assertEquals(chunk, sent.slice(at, at + chunk.length));
    at += chunk.length;
  }
});

Deno.test("an idle connection pins little, one with a literal to come reads much", async () => {
  const [channel, client] = await pair();
  await client.write(new Uint8Array(10));
  assertEquals((await channel.read(0))!.buffer.byteLength, 1_024);
  await client.write(new Uint8Array(10));
  assertEquals((await channel.read(100_000))!.buffer.byteLength, 100_000);
  await client.write(new Uint8Array(10));
  assertEquals((await channel.read(0))!.buffer.byteLength, 1_024);
  client.close();
  channel.close();
});

Deno.test("one that has sent a short message may send another, one that falls silent pins little", async () => {
  const [channel, client] = await pair();
  const read = async (sent: number) => {
    await client.write(new Uint8Array(sent));
    let left = sent;
    let chunks = 0;
    let room = 0;
    for (; left > 0; chunks++) {
      const chunk = (await channel.read(0))!;
      left -= chunk.length;
      room = chunk.buffer.byteLength;
    }
    return { chunks, room };
  };
  while ((await read(4_200)).chunks > 1);
  assertEquals(await read(4_200), { chunks: 1, room: 16_384 });
  assertEquals((await read(10)).chunks, 1);
  assertEquals((await read(10)).room, 1_024);
  client.close();
  channel.close();
});

Deno.test("what comes is put where it is wanted", async () => {
  const [channel, client] = await pair();
  const room = new Uint8Array(1_000);
  channel.unread(Uint8Array.of(1));
  assertEquals(await channel.read(900, room), Uint8Array.of(1));
  await client.write(Uint8Array.of(2, 3));
  const chunk = await channel.read(900, room);
  assertEquals([...chunk!, chunk!.buffer === room.buffer], [2, 3, true]);
  client.close();
  assertEquals(await channel.read(900, room), null);
  channel.close();
});

Deno.test("a read that waits ends with the channel", async () => {
  const [channel, client] = await pair();
  const waiting = channel.read(0);
  channel.close();
  channel.close();
  assertEquals(await waiting, null);
  assertEquals(await channel.read(0), null);
  await channel.closed;
  await assertRejects(() => channel.write(new Uint8Array(1)));
  client.close();
});

Deno.test("a client that resets the connection is at its end", async () => {
  const [channel, client] = await pair();
  await channel.write(new Uint8Array(100));
  // Closed with bytes unread, the client's system answers with a reset.
  client.close();
  assertEquals(await channel.read(0), null);
  channel.close();
});

Deno.test({
  name: "a write to a channel that was closed leaves no timer",
  sanitizeOps: true,
  async fn() {
    const [channel, client] = await pair();
    channel.close();
    await assertRejects(() => channel.write(new Uint8Array(1)));
    client.close();
  },
});
