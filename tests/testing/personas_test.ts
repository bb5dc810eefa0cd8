import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { ImapFlow } from "imapflow";
import {
  message,
  type Persona,
  type PersonaName,
  PERSONAS,
  testServer,
} from "@x/imapd/testing";
import { LineClient } from "./client.ts";

const NAMES = Object.keys(PERSONAS) as PersonaName[];

for (const persona of NAMES) {
  Deno.test(`imapflow gets on with ${persona}`, async () => {
    await using server = await testServer({
      persona,
      messages: { alice: { INBOX: [message({ subject: "Hi" })] } },
    });
    const client = new ImapFlow({
      host: server.hostname,
      port: server.tlsPort,
      secure: true,
      tls: { ca: server.caCert },
      auth: { user: "alice", pass: "secret" },
      logger: false,
      disableAutoIdle: true,
    });
    await client.connect();
    const listed = new Set([...client.capabilities.keys()].map(String));
    const { afterLogin } = PERSONAS[persona].capabilities;
    assertEquals(listed.difference(new Set(afterLogin)), new Set());
    const { id } = PERSONAS[persona] as Persona;
    if (id !== undefined) assertEquals(client.serverInfo?.name, id.name);
    const list = await client.list();
    for (const [path, uses] of Object.entries(mailboxesOf(persona))) {
      const found = list.find((mailbox) => mailbox.path === path);
      assert(found !== undefined, `${path} is missing`);
      if (["\\Sent", "\\Trash", "\\Drafts"].includes(uses[0] ?? "")) {
        assertEquals(found.specialUse, uses[0]);
      }
    }
    await client.mailboxOpen("INBOX");
    const mail = await client.fetchOne("*", { envelope: true });
    assert(mail !== false);
    assertEquals(mail.envelope?.subject, "Hi");
    const trash = list.find(({ specialUse }) => specialUse === "\\Trash");
    if (trash !== undefined) await client.messageMove("*", trash.path);
    await client.logout();
    const { messages } = await server.mailbox("alice", trash?.path ?? "INBOX");
    assertEquals(messages.length, 1);
    assertEquals(server.errors, []);
  });
}

function mailboxesOf(
  name: PersonaName,
): Readonly<Record<string, readonly string[]>> {
  return (PERSONAS[name] as Persona).mailboxes ?? {};
}

Deno.test("a plain server says and knows nothing of later years", async () => {
  await using server = await testServer({ persona: "plain", tls: false });
  await server.deliver("alice", message());
  using client = new LineClient(await Deno.connect({ port: server.port }));
  const greeting = "* OK IMAP4rev1 server ready\r\n";
  assertEquals(await client.until(/\r\n/), greeting);
  const capability = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
  assertStringIncludes(await client.ask("CAPABILITY"), capability);
  assertEquals(await client.ask("LOGIN alice secret"), "t2 OK Logged in\r\n");
  assertStringIncludes(await client.ask("CAPABILITY"), "* CAPABILITY IMAP4r");
  await client.ask("SELECT INBOX");
  for (const command of ["IDLE", "MOVE 1 x", "ID NIL", "ENABLE IMAP4rev2"]) {
    assertMatch(await client.ask(command), /^t\d+ BAD/);
  }
});

Deno.test("Dovecot has its delimiter, order and namespaces", async () => {
  await using server = await testServer({ persona: "dovecot", tls: false });
  await server.deliver("alice", message(), { mailbox: "a.b" });
  using client = await LineClient.login(server.port);
  assertStringIncludes(
    await client.ask("NAMESPACE"),
    '* NAMESPACE (("" ".")) NIL NIL\r\n',
  );
  assertMatch(await client.ask('LIST "" a.b'), /"\." "?a\.b"?\r\n/);
  const listed = await client.ask("CAPABILITY");
  assertMatch(listed, /CAPABILITY IMAP4rev1 SASL-IR ID ENABLE IDLE /);
  assertNotMatch(listed, /IMAP4rev2|IMAP4 |LOGIN-REFERRALS/);
});

Deno.test("a persona of one's own, announcing what cannot be done", async () => {
  const persona: Persona = {
    name: "mine",
    capabilities: {
      beforeLogin: ["IMAP4rev1", "X-SECRET"],
      afterLogin: ["X-OTHER", "IMAP4rev1", "MOVE", "X-MAGIC", "ID"],
    },
    announce: ["X-MAGIC"],
    namespaces: {
      personal: [["INBOX.", "."]],
      others: [["~", "."], ["user.", "."]],
    },
    id: {},
  };
  await using server = await testServer({
    persona,
    capabilities: { disable: ["MOVE"] },
    quirks: [{ match: { id: { name: "x" } }, hide: ["X-MAGIC"] }],
    tls: false,
  });
  using client = await LineClient.login(server.port);
  assertStringIncludes(
    await client.ask("CAPABILITY"),
    "* CAPABILITY IMAP4rev1 X-MAGIC ID\r\n",
  );
  assertMatch(await client.ask("MOVE 1 x"), /BAD/);
  assertMatch(await client.ask("NAMESPACE"), /BAD/);
  assertEquals(
    await client.ask('ID ("name" "x")'),
    "* ID ()\r\n* CAPABILITY IMAP4rev1 ID\r\nt5 OK ID completed\r\n",
  );
});

Deno.test("a quirk hides capabilities from who says its name", async () => {
  await using server = await testServer({
    quirks: [{
      match: { id: { name: /outlook/i } },
      hide: ["IDLE", "special-use"],
      specialUse: false,
    }],
    persona: { ...PERSONAS.icloud, capabilitiesUnasked: true },
    tls: false,
  });
  using other = await LineClient.login(server.port);
  using client = await LineClient.login(server.port);
  assertMatch(await client.ask('LIST "" Junk'), /\\Junk/);
  const answer = await client.ask('ID ("name" "Outlook 16")');
  assertMatch(answer, /^\* ID .*\r\n\* CAPABILITY .*\r\nt3 OK/);
  assertNotMatch(answer, /IDLE/);
  assertMatch(await client.ask("IDLE"), /BAD/);
  assertNotMatch(await client.ask('LIST "" Junk'), /\\Junk/);
  assertMatch(await other.ask('ID ("name" "mutt")'), /^\* ID .*\r\nt2 OK/);
  await other.say("i IDLE\r\n");
  assertMatch(await other.until(/\r\n/), /^\+/);
});

Deno.test("a quirk by address counts from the greeting on", async () => {
  await using server = await testServer({
    quirks: [{
      match: { address: "127.0.0.0/8" },
      capabilitiesUnasked: false,
      greeting: "Hello",
      keepAlive: 5,
    }],
    tls: false,
  });
  using client = new LineClient(await Deno.connect({ port: server.port }));
  assertEquals(await client.until(/\r\n/), "* OK Hello\r\n");
  assertEquals(await client.ask("LOGIN alice secret"), "t1 OK Logged in\r\n");
  await client.say("i IDLE\r\n");
  assertMatch(await client.until(/here\r\n[^]*here\r\n/), /\* OK Still here/);
  await client.say("DONE\r\n");
  assertMatch(await client.until(/^i /m), /^i OK/m);
});
