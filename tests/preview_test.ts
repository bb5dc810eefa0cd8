/** Previews of messages whose summaries are older than previews, or are not kept. */

import { assertEquals } from "@std/assert";
import { summarize } from "../protocol/imap/summary.ts";
import { olderSummary } from "../protocol/imap/summary_testing.ts";
import { start, storageOf, textOf } from "./callbacks/harness.ts";

Deno.test("an old summary serves, and a preview is made of the source unless it is to be at hand", async () => {
  const storage = await storageOf(0);
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  const source = new TextEncoder().encode(`${textOf(1)}Some text`);
  const message = { source, flags: [], internalDate: 0 };
  const summary = summarize(source);
  for (const kept of [olderSummary(summary, 1), new Uint8Array(0), summary]) {
    await inbox.append([{ ...message, summary: kept }]);
  }
  inbox.close();
  account.close();
  await using tested = start({}, { storage });
  const client = await tested.select();
  const structures = await client.ok("FETCH 1:3 (ENVELOPE BODYSTRUCTURE)");
  assertEquals(
    new Set(structures.map((line) => line.replace(/^\* \d/, ""))).size,
    1,
  );
  const texts = async (items: string) =>
    (await client.ok(`FETCH 1:3 ${items}`))
      .filter((line) => line.startsWith("* "))
      .map((line) => /PREVIEW (NIL|"[^"]*")/.exec(line)?.[1]);
  const text = (await texts("PREVIEW"))[2];
  assertEquals(text?.includes("Some text"), true);
  assertEquals(await texts("PREVIEW"), [text, text, text]);
  assertEquals(await texts("(PREVIEW BODY.PEEK[TEXT])"), [text, text, text]);
  assertEquals((await texts("(PREVIEW (LAZY))"))[0], "NIL");
  assertEquals((await texts("(PREVIEW (LAZY))"))[2], text);
  await storage.close();
});
