import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ImapFlow } from "imapflow";
import { message, testServer } from "@x/imapd/testing";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { LineClient } from "./client.ts";

Deno.test("a server is up in a line, with what was put into it", async () => {
  const begun = performance.now();
  await using server = await testServer({
    users: { alice: "secret", bob: "geheim" },
    messages: {
      alice: {
        INBOX: [
          message({ subject: "Grüße an alle", flags: ["\\Seen", "work"] }),
          "Subject: raw\n\nbody\n",
        ],
        Archive: [],
        "a/b": [new Uint8Array([65])],
      },
    },
  });
  console.log(`up in ${(performance.now() - begun).toFixed(1)} ms`);
  const inbox = await server.mailbox("alice", "inbox");
  assertEquals(inbox.name, "INBOX");
  assertEquals(inbox.uidNext, 3);
  const [first, second] = inbox.messages;
  assertEquals([first?.uid, first?.flags], [1, ["\\Seen", "work"]]);
  assertEquals(first?.subject, "Grüße an alle");
  assertEquals(second?.source, "Subject: raw\r\n\r\nbody\r\n");
  assertEquals(second?.headers, [["Subject", "raw"]]);
  assertEquals([second?.header("to"), second?.size], [undefined, 22]);
  assertEquals(await server.mailboxes("alice"), ["INBOX", "Archive", "a/b"]);
  assertEquals(await server.mailboxes("bob"), ["INBOX"]);
  await assertRejects(() => server.mailbox("alice", "nowhere"));
});

Deno.test("without a word about users there is alice", async () => {
  await using server = await testServer();
  using client = await LineClient.open(server.port);
  assertMatch(await client.ask("LOGIN alice wrong"), /^t1 NO/m);
  assertMatch(await client.ask("LOGIN alice secret"), /^t2 OK/m);
});

Deno.test("a real client takes mail over every door", async () => {
  await using server = await testServer({ messages: { alice: {} } });
  await server.deliver("alice", message({ subject: "Hi", text: "Ünï" }));
  for (const kind of ["imap", "imaps"] as const) {
    const client = new ImapFlow({
      host: server.hostname,
      port: server.portOf(kind),
      secure: kind === "imaps",
      tls: { ca: server.caCert },
      auth: { user: "alice", pass: "secret" },
      logger: false,
    });
    await client.connect();
    assert(client.secureConnection);
    await client.mailboxOpen("INBOX");
    const mail = await client.fetchOne("1", { envelope: true, source: true });
    assert(mail !== false);
    assertEquals(mail.envelope?.subject, "Hi");
    await client.logout();
  }
  assertEquals(server.port, server.addrs[0]?.port);
  assertEquals(server.tlsPort, server.addrs[1]?.port);
  assertEquals(server.errors, []);
});

Deno.test("a delivery is told to who has the mailbox selected", async () => {
  await using server = await testServer();
  using client = await LineClient.login(server.port);
  await client.ask("SELECT INBOX");
  await client.say("i IDLE\r\n");
  await client.until(/^\+/m);
  assertEquals(await server.deliver("alice", message()), 1);
  assertStringIncludes(await client.until(/EXISTS/), "* 1 EXISTS\r\n");
  await client.say("DONE\r\n");
  const to = { mailbox: "new/one" };
  assertEquals(await server.deliver("alice", "Subject: x", to), 1);
  const made = await server.mailbox("alice", "new/one");
  assertEquals(made.messages.length, 1);
});

Deno.test("the clock says what the dates are", async () => {
  await using server = await testServer({ now: "2020-02-29T12:00:00Z" });
  await server.deliver("alice", "Subject: one\n\n");
  server.clock.advance(86_400_000);
  await server.deliver("alice", message({ internalDate: "2001-01-01" }));
  using client = await LineClient.login(server.port);
  await client.ask("SELECT INBOX");
  await client.ask("APPEND INBOX {1+}\r\nx");
  const dates = await client.ask("FETCH 1:3 INTERNALDATE");
  const told = [...dates.matchAll(/INTERNALDATE "(.{11})/g)].map(([, d]) => d);
  assertEquals(told, ["29-Feb-2020", " 1-Jan-2001", " 1-Mar-2020"]);
  const { messages, uidValidity } = await server.mailbox("alice");
  assertEquals(
    messages.map(({ saveDate }) => saveDate.toISOString().slice(0, 10)),
    ["2020-02-29", "2020-03-01", "2020-03-01"],
  );
  assertEquals(uidValidity, Date.UTC(2020, 1, 29, 12) / 1000);
  server.clock.reset();
  assert(Math.abs(server.clock.now() - Date.now()) < 60_000);
  server.clock.advance(-1e9);
  assert(server.clock.now() < Date.now() - 9e8);
});

Deno.test("a storage of one's own is used and stays open", async () => {
  await using storage = new MemoryStorage({ hierarchyDelimiter: "." });
  {
    await using server = await testServer({ storage, tls: false });
    await server.deliver("alice", message(), { mailbox: "a.b" });
    assertEquals(server.caCert, "");
    await assertRejects(async () => await server.tlsPort, Error, "imaps");
  }
  assertEquals(await storage.verify(), []);
});

Deno.test("a start that fails leaves nothing behind", async () => {
  await assertRejects(() =>
    testServer({ messages: { alice: { "a\nb": [] } } })
  );
  await assertRejects(() => testServer({ users: { alice: "" } }), TypeError);
});

Deno.test("many servers run at once", async () => {
  const servers = await Promise.all(
    Array.from({ length: 10 }, () => testServer()),
  );
  const ports = new Set(
    servers.flatMap(({ addrs }) => addrs.map(({ port }) => port)),
  );
  assertEquals(ports.size, 50);
  await Promise.all(servers.map((server) => server.close()));
});

Deno.test("callbacks are called, and told of changes", async () => {
  const subjects: string[] = [];
  let flags: string[] = [];
  await using server = await testServer({
    callbacks: {
      appendMessage: async (event, next) => {
        subjects.push(event.user.name);
        return await next(event);
      },
      getMessages: () => [{ id: "x", source: "Subject: x\r\n\r\n", flags }],
    },
    tls: false,
  });
  using client = await LineClient.login(server.port);
  await client.ask("SELECT INBOX");
  flags = ["\\Seen"];
  await server.notify("alice");
  assertMatch(await client.ask("NOOP"), /FETCH \(FLAGS \(\\Seen/);
  await client.ask("APPEND INBOX {1+}\r\nx");
  assertEquals(subjects, ["alice"]);
});
