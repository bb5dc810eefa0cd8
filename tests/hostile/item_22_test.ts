/** Item 22: what comes compressed and is much more than it looks. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { constants, deflateRawSync } from "node:zlib";
import { testServer } from "../../testing.ts";
import { mostGrown } from "../../testing/held_memory.ts";

const SYNC = { finishFlush: constants.Z_SYNC_FLUSH };
const encoder = new TextEncoder();

/** Says this compressed, and hears all, inflated, until the connection ends. */
async function talk(port: number, text: Uint8Array): Promise<string> {
  const conn = await Deno.connect({ port });
  const reader = conn.readable.getReader();
  let plain = "";
  await conn.write(
    encoder.encode("a LOGIN alice secret\r\nb COMPRESS DEFLATE\r\n"),
  );
  while (!/^b OK .*\r\n/m.test(plain)) {
    const { value } = await reader.read();
    plain += new TextDecoder("latin1").decode(value);
  }
  const packed = deflateRawSync(text, SYNC);
  const writing = (async () => {
    try {
      let at = 0;
      while (at < packed.length) at += await conn.write(packed.subarray(at));
    } catch {
      // The server has hung up, as it may.
    }
  })();
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
    }
  } catch {
    // The same.
  }
  await writing;
  reader.releaseLock();
  try {
    conn.close();
  } catch {
    // Closed with its stream.
  }
  const inflate = new DecompressionStream("deflate-raw");
  const writer = inflate.writable.getWriter();
  for (const part of parts) writer.write(part as BufferSource).catch(() => {});
  // What the server says has no last block.
  writer.write(Uint8Array.of(3, 0)).catch(() => {});
  writer.close().catch(() => {});
  return await new Response(inflate.readable).text();
}

function filled(size: number, text: string, start = ""): Uint8Array {
  const bytes = new Uint8Array(size).fill(text.charCodeAt(0));
  if (text.length > 1) {
    const one = encoder.encode(text);
    for (let at = 0; at + one.length <= size; at += one.length) {
      bytes.set(one, at);
    }
  }
  bytes.set(encoder.encode(start));
  return bytes;
}

Deno.test("a line of 64 MiB that comes as 64 KiB is too long all the same", async () => {
  await using server = await testServer({ capabilities: {} });
  const line = filled(64 * 1_048_576, "A");
  const most = await mostGrown(async () => {
    assertMatch(await talk(server.port, line), /^\* BYE \[TOOBIG\]/m);
  });
  assert(most < 48 * 1_048_576, `${most}`);
});

Deno.test("a literal counts by what it expands to", async () => {
  const size = 8 * 1_048_576;
  await using server = await testServer({
    capabilities: {},
    limits: { message: size - 1 },
  });
  for (
    const [length, answer] of [[size, /^a NO \[TOOBIG\]/m], [
      size - 1,
      /^a OK/m,
    ]] as const
  ) {
    const start = `a APPEND INBOX {${length}+}\r\n`;
    const text = filled(start.length + length + 12, "A", start);
    text.set(encoder.encode("\r\nb LOGOUT\r\n"), start.length + length);
    assertMatch(await talk(server.port, text), answer);
  }
});

Deno.test("100,000 commands that come as little are all answered", async () => {
  await using server = await testServer({ capabilities: {} });
  const nothing = "n NOOP\r\n";
  const text = filled(100_000 * nothing.length, nothing);
  const all = new Uint8Array(text.length + 10);
  all.set(text);
  all.set(encoder.encode("o LOGOUT\r\n"), text.length);
  const heard = await talk(server.port, all);
  assertEquals(heard.match(/^n OK/gm)?.length, 100_000);
});

Deno.test("a broken stream ends the connection", async () => {
  await using server = await testServer({ capabilities: {} });
  const conn = await Deno.connect({ port: server.port });
  const commands = "a LOGIN alice secret\r\nb COMPRESS DEFLATE\r\nc NOOP\r\n";
  await conn.write(encoder.encode(commands));
  const heard = await new Response(conn.readable).text();
  assertMatch(heard, /^b OK DEFLATE active\r\n$/m);
  assert(!heard.includes("c OK"));
});
