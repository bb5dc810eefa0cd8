import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Departure, message, replayServer, testServer } from "@x/imapd/testing";
import { ImapFlow } from "imapflow";
import { LineClient } from "./client.ts";

const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

Deno.test("a transcript has every line, passwords masked", async () => {
  await using server = await testServer({ tls: false, now: 1e12 });
  {
    using client = await LineClient.open(server.port);
    await client.say("a AUTHENTICATE PLAIN\r\n");
    await client.until(/^\+/m);
    await client.say(`${base64("\0alice\0wrong")}\r\n`);
    await client.until(/^a NO/m);
    await client.say(`b AUTHENTICATE PLAIN ${base64("\0alice\0secret")}\r\n`);
    await client.until(/^b OK/m);
    await client.ask("APPEND INBOX {3+}\r\nx\r\n");
  }
  using other = await LineClient.open(server.port);
  await other.say("x LOGIN {5}\r\n");
  await other.until(/^\+/);
  await other.say('alice "secret"\r\n');
  await other.until(/^x OK/m);
  const { transcript } = server;
  transcript.expect(
    "1S: * OK [CAPABILITY",
    /^1C: a AUTHENTICATE PLAIN$/,
    "1S: +",
    /^1C: \*\*\*$/,
    /^1S: a NO/,
    /^1C: b AUTHENTICATE PLAIN \*\*\*$/,
    /^1C: t1 APPEND INBOX \{3\+\}\\x0d\\x0ax\\x0d\\x0a$/,
    /^2C: x LOGIN \*\*\*$/,
    /^2S: x OK/,
  );
  assertNotMatch(`${transcript}`, /secret|AGFsaWNl/);
  assert(transcript.lines.every(({ time }) => time === 1e12));
  const [first, second] = transcript.connections;
  assertEquals([first?.user, second?.user], ["alice", "alice"]);
  assertEquals(second?.lines[1]?.plainText, 'x LOGIN {5}\r\nalice "secret"');
  assertEquals(second?.lines[2]?.asked, true);
  assertThrows(() => transcript.expect("2S", "1S"), Error, "No 1S after 2S");
  transcript.clear();
  assertEquals(transcript.lines, []);
  await other.ask("NOOP");
  transcript.expect("2C: t1 NOOP", "2S: t1 OK");
});

Deno.test("what was said to TLS is in the transcript too", async () => {
  await using server = await testServer();
  const conn = await Deno.connect({ port: server.port });
  const plain = new LineClient(conn);
  await plain.until(/^\*/);
  await plain.ask("STARTTLS");
  const secure = await Deno.startTls(conn, {
    hostname: "localhost",
    caCerts: [server.caCert],
  });
  using client = new LineClient(secure);
  await client.ask("NOOP");
  server.transcript.expect("1C: t1 STARTTLS", "1C: t1 NOOP", "1S: t1 OK");
});

Deno.test("a script, and the same conversation with its replay", async () => {
  const mail = 'Subject: "Uni"\r\n\r\n"Ünï" back\\x41slash\r\n}}}\r\n';
  const talk = async (port: number) => {
    using client = await LineClient.open(port);
    const said = [await client.ask('LOGIN "alice" secret')];
    await client.say(
      `a APPEND INBOX {${new TextEncoder().encode(mail).length}`,
    );
    await client.say(`}\r\n`);
    said.push(await client.until(/^\+.*\r\n/));
    await client.say(`${mail}\r\n`);
    said.push(await client.until(/^a OK/m));
    said.push(await client.ask("SELECT INBOX"));
    said.push(await client.ask("FETCH 1 (BODY[] FLAGS)"));
    said.push(await client.ask("FETCH 1 BODY[]<3.1>"));
    said.push(await client.ask("LOGOUT"), await client.rest());
    return said;
  };
  await using server = await testServer({ tls: false });
  const said = await talk(server.port);
  const script = server.transcript.toScript();
  assertMatch(script, /^1C: t1 LOGIN \*\*\*$/m);
  await using replay = replayServer(script);
  assertEquals(await talk(replay.port), said);
  await replay.finished;
  // with another's tags, and the literal sent without waiting
  const strict = server.transcript.toScript({ secrets: true });
  await using again = replayServer(strict.replaceAll("t1 ", "other "));
  assertEquals(await talk(again.port), said);
  const loose = server.transcript.toScript({ loose: true });
  assertMatch(loose, /^1S: \* OK \[CAPABILITY \.\.\.\]$/m);
  assertMatch(loose, /^1S: a OK \[APPENDUID \$v1 1\]$/m);
  assertMatch(loose, /^1S: \* OK \[UIDVALIDITY \$v1\]$/m);
  assertThrows(() => replayServer(loose), SyntaxError, "Line 1");
});

Deno.test("imapflow does the same with a server and its replay", async () => {
  const messages = { alice: { INBOX: [message({ subject: "Hi" })] } };
  await using server = await testServer({ tls: false, messages });
  const subjects = async (port: number) => {
    const client = new ImapFlow({
      host: "127.0.0.1",
      port,
      secure: false,
      auth: { user: "alice", pass: "secret" },
      logger: false,
      disableAutoIdle: true,
    });
    await client.connect();
    await client.mailboxOpen("INBOX");
    const all = await client.fetchAll("1:*", { envelope: true });
    await client.logout();
    return all.map(({ envelope }) => envelope?.subject);
  };
  assertEquals(await subjects(server.port), ["Hi"]);
  await using replay = replayServer(server.transcript.toScript());
  assertEquals(await subjects(replay.port), ["Hi"]);
  await replay.finished;
});

const SCRIPT = `
# two connections
1S: * OK "ready"
1C: a LOGIN *** ***
1S: a OK
1C: b SELECT {{{+INBOX}}}
1S: * $n EXISTS
1S: b OK [READ-WRITE]
1C: c FETCH $n FLAGS
1S: c NO [EXPUNGEISSUED] "Gone"
1C: d IDLE
1S: + idling
1C: DONE
1S: d OK
1-:
2S: * BYE [UNAVAILABLE] "Not again"
2S: -
`;

Deno.test("a script by hand is played, connection by connection", async () => {
  await using replay = replayServer(SCRIPT);
  {
    using client = await LineClient.open(replay.port);
    assertEquals(await client.ask("LOGIN a b"), "t1 OK OK\r\n");
    await client.say("s SELECT {5}\r\n");
    assertEquals(await client.until(/^\+/), "+ OK\r\n");
    await client.say("INBOX\r\n");
    const selected = "* 1 EXISTS\r\ns OK [READ-WRITE] OK\r\n";
    assertEquals(await client.until(/^s OK/m), selected);
    const answer = "t2 NO [EXPUNGEISSUED] Gone\r\n";
    assertEquals(await client.ask("FETCH 1 FLAGS"), answer);
    await client.say("i IDLE\r\n");
    assertEquals(await client.until(/\r\n/), "+ idling\r\n");
    await client.say("DONE\r\n");
    assertEquals(await client.until(/\r\n/), "i OK OK\r\n");
  }
  using second = new LineClient(await Deno.connect({ port: replay.port }));
  assertEquals(await second.rest(), "* BYE [UNAVAILABLE] Not again\r\n");
  await replay.finished;
});

Deno.test("who departs from the script is told, and so is the test", async () => {
  await using replay = replayServer(SCRIPT);
  using client = await LineClient.open(replay.port);
  assertMatch(await client.ask("NOOP"), /^\* BYE/);
  const error = await assertRejects(() => replay.finished, Departure);
  assertEquals(error.message.split(":")[0], "Connection 1, line 4");
  assertEquals(error.expected, "a LOGIN *** ***");
  assertEquals(error.actual, "t1 NOOP");
});

Deno.test("a departure that nobody asked for fails the test", async () => {
  const replay = replayServer(SCRIPT);
  (await LineClient.open(replay.port))[Symbol.dispose]();
  using second = new LineClient(await Deno.connect({ port: replay.port }));
  await second.rest();
  using third = new LineClient(await Deno.connect({ port: replay.port }));
  assertMatch(await third.rest(), /^\* BYE This was not recorded/);
  await assertRejects(() => replay.close(), Departure, "the client has gone");
});

Deno.test("a replay that ends early says so to who waits", async () => {
  const replay = replayServer(SCRIPT);
  const finished = assertRejects(() => replay.finished, Error, "stopped");
  using _client = await LineClient.open(replay.port);
  await replay.close();
  await finished;
});

Deno.test("what is said after the end of the script is a departure", async () => {
  const replay = replayServer('1S: * OK "hi"\n1C: a NOOP\n1S: a OK\n');
  using client = await LineClient.open(replay.port);
  await client.ask("NOOP");
  await replay.finished;
  assertMatch(await client.ask("NOOP"), /^\* BYE/);
  await assertRejects(() => replay.close(), Departure, "nothing more");
});

Deno.test("scripts that cannot be replayed are refused", () => {
  const refused = ["1S: * CAPABILITY ...", "1S: * LIST () * a", "1>: half"];
  for (const script of [...refused, "1C: a APPEND x {{{"]) {
    assertThrows(() => replayServer(`\n${script}`), SyntaxError, "Line 2");
  }
});
