/** What is said to each command in each state (RFC 2033, RFC 5321 § 4.1). */

import { assertEquals } from "@std/assert";
import { No } from "../../protocol/imap/errors.ts";
import { StorageError } from "../../storage/model.ts";
import { converse, LmtpServer } from "./peer.ts";

Deno.test("LMTP takes a message for each of its recipients", async () => {
  // RFC 2033 § 4.2
  await converse(
    `
    S: 220 mail.example LMTP
    C: LHLO foo.edu
    S: 250-mail.example
    C: MAIL FROM:<chris@bar.com>
    S: 250 2.1.0
    C: RCPT TO:<pat@foo.edu>
    S: 250 2.1.5
    C: RCPT TO:<jones@foo.edu>
    S: 550 5.1.1 <jones@foo.edu>
    C: RCPT TO:<green@foo.edu>
    S: 250 2.1.5
    C: DATA
    S: 354 End
    C: Blah blah blah...
    C: ..
    C: .
    S: 250 2.0.0 <pat@foo.edu>
    S: 250 2.0.0 <green@foo.edu>
    C: QUIT
    S: 221 2.0.0
    S: (closed)`,
    { lookups: { jones: undefined } },
  );
});

Deno.test("LHLO lists what there is", async () => {
  await using server = new LmtpServer({ limits: { message: 12_345 } });
  const peer = server.connect({ certificate: true });
  await peer.reply();
  assertEquals(
    (await peer.ask("LHLO [IPv6:2001:db8::1]"))?.split("\r\n"),
    [
      "250-mail.example",
      "250-8BITMIME",
      "250-CHUNKING",
      "250-ENHANCEDSTATUSCODES",
      "250-PIPELINING",
      "250-SIZE 12345",
      "250-SMTPUTF8",
      "250 STARTTLS",
    ],
  );
});

Deno.test("LHLO wants a domain or an address literal, and is alone in that", async () => {
  await converse(`
    S: 220
    C: HELO client.example
    S: 500 5.5.1
    C: EHLO client.example
    S: 500 5.5.1
    C: LHLO
    S: 501 5.5.4
    C: LHLO two..dots
    S: 501 5.5.4
    C: LHLO [300.0.0.1]
    S: 501 5.5.4
    C: LHLO bücher.example
    S: 501 5.5.4
    C: LHLO client.example with more behind it
    S: 250-mail.example
    C: lhlo [192.0.2.1]
    S: 250-mail.example`);
});

Deno.test("Commands out of order are answered by 503", async () => {
  await converse(`
    S: 220
    C: MAIL FROM:<a@b.example>
    S: 503 5.5.1
    C: RCPT TO:<alice@b.example>
    S: 503 5.5.1
    C: DATA
    S: 503 5.5.1
    C: LHLO client.example
    S: 250-
    C: RCPT TO:<alice@b.example>
    S: 503 5.5.1
    C: DATA
    S: 503 5.5.1
    C: MAIL FROM:<a@b.example>
    S: 250 2.1.0
    C: MAIL FROM:<c@b.example>
    S: 503 5.5.1
    C: DATA
    S: 503 5.5.1
    C: RCPT TO:<alice@b.example>
    S: 250 2.1.5
    C: RSET
    S: 250 2.0.0
    C: DATA
    S: 503 5.5.1
    C: MAIL FROM:<a@b.example>
    S: 250 2.1.0
    C: RCPT TO:<alice@b.example>
    S: 250 2.1.5
    C: LHLO client.example
    S: 250-
    C: DATA
    S: 503 5.5.1`);
});

Deno.test("What needs no transaction is answered at any time", async () => {
  await converse(`
    S: 220
    C: NOOP
    S: 250 2.0.0
    C: noop whatever it is
    S: 250 2.0.0
    C: RSET
    S: 250 2.0.0
    C: RSET now
    S: 501 5.5.4
    C: VRFY
    S: 501 5.5.4
    C: VRFY alice
    S: 252 2.5.0
    C: EXPN staff
    S: 500 5.5.1
    C: HELP
    S: 214 2.0.0 RFC 2033: LHLO MAIL RCPT DATA
    C: HELP NOOP
    S: 214 2.0.0
    C: AUTH PLAIN
    S: 502 5.5.1
    C: STARTTLS
    S: 502 5.5.1
    C: QUIT now
    S: 501 5.5.4
    C: QUIT
    S: 221 2.0.0
    S: (closed)`);
});

Deno.test("The grammar of MAIL is kept", async () => {
  await converse(
    `
    S: 220
    C: LHLO client.example
    S: 250-
    C: MAIL
    S: 501 5.5.4
    C: MAIL TO:<a@b.example>
    S: 501 5.5.4
    C: MAIL FROM:a@b.example
    S: 501 5.1.7
    C: MAIL FROM:<a@b.example
    S: 501 5.1.7
    C: MAIL FROM:<a b@c.example>
    S: 501 5.1.7
    C: MAIL FROM:<a@b.example>SIZE=5
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> SIZE=
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> SIZE=-1
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> SIZE=1 SIZE=1
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> BODY=BINARYMIME
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> SMTPUTF8=1
    S: 501 5.5.4
    C: MAIL FROM:<a@b.example> RET=HDRS
    S: 555 5.5.4
    C: MAIL FROM:<a@b.example> SIZE=1001
    S: 552 5.3.4
    C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
    S: 552 5.3.4
    C: mail from:<a@b.example> size=1000 body=8bitmime smtputf8
    S: 250 2.1.0
    C: RSET
    S: 250 2.0.0
    C: MAIL FROM: <a@b.example>  BODY=7BIT${"  "}
    S: 250 2.1.0`,
    { limits: { message: 1_000 } },
  );
});

Deno.test("The grammar of RCPT is kept", async () => {
  await converse(`
    S: 220
    C: LHLO client.example
    S: 250-
    C: MAIL FROM:<>
    S: 250 2.1.0
    C: RCPT
    S: 501 5.5.4
    C: RCPT FROM:<alice@b.example>
    S: 501 5.5.4
    C: RCPT TO:<>
    S: 501 5.1.3
    C: RCPT TO:<"">
    S: 501 5.1.3
    C: RCPT TO:<""@b.example>
    S: 501 5.1.3
    C: RCPT TO:<alice@>
    S: 501 5.1.3
    C: RCPT TO:<alice@b.example> NOTIFY=NEVER
    S: 555 5.5.4
    C: RCPT TO:<alice@b.example> =
    S: 501 5.5.4
    C: RCPT TO:<alice@b.example>
    S: 250 2.1.5
    C: RCPT TO:<bob>
    S: 250 2.1.5`);
});

Deno.test("Addresses that are not ASCII need SMTPUTF8", async () => {
  // RFC 6531 § 3.5
  await converse(`
    S: 220
    C: LHLO client.example
    S: 250-
    C: MAIL FROM:<jürgen@b.example>
    S: 550 5.6.7
    C: MAIL FROM:<a@b.example>
    S: 250 2.1.0
    C: RCPT TO:<jürgen@b.example>
    S: 553 5.6.7
    C: RSET
    S: 250
    C: MAIL FROM:<jürgen@bücher.example> SMTPUTF8
    S: 250 2.1.0
    C: RCPT TO:<"jürgen 用户"@b.example>
    S: 250 2.1.5
    C: DATA
    S: 354
    C: .
    S: 250 2.0.0`);
});

Deno.test("Who has an address is asked with all that is known", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  await peer.ask("MAIL FROM:<@relay.example:Sender@From.example>");
  await peer.ask('RCPT TO:<@a.example,@b.example:"al\\ice+x"@Mail.Example>');
  await peer.ask("RCPT TO:<bob>");
  const remote = "192.0.2.1:1234";
  const sender = "Sender@From.example";
  assertEquals(server.asked, [
    {
      address: '"al\\ice+x"@Mail.Example',
      localPart: "alice+x",
      domain: "mail.example",
      sender,
      remote,
    },
    { address: "bob", localPart: "bob", domain: undefined, sender, remote },
  ]);
});

Deno.test("A recipient is refused as its refusal says", async () => {
  await using server = new LmtpServer({
    lookups: {
      nobody: undefined,
      full: new No("OVERQUOTA", "No room"),
      busy: new No("INUSE", "Later"),
      down: new StorageError("UNAVAILABLE", "Down"),
      bug: new No("SERVERBUG", "Oh"),
      many: new StorageError("LIMIT", "Too much"),
      gone: new StorageError("NONEXISTENT", "Gone"),
      barred: new No("NOPERM", "Not you"),
      plain: new No(undefined, "No\r\n250 yes"),
      fault: new TypeError("secret"),
    },
  });
  const peer = await server.connect().hello();
  await peer.ask("MAIL FROM:<a@b.example>");
  const replies: Record<string, string> = {
    nobody: "550 5.1.1 <nobody@b.example> is nobody here",
    full: "552 5.2.2 No room",
    busy: "451 4.3.0 Later",
    down: "451 4.3.0 Down",
    bug: "451 4.3.0 Oh",
    many: "452 4.3.1 Too much",
    gone: "550 5.1.1 Gone",
    barred: "550 5.7.1 Not you",
    plain: "550 5.7.1 No 250 yes",
    fault: "451 4.3.0 Internal error",
  };
  for (const [user, reply] of Object.entries(replies)) {
    assertEquals(await peer.ask(`RCPT TO:<${user}@b.example>`), reply);
  }
  assertEquals(await peer.ask("DATA"), "503 5.5.1 Say MAIL and RCPT first");
  assertEquals(server.faults.splice(0).map(String), ["TypeError: secret"]);
});

Deno.test("Recipients are counted", async () => {
  await converse(
    `
    S: 220
    C: LHLO client.example
    S: 250-
    C: MAIL FROM:<a@b.example>
    S: 250
    C: RCPT TO:<alice@b.example>
    S: 250
    C: RCPT TO:<alice@b.example>
    S: 250
    C: RCPT TO:<bob@b.example>
    S: 452 4.5.3
    C: DATA
    S: 354
    C: .
    S: 250 2.0.0 <alice@b.example>
    S: 250 2.0.0 <alice@b.example>`,
    { limits: { recipients: 2 } },
  );
});

Deno.test("A message over the limit is refused for each recipient, and the next is taken", async () => {
  await converse(
    `
    S: 220
    C: LHLO client.example
    S: 250-
    C: MAIL FROM:<a@b.example> SIZE=10
    S: 250
    C: RCPT TO:<alice@b.example>
    S: 250
    C: RCPT TO:<bob@b.example>
    S: 250
    C: DATA
    S: 354
    C: ${"x".repeat(40)}
    C: ${"x".repeat(40)}
    C: .
    S: 552 5.3.4 <alice@b.example>
    S: 552 5.3.4 <bob@b.example>
    C: MAIL FROM:<a@b.example>
    S: 250
    C: RCPT TO:<alice@b.example>
    S: 250
    C: DATA
    S: 354
    C: ${"x".repeat(48)}
    C: .
    S: 250 2.0.0 <alice@b.example>`,
    { limits: { message: 50 } },
  );
});

Deno.test("Lines that are none are answered, and too many end the connection", async () => {
  await converse(
    `
    S: 220
    C: ${"N".repeat(5_000)}
    S: 500 5.5.2
    C: NOOP ${"x".repeat(4_089)}
    S: 250 2.0.0
    C: NOOP ${"x".repeat(4_090)}
    S: 500 5.5.2
    C:${" "}
    S: 500 5.5.1
    C: NOOP\tx
    S: 500 5.5.1
    C: NOOP
    S: 250 2.0.0
    C: a b
    S: 500 5.5.1
    C: a b
    S: 500 5.5.1
    C: a b
    S: 500 5.5.1
    C: a b
    S: 500 5.5.1
    S: 421 4.7.0
    S: (closed)`,
    { limits: { badCommands: 4 } },
  );
});
