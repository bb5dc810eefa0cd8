/** Item 29: what a client says of itself is one line of the log. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { testServer } from "../../testing.ts";
import { formatJson, formatText } from "../../server/log.ts";

Deno.test("ID, names and mailboxes with line ends forge no line of the log", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { all: (record) => void records.push(record) },
    loggers: [
      { category: "imapd", lowestLevel: "trace", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  try {
    await using server = await testServer({ trace: true });
    const conn = await Deno.connect({ port: server.port });
    const evil = "x\r\n2026-01-01 info login user=root";
    const text = [
      `a ID ("name" {${evil.length}+}\r\n${evil})`,
      `b LOGIN {${evil.length}+}\r\n${evil} pw`,
      "c LOGIN alice secret",
      `d CREATE {${evil.length}+}\r\n${evil}`,
      `f SETMETADATA INBOX (/private/comment {${evil.length}+}\r\n${evil})`,
      `g SETMETADATA "" ({${evil.length}+}\r\n${evil} "x")`,
      "h GETMETADATA INBOX /private/comment",
      "e LOGOUT",
      "",
    ].join("\r\n");
    await conn.write(new TextEncoder().encode(text));
    const heard = await new Response(conn.readable).text();
    assertStringIncludes(heard, `/private/comment {${evil.length}}\r\n${evil}`);
  } finally {
    await reset();
  }
  assertEquals(records.length > 5, true);
  for (const record of records) {
    for (const line of [formatText(record), formatJson(record)]) {
      assertEquals(line.indexOf("\n"), line.length - 1);
      assertEquals(line.includes("\r"), false);
    }
  }
});
