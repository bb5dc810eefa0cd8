import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "./client.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Serves one connection with a script, `size` octets a write, and runs the work on it. */
async function withScript(
  script: string,
  size: number,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using conn = await listener.accept();
    conn.setNoDelay(true);
    const bytes = encoder.encode(script);
    for (let at = 0; at < bytes.length; at += size) {
      await conn.write(bytes.subarray(at, at + size));
    }
    while (await conn.read(new Uint8Array(1_024)) !== null);
  })();
  const account = { hostname: "127.0.0.1", user: "u", password: "p" };
  const client = await Client.connect({ ...account, port: listener.addr.port });
  try {
    await work(client);
  } finally {
    client.close();
    await serving;
  }
}

const FETCH = "* OK ready\r\n" +
  "* 1 FETCH (BODY[] {14}\r\n)\r\nt0 OK {3}\r\n FLAGS ())\r\n" +
  "* 2 FETCH (BODY[1] {0}\r\n BODY[2] {2}\r\n{} UID 7)\r\n" +
  "* SEARCH 1 {x}\r\n" +
  "t0 OK done\r\n";

for (const size of [1, 7, 1_000]) {
  Deno.test(`Literals hide what looks like an end, ${size} octets at a time`, async () => {
    await withScript(FETCH, size, async (client) => {
      const responses: string[] = [];
      const reply = await client.run("FETCH 1:2 BODY[]", (response) => {
        responses.push(decoder.decode(response));
      });
      assertEquals(responses, [
        "* 1 FETCH (BODY[] {14}\r\n)\r\nt0 OK {3}\r\n FLAGS ())",
        "* 2 FETCH (BODY[1] {0}\r\n BODY[2] {2}\r\n{} UID 7)",
        "* SEARCH 1 {x}",
      ]);
      assertEquals(reply.untagged, 3);
      assertEquals(reply.numbered, 2);
      assertEquals(reply.literalBytes, 16);
    });
  });
}

Deno.test("A literal larger than the buffer comes whole", async () => {
  const body = "x".repeat(1 << 20);
  const script = "* OK ready\r\n" +
    `* 1 FETCH (BODY[] {${body.length}}\r\n${body})\r\nt0 OK done\r\n`;
  await withScript(script, 1 << 16, async (client) => {
    const reply = await client.run("FETCH 1 BODY[]", (response) => {
      assertEquals(response.at(-1), ")".charCodeAt(0));
      assertEquals(response.length, body.length + 30);
    });
    assertEquals(reply.literalBytes, body.length);
  });
});

Deno.test("A command that fails is no figure", async () => {
  await withScript("* OK ready\r\nt0 NO why\r\n", 100, async (client) => {
    await assertRejects(() => client.run("NOOP"), Error, "t0 NO why");
  });
});
