import type { LogRecord } from "@logtape/logtape";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatJson, formatText } from "./log.ts";

function record(properties: Record<string, unknown>): LogRecord {
  return {
    category: ["imapd"],
    level: "info",
    message: ["login"],
    rawMessage: "login",
    timestamp: 0,
    properties,
  };
}

Deno.test("a record is one line, whatever a client put into it", () => {
  const user = 'a\r\n2026 fatal "forged"\u2028\x1b[2J\u0085\u202e\\ b';
  const text = formatText(record({ user, connection: 7, none: undefined }));
  assertEquals(
    text,
    "1970-01-01T00:00:00.000Z info    login " +
      'user="a\\u000d\\u000a2026 fatal \\"forged\\"\\u2028\\u001b[2J\\u0085\\u202e\\\\ b" ' +
      "connection=7\n",
  );
  const json = formatJson(record({ user, size: 7n }));
  assertEquals(json.match(/[\p{Cc}\u2028\u202e]/gu), ["\n"]);
  assertEquals(JSON.parse(json), {
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    logger: "imapd",
    message: "login",
    values: { user, size: "7" },
  });
});

Deno.test("a fault comes with its stack and its cause, on the same line", () => {
  const error = new Error("Outer", { cause: new Error("Inner") });
  for (
    const line of [formatText(record({ error })), formatJson(record({ error }))]
  ) {
    assertEquals(line.indexOf("\n"), line.length - 1);
    assertStringIncludes(line, "Outer");
    assertStringIncludes(line, "Inner");
  }
});
