import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  bad,
  bye,
  cutLiteral,
  cutUpload,
  delay,
  drop,
  message,
  no,
  silence,
  type TestServer,
  testServer,
} from "@x/imapd/testing";
import { LineClient } from "./client.ts";

async function start(): Promise<TestServer> {
  return await testServer({
    users: { alice: "secret", bob: "secret" },
    messages: { alice: { INBOX: [message({ text: "x".repeat(500) })] } },
    tls: false,
  });
}

Deno.test("NO, BAD and BYE in place of an answer", async () => {
  await using server = await start();
  using client = await LineClient.login(server.port);
  const fault = server.faults.on({ command: "noop" }, no("Later", "INUSE"));
  assertEquals(await client.ask("NOOP"), "t2 NO [INUSE] Later\r\n");
  assertEquals(await client.ask("NOOP"), "t3 NO [INUSE] Later\r\n");
  assertEquals(fault.happened, 2);
  fault.remove();
  assertMatch(await client.ask("NOOP"), /^t4 OK/);
  {
    using _ = server.faults.on({ command: "CREATE" }, bad("What?"));
    assertEquals(await client.ask("CREATE x"), "t5 BAD What?\r\n");
  }
  assertMatch(await client.ask("CREATE x"), /^t6 OK/);
  server.faults.on({}, bye("Shutting down", "UNAVAILABLE"));
  await client.say("a NOOP\r\n");
  const end = "* BYE [UNAVAILABLE] Shutting down\r\n";
  assertEquals(await client.rest(), end);
});

Deno.test("a refused command is not executed", async () => {
  await using server = await start();
  using client = await LineClient.login(server.port);
  server.faults.on({ command: "APPEND" }, no("Full", "OVERQUOTA"));
  assertMatch(await client.ask("APPEND INBOX {1+}\r\nx"), /^t2 NO \[OVERQ/);
  assertEquals((await server.mailbox("alice")).messages.length, 1);
});

Deno.test("the n-th of a command, of a user, so many times", async () => {
  await using server = await start();
  using alice = await LineClient.login(server.port);
  using bob = await LineClient.login(server.port, "bob");
  server.faults.on({ command: "NOOP", nth: 2 }, no());
  const outcome = async (client: LineClient) =>
    (await client.ask("NOOP")).split(" ")[1];
  assertEquals(await outcome(alice), "OK");
  assertEquals(await outcome(alice), "NO");
  assertEquals(await outcome(alice), "OK");
  server.faults.on({ command: "NOOP", user: "bob", times: 2 }, no());
  assertEquals(await outcome(alice), "OK");
  assertEquals(await outcome(bob), "NO");
  assertEquals(await outcome(bob), "NO");
  assertEquals(await outcome(bob), "OK");
  server.faults.on({ command: "FETCH" }, no());
  await alice.ask("SELECT INBOX");
  assertMatch(await alice.ask("UID FETCH 1 FLAGS"), /OK/);
  assertMatch(await alice.ask("FETCH 1 FLAGS"), /NO/);
  server.faults.clear();
  assertMatch(await alice.ask("FETCH 1 FLAGS"), /OK/);
});

Deno.test("a dropped connection, the command executed or not", async () => {
  await using server = await start();
  const append = "APPEND INBOX {1+}\r\nx";
  for (const [executed, messages] of [[false, 1], [true, 2]] as const) {
    using client = await LineClient.login(server.port);
    server.faults.on({ command: "APPEND", nth: 1 }, drop({ executed }));
    assertEquals(await client.ask(append), "");
    assertEquals((await server.mailbox("alice")).messages.length, messages);
  }
  const ends = server.transcript.connections.map(({ endedBy }) => endedBy);
  assertEquals(ends, ["S", "S"]);
});

Deno.test("a literal of the server is cut", async () => {
  await using server = await start();
  for (const after of [0, 7]) {
    using client = await LineClient.login(server.port);
    await client.ask("SELECT INBOX");
    server.faults.on({ command: "UID FETCH", nth: 1 }, cutLiteral(after));
    // What was asked before has its answer, a literal in it or not.
    await client.say("a FETCH 1 BODY[HEADER.FIELDS (TO)]\r\n");
    await client.say("b UID FETCH 1 BODY[]\r\nc NOOP\r\n");
    const text = await client.rest();
    assertMatch(text, /^\* 1 FETCH \(BODY\[.*\] \{\d+\}\r\n[^]*\r\na OK/);
    const cut = text.slice(text.indexOf("a OK")).split("BODY[] ")[1];
    assertMatch(cut!, new RegExp(`^\\{\\d+\\}\r\n[^]{${after}}$`));
  }
});

Deno.test("a literal of the client is cut", async () => {
  await using server = await start();
  using client = await LineClient.login(server.port);
  server.faults.on({ command: "APPEND", user: "alice", nth: 1 }, cutUpload(3));
  await client.say("a APPEND INBOX {10}\r\n");
  assertMatch(await client.until(/\+/), /^\+/);
  await client.say("0123456789\r\n");
  assertEquals(await client.rest(), "");
  assertEquals((await server.mailbox("alice")).messages.length, 1);
});

Deno.test("a delay, and answers in their order after it", async () => {
  await using server = await start();
  using client = await LineClient.login(server.port);
  const late = server.faults.on({ command: "NOOP", nth: 1 }, delay(30));
  await client.say("a NOOP\r\nb CAPABILITY\r\n");
  using other = await LineClient.login(server.port);
  assertMatch(await other.ask("CHECK"), /BAD/);
  const text = await client.until(/^b /m);
  assertMatch(text, /^a OK.*\r\n\* CAPABILITY.*\r\nb OK/);
  assertEquals(late.happened, 1);
});

Deno.test("silence and delays end with the server", async () => {
  const server = await start();
  using silent = await LineClient.login(server.port);
  using slow = await LineClient.login(server.port);
  const quiet = server.faults.on({ command: "NOOP" }, silence());
  const late = server.faults.on({ command: "CHECK" }, delay(1e9));
  await slow.ask("SELECT INBOX");
  await silent.say("a NOOP\r\n");
  await slow.say("a CHECK\r\n");
  using other = await LineClient.login(server.port);
  while (quiet.happened + late.happened < 2) await other.ask("CAPABILITY");
  await server.close();
  assertMatch(await silent.rest(), /^\* BYE/);
  assertMatch(await slow.rest(), /BYE/);
});

Deno.test("faults before the greeting", async () => {
  await using server = await start();
  server.faults.on({ command: "CONNECT", nth: 1 }, bye("Full"));
  server.faults.on({ command: "CONNECT", nth: 2 }, drop());
  using refused = new LineClient(await Deno.connect({ port: server.port }));
  assertEquals(await refused.rest(), "* BYE Full\r\n");
  using dropped = new LineClient(await Deno.connect({ port: server.port }));
  assertEquals(await dropped.rest(), "");
  using client = await LineClient.login(server.port);
  assertMatch(await client.ask("NOOP"), /OK/);
});

Deno.test("faults that cannot be are refused", async () => {
  await using server = await start();
  const { faults } = server;
  assertThrows(() => faults.on({ command: "CONNECT" }, no()), TypeError);
  assertThrows(() => faults.on({ command: "NOOP", nth: 0 }, no()), TypeError);
  assertThrows(() => faults.on({ times: 0 }, no()), TypeError);
  assertThrows(() => delay(-1), RangeError);
  assertThrows(() => cutLiteral(NaN), RangeError);
});
