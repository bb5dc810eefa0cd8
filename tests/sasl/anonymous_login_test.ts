/**
 * ANONYMOUS over IMAP and POP3.
 */

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { formatText } from "../../server/log.ts";
import type { AnonymousOptions } from "../../server/sasl/anonymous.ts";
import { message, testServer } from "../../testing.ts";
import { base64, talk } from "./talk.ts";

const OPTIONS = {
  users: { alice: "secret", public: "unguessed" },
  messages: { public: { INBOX: [message({ subject: "for all" })] } },
};

Deno.test("off unless asked for", async () => {
  await using server = await testServer(OPTIONS);
  const heard = await talk(
    server.port,
    "a AUTHENTICATE ANONYMOUS =",
    "b LOGOUT",
  );
  assertFalse(heard.includes("AUTH=ANONYMOUS"));
  assertMatch(heard, /^a NO \[CANNOT\] /m);
});

Deno.test("whoever wants to is let in to the one account", async () => {
  await using server = await testServer({
    ...OPTIONS,
    sasl: { anonymous: "public" },
  });
  for (const login of [["c2lyaGM="], ["="], ["", "c2lyaGM="], ["", ""]]) {
    const [first, ...more] = login;
    const heard = await talk(
      server.port,
      `a AUTHENTICATE ANONYMOUS ${first}`.trim(),
      ...more,
      "b STATUS INBOX (MESSAGES)",
      "c LOGOUT",
    );
    assertMatch(heard, /^\* OK .* AUTH=ANONYMOUS[ \]]/);
    assertMatch(heard, /^a OK /m);
    assertMatch(heard, /MESSAGES 1\)/);
  }
  const heard = await talk(
    server.pop3Port,
    ...["CAPA", "AUTH ANONYMOUS c2lyaGM=", "QUIT"],
  );
  assertMatch(heard, /^SASL .*ANONYMOUS/m);
  assertMatch(heard, /^\+OK 1 message/m);
  const wrong = await talk(
    server.port,
    `a AUTHENTICATE ANONYMOUS ${base64("a".repeat(256))}`,
    `b AUTHENTICATE ANONYMOUS ${base64("a\r\nb")}`,
    "c LOGOUT",
  );
  assertMatch(wrong, /^a BAD .*\r\nb BAD /m);
});

Deno.test("who is anonymous sets no filters (RFC 5466)", async () => {
  await using server = await testServer({
    ...OPTIONS,
    sasl: { anonymous: { user: "public", readOnly: false } },
  });
  const heard = await talk(
    server.port,
    "a AUTHENTICATE ANONYMOUS =",
    'b SETMETADATA "" (/private/filters/values/x "ALL")',
    'c SETMETADATA "" (/private/filters/descriptions/x NIL)',
    'd SETMETADATA "" (/private/comment "x")',
    "e LOGOUT",
  );
  assertMatch(heard, /^b NO \[NOPERM\] .*\r\nc NO \[NOPERM\] .*\r\nd OK/m);
});

Deno.test("nothing can be changed, unless it may", async () => {
  const tries = async (anonymous: string | AnonymousOptions) => {
    await using server = await testServer({ ...OPTIONS, sasl: { anonymous } });
    const heard = await talk(
      server.port,
      "a AUTHENTICATE ANONYMOUS =",
      "b SELECT INBOX",
      "c STORE 1 +FLAGS (\\Deleted)",
      "d CREATE x",
      "e LOGOUT",
    );
    return [..."cd"].map((tag) => heard.includes(`\r\n${tag} OK `));
  };
  assertEquals(await tries("public"), [false, false]);
  assertEquals(await tries({ user: "public" }), [false, false]);
  assertEquals(await tries({ user: "public", readOnly: false }), [true, true]);
});

Deno.test("an account that is no user's lets nobody in", async () => {
  await using server = await testServer({
    ...OPTIONS,
    sasl: { anonymous: "pulbic" },
  });
  const heard = await talk(
    server.port,
    "a AUTHENTICATE ANONYMOUS =",
    "b LOGOUT",
  );
  assertMatch(heard, /^a NO \[AUTHENTICATIONFAILED\] /m);
});

Deno.test("where a function knows the users, the account is taken as it is", async () => {
  await using server = await testServer({
    users: () => false,
    sasl: { anonymous: "public" },
  });
  const heard = await talk(
    server.port,
    "a AUTHENTICATE ANONYMOUS =",
    "b LOGOUT",
  );
  assertMatch(heard, /^a OK /m);
});

Deno.test("the trace stands in the log, on the line of the login", async () => {
  const lines: string[] = [];
  await configure({
    sinks: { all: (record: LogRecord) => void lines.push(formatText(record)) },
    loggers: [
      { category: "imapd", lowestLevel: "trace", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  try {
    await using server = await testServer({
      ...OPTIONS,
      sasl: { anonymous: "public" },
    });
    for (const trace of ["sirhc@example.org", "", "x user=root", "a\nb"]) {
      const initial = base64(trace) || "=";
      const login = `a AUTHENTICATE ANONYMOUS ${initial}`;
      await talk(server.port, login, "b LOGOUT");
    }
  } finally {
    await reset();
  }
  const logins = lines.filter((line) => / login /.test(line));
  assertEquals(logins.length, 3, lines.join(""));
  assertMatch(
    logins[0]!,
    / user=public mechanism=ANONYMOUS trace=sirhc@example.org\n$/,
  );
  assertMatch(logins[1]!, / mechanism=ANONYMOUS\n$/);
  assertMatch(logins[2]!, / trace="x user\\?=root"\n$/);
  assert(lines.every((line) => line.indexOf("\n") === line.length - 1));
});
