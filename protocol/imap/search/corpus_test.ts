import { assert, assertEquals } from "@std/assert";
import { parseMessage } from "../../mime/parse.ts";
import { search } from "./evaluate.ts";
import type { SearchKey } from "./search_key.ts";
import { contextOf, corpusMessages, mailboxOf } from "./testing.ts";

const sources = corpusMessages();

Deno.test({
  name: "search() finds the same with summaries as without",
  ignore: sources === undefined,
  async fn() {
    const contexts = await Promise.all(
      [true, false].map(async (summary) =>
        contextOf(
          await mailboxOf(sources!.map((source) => ({ source, summary }))),
        )
      ),
    );
    const texts = ["", "a", "re: ", "@", "example", "the", "=", "日", "é"];
    const keys = ["subject", "from", "to", "cc", "date", "message-id"].flatMap(
      (field) =>
        texts.map((text): SearchKey => ({ kind: "header", field, text })),
    );
    const day = Date.UTC(2010) / 86_400_000;
    keys.push({ kind: "sentDate", from: -Infinity, to: day });
    keys.push({ kind: "sentDate", from: day, to: Infinity });
    let found = 0;
    for (const key of keys) {
      const [fast, slow] = await Promise.all(
        contexts.map((context) => search(context, key)),
      );
      assertEquals(fast, slow, JSON.stringify(key));
      found += fast!.length;
    }
    assert(found > sources!.length);
  },
});

Deno.test({
  name: "search() finds a line of each plain text in the message that has it",
  ignore: sources === undefined,
  async fn() {
    const context = contextOf(
      await mailboxOf(sources!.map((source) => ({ source }))),
    );
    for (const [index, source] of sources!.entries()) {
      const part = parseMessage(source);
      if (part.type !== "TEXT" || part.encoding !== "7BIT") continue;
      const text = new TextDecoder("latin1")
        .decode(source.subarray(part.bodyStart, part.bodyEnd));
      const line = text.split(/\r?\n/).find((line) =>
        /^[ -~]{10,}$/.test(line)
      );
      if (line === undefined) continue;
      const found = await search(context, { kind: "body", text: line });
      assert(found.includes(index + 1), line);
    }
  },
});
