/**
 * OAUTHBEARER and XOAUTH2 over IMAP and POP3, with tokens of an authorization server on loopback.
 */

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { ImapFlow } from "imapflow";
import { formatText } from "../../server/log.ts";
import {
  message,
  type TestServer,
  testServer,
  type TestServerOptions,
} from "../../testing.ts";
import { AuthorizationServer } from "./authorization_server.ts";
import { answers, base64, challenges, talk } from "./talk.ts";

const MECHANISMS = ["OAUTHBEARER", "XOAUTH2"] as const;

function start(
  issuer: AuthorizationServer,
  more: Partial<TestServerOptions> = {},
): Promise<TestServer> {
  return testServer({
    users: { alice: "secret", bob: "secret" },
    messages: { alice: { INBOX: [message({ subject: "for alice" })] } },
    sasl: {
      tokens: {
        ...{ issuer: issuer.issuer, audience: "imapd", jwks: issuer.jwks },
        requiredScope: "mail",
      },
    },
    ...more,
  });
}

/** The message of a mechanism, in base64. */
function response(mechanism: string, user: string, token: string): string {
  return base64(
    mechanism === "XOAUTH2"
      ? `user=${user}\x01auth=Bearer ${token}\x01\x01`
      : `n,a=${user},\x01host=localhost\x01port=143\x01auth=Bearer ${token}\x01\x01`,
  );
}

Deno.test("IMAP: a token logs in, sent along or asked for", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer);
  const token = await issuer.token();
  for (const mechanism of MECHANISMS) {
    const right = response(mechanism, "alice", token);
    for (
      const login of [
        [`a authenticate ${mechanism} ${right}`],
        [`a AUTHENTICATE ${mechanism}`, right],
      ]
    ) {
      const heard = await talk(
        server.port,
        ...login,
        "b STATUS INBOX (MESSAGES)",
        "c LOGOUT",
      );
      assertMatch(heard, new RegExp(`^\\* OK .* AUTH=${mechanism} `));
      assertEquals(challenges(heard), login.length === 1 ? [] : [""]);
      assertMatch(heard, /^a OK /m);
      assertMatch(heard, /^\* STATUS INBOX \(MESSAGES 1\)/m);
    }
  }
});

Deno.test("POP3: a token logs in, sent along or asked for", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer);
  const token = await issuer.token();
  for (const mechanism of MECHANISMS) {
    const right = response(mechanism, "alice", token);
    for (
      const login of [
        [`AUTH ${mechanism} ${right}`],
        [`AUTH ${mechanism}`, right],
      ]
    ) {
      const heard = await talk(server.pop3Port, "CAPA", ...login, "QUIT");
      assertMatch(heard, /^SASL .*OAUTHBEARER XOAUTH2 .*\r$/m);
      assertMatch(heard, /^\+OK 1 messages? /m);
    }
  }
});

Deno.test("a refusal is an error in JSON, then a failed login, whatever the client says to it", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer, { limits: { failedLogins: 9 } });
  const token = await issuer.token();
  const scopeless = await issuer.token({ claims: { scope: "openid" } });
  const heard = await talk(
    server.port,
    `a AUTHENTICATE OAUTHBEARER ${response("OAUTHBEARER", "bob", token)}`,
    base64("\x01"),
    `b AUTHENTICATE OAUTHBEARER ${response("OAUTHBEARER", "alice", scopeless)}`,
    "*",
    "c AUTHENTICATE XOAUTH2",
    response("XOAUTH2", "bob", token),
    "",
    `d AUTHENTICATE XOAUTH2 ${response("XOAUTH2", "alice", scopeless)}`,
    "!!!",
    `e AUTHENTICATE OAUTHBEARER ${base64("n,,\x01auth=\x01\x01")}`,
    base64("\x01"),
    "f AUTHENTICATE OAUTHBEARER AQ==",
    `g AUTHENTICATE OAUTHBEARER ${response("OAUTHBEARER", "alice", token)}`,
    "h LOGOUT",
  );
  const [a, b, c, c2, d, e] = challenges(heard);
  const invalid = { status: "invalid_token", scope: "mail" };
  assertEquals(JSON.parse(a!), invalid);
  assertEquals(JSON.parse(b!), { ...invalid, status: "insufficient_scope" });
  assertEquals(c, "");
  const google = { status: "401", schemes: "bearer", scope: "mail" };
  assertEquals(JSON.parse(c2!), google);
  assertEquals(JSON.parse(d!), { ...google, status: "403" });
  assertEquals(JSON.parse(e!), invalid);
  assertEquals(
    answers(heard).map((line) => line.split(" ").slice(0, 3).join(" ")),
    [
      ..."abcde".split("").map((tag) => `${tag} NO [AUTHENTICATIONFAILED]`),
      "f BAD The",
      "g OK [CAPABILITY",
      "h OK LOGOUT",
    ],
  );
});

Deno.test("POP3: a refusal is an error in JSON, then a failed login", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer);
  const heard = await talk(
    server.pop3Port,
    `AUTH OAUTHBEARER ${response("OAUTHBEARER", "bob", await issuer.token())}`,
    base64("\x01"),
    `AUTH XOAUTH2 ${response("XOAUTH2", "alice", "x")}`,
    "",
    "QUIT",
  );
  assertEquals(challenges(heard).map((text) => JSON.parse(text).status), [
    "invalid_token",
    "401",
  ]);
  assertEquals(answers(heard, /^-ERR \[AUTH\] /).length, 2);
});

Deno.test("refusals end a connection like wrong passwords", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer, { limits: { failedLogins: 2 } });
  const bad = response("OAUTHBEARER", "alice", "x");
  const heard = await talk(
    server.port,
    `a AUTHENTICATE OAUTHBEARER ${bad}`,
    "*",
    `b AUTHENTICATE OAUTHBEARER ${bad}`,
    "*",
    "c NOOP",
  );
  assertMatch(heard, /\* BYE .*Too many failed logins\r\n$/);
});

Deno.test("an issuer that cannot be reached is no failed login", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer, { limits: { failedLogins: 1 } });
  issuer.broken = () => new Response("", { status: 500 });
  const right = response("XOAUTH2", "alice", await issuer.token());
  const heard = await talk(
    server.port,
    `a AUTHENTICATE XOAUTH2 ${right}`,
    `b AUTHENTICATE XOAUTH2 ${right}`,
    "c LOGIN alice secret",
    "d LOGOUT",
  );
  assertEquals(challenges(heard), []);
  assertMatch(heard, /^a NO \[UNAVAILABLE\] /m);
  assertMatch(heard, /^b NO \[UNAVAILABLE\] /m);
  assertMatch(heard, /^c OK /m);
  const pop3 = await talk(server.pop3Port, `AUTH XOAUTH2 ${right}`, "QUIT");
  assertMatch(pop3, /^-ERR \[SYS\/TEMP\] /m);
  assertEquals(server.errors, []);
});

Deno.test("without tokens, or for users who are not looked up, neither is offered", async () => {
  await using issuer = await AuthorizationServer.start();
  const jwks = issuer.keySet;
  const sasl = { tokens: { issuer: "i", audience: "a", jwks } };
  const settings: Partial<TestServerOptions>[] = [
    { sasl: {} },
    { sasl: { ...sasl, mechanisms: ["PLAIN"] } },
    { sasl, users: () => false, messages: {} },
    { sasl, callbacks: { authenticate: () => undefined } },
  ];
  for (const more of settings) {
    await using server = await start(issuer, more);
    const heard = await talk(
      server.port,
      `a AUTHENTICATE XOAUTH2 ${response("XOAUTH2", "alice", "x")}`,
      "b LOGOUT",
    );
    assertFalse(heard.includes("AUTH=OAUTHBEARER"));
    assertFalse(heard.includes("AUTH=XOAUTH2"));
    assertMatch(heard, /^a NO \[CANNOT\] /m);
  }
});

Deno.test("a function of the application checks tokens, for users of whom it alone knows", async () => {
  await using server = await testServer({
    users: () => false,
    sasl: {
      tokens: (token, user) => token === "right" && user !== undefined,
    },
  });
  const login = (token: string) =>
    talk(
      server.port,
      `a AUTHENTICATE XOAUTH2 ${response("XOAUTH2", "carol", token)}`,
      "*",
      "b LOGOUT",
    );
  assertMatch(await login("right"), /^a OK /m);
  assertEquals(await server.mailboxes("carol"), ["INBOX"]);
  assertFalse(/^a OK /m.test(await login("wrong")));
});

Deno.test("a user who is disabled or gone has no tokens either", async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await start(issuer);
  const right = response("XOAUTH2", "alice", await issuer.token());
  const login = () =>
    talk(server.port, `a AUTHENTICATE XOAUTH2 ${right}`, "", "b LOGOUT");
  assertMatch(await login(), /^a OK /m);
  server.reload({ users: { bob: "secret" } });
  assertMatch(await login(), /^a NO \[AUTHENTICATIONFAILED\] /m);
});

Deno.test("imapflow logs in with a token, by either mechanism", async () => {
  await using issuer = await AuthorizationServer.start();
  for (const mechanism of MECHANISMS) {
    await using server = await start(issuer, {
      capabilities: {
        disable: MECHANISMS.filter((name) => name !== mechanism)
          .map((name) => `AUTH=${name}`),
      },
    });
    const client = (accessToken: string) =>
      new ImapFlow({
        ...{ host: "127.0.0.1", port: server.tlsPort, secure: true },
        ...{ servername: "localhost", tls: { ca: server.caCert } },
        auth: { user: "alice", accessToken },
        logger: false,
      });
    const good = client(await issuer.token());
    await good.connect();
    const { messages } = await good.status("INBOX", { messages: true }) as {
      messages: number;
    };
    assertEquals(messages, 1);
    await good.logout();
    const expired = client(await issuer.token({ claims: { exp: 1 } }));
    const error = await expired.connect().then(() => undefined, (e) => e);
    assert(error?.authenticationFailed, mechanism);
    assertEquals(server.errors, []);
  }
});

Deno.test("no trace, log, hook or report has a token in it", async () => {
  const seen: string[] = [];
  const note = (...what: unknown[]) =>
    void seen.push(Deno.inspect(what, { depth: 10, strAbbreviateSize: 1e6 }));
  await configure({
    sinks: {
      all: (record: LogRecord) => {
        seen.push(formatText(record));
        note(record.properties);
      },
    },
    loggers: [
      { category: "imapd", lowestLevel: "trace", sinks: ["all"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["all"] },
    ],
    reset: true,
  });
  await using issuer = await AuthorizationServer.start();
  const right = await issuer.token();
  const tokens = [
    right,
    await issuer.token({ claims: { exp: 1 } }),
    await issuer.token({ claims: { email: "nobody" } }),
  ];
  try {
    await using server = await start(issuer, {
      trace: note,
      onError: note,
      limits: { failedLogins: 99, badCommands: 99 },
      callbacks: {
        connect: (event, next) => (note(event), next()),
        login: (event, next) => (note(event), next()),
        command: (event, next) => (note(event), next()),
      },
    });
    for (const token of tokens) {
      for (const mechanism of MECHANISMS) {
        const text = response(mechanism, "alice", token);
        const wrong = response(mechanism, "bob", token);
        const lines = [
          `a AUTHENTICATE ${mechanism} ${wrong}`,
          "*",
          `b AUTHENTICATE ${mechanism}`,
          wrong,
          "*",
          `c AUTHENTICATE ${mechanism} ${text} x`,
          `d AUTHENTICATE ${mechanism} =${text}`,
          `e AUTHENTICATE ${mechanism} ${text}`,
          "*",
          "z LOGOUT",
        ];
        await talk(server.port, ...lines);
        const pop3 = lines.map((line) =>
          line.replace(/^\w AUTHENTICATE/, "AUTH").replace(/^z.*/, "QUIT")
        );
        await talk(server.pop3Port, ...pop3);
      }
    }
    issuer.broken = () => new Response(right, { status: 500 });
    await using other = await start(issuer, { trace: note, onError: note });
    const text = response("XOAUTH2", "alice", right);
    await talk(other.port, `a AUTHENTICATE XOAUTH2 ${text}`, "b LOGOUT");
  } finally {
    await reset();
  }
  const all = seen.join("\n");
  for (
    const told of [
      "XOAUTH2",
      "login failed",
      "command",
      "tokens cannot be checked",
    ]
  ) {
    assert(all.includes(told), told);
  }
  for (const token of tokens) {
    for (const part of token.split(".").slice(1)) {
      assertFalse(all.includes(part));
    }
    for (const mechanism of MECHANISMS) {
      for (const user of ["alice", "bob"]) {
        const encoded = response(mechanism, user, token);
        assertFalse(all.includes(encoded.slice(80, 140)));
      }
    }
  }
});
