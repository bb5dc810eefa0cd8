/** Messages that are too large to be written in one piece. */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { describe, MemoryStorage, openKvStorage } from "../mod.ts";
import { start } from "./callbacks/harness.ts";
import { withBodyFolders } from "./storage/body_folders.ts";

/** All that a server says to a session with nothing but these commands. */
async function answersTo(
  { port }: { readonly port: number },
  commands: string,
): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(commands));
  const chunks: Uint8Array[] = [];
  for await (const chunk of conn.readable) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}

Deno.test("what goes out in pieces stands in its place, between the other attributes", async () => {
  const text = "0123456789abcdef".repeat(78_125) + "\r\n";
  const source = `Subject: large\r\n\r\n${text}`;
  const bytes = new TextEncoder().encode(source);
  // One that came in by another way than APPEND; no literal may hold it.
  bytes[1_200_000] = 0;
  const shown = `${source.slice(0, 1_200_000)}\x80${source.slice(1_200_001)}`;
  const storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await inbox.append([{ ...describe(bytes), flags: [], internalDate: 0 }]);
  inbox.close();
  account.close();
  await using tested = start({}, { storage });
  const items =
    "UID BODY.PEEK[] RFC822.SIZE BODY.PEEK[]<9.1200000> BODY.PEEK[TEXT] FLAGS";
  const answers = await answersTo(
    tested.server.addr,
    `a LOGIN alice secret\r\nb EXAMINE INBOX\r\nc FETCH 1 (${items})\r\nd LOGOUT\r\n`,
  );
  const from = answers.indexOf("* 1 FETCH");
  const expected = `* 1 FETCH (UID 1 BODY[] {${source.length}}\r\n${shown}` +
    ` RFC822.SIZE ${source.length}` +
    ` BODY[]<9> {1200000}\r\n${shown.slice(9, 1_200_009)}` +
    ` BODY[TEXT] {${text.length}}\r\n${shown.slice(18)} FLAGS (`;
  assert(answers.slice(from, from + expected.length) === expected);
  assertEquals(
    answers.slice(from + expected.length).split("\r\n")[1]?.slice(0, 4),
    "c OK",
  );
  await storage.close();
});

Deno.test("what is read of a file while the piece before is written is the next piece", () =>
  withBodyFolders(async (make) => {
    const lines = Array.from({ length: 150_000 }, (_, at) => `${at}\r\n`);
    const source = `Subject: large\r\n\r\n${lines.join("")}`;
    using kv = await Deno.openKv(":memory:");
    const storage = await openKvStorage({ kv, bodyFolder: await make() });
    const account = await storage.openAccount("alice");
    const inbox = await account.openMailbox("INBOX");
    const bytes = new TextEncoder().encode(source);
    await inbox.append([{ ...describe(bytes), flags: [], internalDate: 0 }]);
    inbox.close();
    account.close();
    {
      await using tested = start({}, { storage });
      const answers = await answersTo(
        tested.server.addr,
        `a LOGIN alice secret\r\nb EXAMINE INBOX\r\nc FETCH 1 (BODY.PEEK[] BODY.PEEK[]<3.700000>)\r\nd LOGOUT\r\n`,
      );
      const expected = `* 1 FETCH (BODY[] {${source.length}}\r\n${source}` +
        ` BODY[]<3> {700000}\r\n${source.slice(3, 700_003)})\r\nc OK`;
      assert(answers.includes(expected));
    }
    await storage.close();
  }));
