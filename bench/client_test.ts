import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "./client.ts";
import { startScripted } from "./scripted_server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whether sockets of libc are used, and what tests are called then. */
const KINDS = [
  { mayBlock: false, by: "sockets of the runtime" },
  { mayBlock: true, by: "sockets of libc" },
];

/** Runs the work on a connection to a server that writes a script, `size` octets a write. */
async function withScript(
  script: string,
  size: number,
  mayBlock: boolean,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  using server = await startScripted({ write: script, size });
  const { port } = server;
  using client = await Client.connect(
    { hostname: "127.0.0.1", port, mayBlock },
  );
  await work(client);
}

const FETCH = "* OK ready\r\n" +
  "* 1 FETCH (BODY[] {14}\r\n)\r\nt0 OK {3}\r\n FLAGS ())\r\n" +
  "* 2 FETCH (BODY[1] {0}\r\n BODY[2] {2}\r\n{} UID 7)\r\n" +
  "* SEARCH 1 {x}\r\n" +
  "t0 OK done\r\n";

for (const { mayBlock, by } of KINDS) {
  for (const size of [1, 7, 1_000]) {
    Deno.test(`Literals hide what looks like an end, ${size} octets at a time, ${by}`, async () => {
      await withScript(FETCH, size, mayBlock, async (client) => {
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

  Deno.test(`A literal larger than the buffer comes whole, ${by}`, async () => {
    const body = "x".repeat(1 << 20);
    const script = "* OK ready\r\n" +
      `* 1 FETCH (BODY[] {${body.length}}\r\n${body})\r\nt0 OK done\r\n`;
    await withScript(script, 1 << 16, mayBlock, async (client) => {
      const reply = await client.run("FETCH 1 BODY[]", (response) => {
        assertEquals(response.at(-1), ")".charCodeAt(0));
        assertEquals(response.length, body.length + 30);
      });
      assertEquals(reply.literalBytes, body.length);
    });
  });

  Deno.test(`A command that fails is no figure, ${by}`, async () => {
    const script = "* OK ready\r\nt0 NO why\r\n";
    await withScript(script, 100, mayBlock, async (client) => {
      await assertRejects(() => client.run("NOOP"), Error, "t0 NO why");
    });
  });

  Deno.test(`Pipelined commands arrive as they are, ${by}`, async () => {
    using server = await startScripted(
      { write: "* OK ready\r\n", size: 100 },
      { echo: true },
    );
    const { port } = server;
    using client = await Client.connect(
      { hostname: "127.0.0.1", port, mayBlock },
    );
    // What comes back is what was sent: that it is refused shows the second one, beyond the first 200 that are fine.
    const text = (n: number) => n < 200 ? "OK" : "nö ".repeat(300);
    const commands = (n: number) => [encoder.encode(text(n))];
    assertEquals((await client.pipeline(200, commands)).untagged, 0);
    await assertRejects(
      () => client.run(text(200)),
      Error,
      `Refused: t200 ${text(200)}`,
    );
  });
}
