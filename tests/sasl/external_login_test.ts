/**
 * EXTERNAL over IMAP and POP3, with certificates of clients in a real handshake.
 */

import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { certificateProof } from "../../server/sasl/certificates.ts";
import type { SaslOptions } from "../../server/sasl/mod.ts";
import { serve } from "../../server/serve.ts";
import type { ImapServer } from "../../server/server.ts";
import { prepareUserName } from "../../server/users.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { Authority } from "./authority.ts";
import { base64 } from "./talk.ts";

const authority = await Authority.make();
const alice = await authority.issue("Alice A.", "alice", "a@example.org");

async function start(sasl: SaslOptions): Promise<ImapServer> {
  return serve({
    hostname: "127.0.0.1",
    listeners: [{ kind: "imaps", port: 0 }, { kind: "pop3s", port: 0 }, {
      kind: "imap",
      port: 0,
    }],
    users: { alice: "secret", bob: "secret", "Alice A.": "secret" },
    limits: { failedLoginDelay: 0 },
    tls: { ...await testCertificate(), clientCa: authority.cert },
    sasl,
  });
}

/** Says lines over TLS with a certificate, and hears all. */
async function talk(
  server: ImapServer,
  kind: string,
  certificate: { cert: string; key: string } | undefined,
  ...lines: readonly string[]
): Promise<string> {
  const { port } = server.addrs.find((address) => address.kind === kind)!;
  const { cert } = await testCertificate();
  const conn = await Deno.connectTls({
    ...{ hostname: "localhost", port, caCerts: [cert] },
    ...certificate,
  });
  await conn.write(new TextEncoder().encode(lines.join("\r\n") + "\r\n"));
  return await new Response(conn.readable).text();
}

Deno.test("a certificate logs in whom its mail addresses name", async () => {
  await using server = await start({ certificates: {} });
  const logins: [lines: string[], answer: RegExp][] = [
    [["a AUTHENTICATE EXTERNAL ="], /^a OK /m],
    [["a AUTHENTICATE EXTERNAL", ""], /^a OK /m],
    [[`a AUTHENTICATE EXTERNAL ${base64("alice")}`], /^a OK /m],
    [
      [`a AUTHENTICATE EXTERNAL ${base64("bob")}`],
      /^a NO \[AUTHENTICATIONFAILED\] /m,
    ],
    [
      [`a AUTHENTICATE EXTERNAL ${base64("Alice A.")}`],
      /^a NO \[AUTHENTICATIONFAILED\] /m,
    ],
    [["a AUTHENTICATE EXTERNAL", "*"], /^a BAD /m],
    [["a LOGIN bob secret"], /^a OK /m],
  ];
  for (const [lines, answer] of logins) {
    const heard = await talk(server, "imaps", alice, ...lines, "b LOGOUT");
    assertMatch(heard, /^\* OK .* AUTH=EXTERNAL /);
    assertMatch(heard, answer);
  }
  // RFC 8437 § 4.2: what TLS knows of the client stays.
  const again = await talk(
    server,
    "imaps",
    alice,
    ...["a AUTHENTICATE EXTERNAL =", "b UNAUTHENTICATE"],
    ...["c LOGIN bob secret", "d UNAUTHENTICATE"],
    ...["e AUTHENTICATE EXTERNAL =", "f LOGOUT"],
  );
  for (const tag of "abcdef") {
    assertMatch(again, new RegExp(`^${tag} OK `, "m"));
  }
  const heard = await talk(
    server,
    "pop3s",
    alice,
    ...["CAPA", "AUTH EXTERNAL =", "QUIT"],
  );
  assertMatch(heard, /^SASL EXTERNAL /m);
  assertMatch(heard, /^\+OK 0 messages/m);
});

Deno.test("without a certificate, with another's, or without settings it is not offered", async () => {
  const other = await (await Authority.make()).issue("Alice A.", "alice");
  await using server = await start({ certificates: {} });
  await using without = await start({});
  const clients: [ImapServer, typeof alice | undefined][] = [
    [server, undefined],
    [server, other],
    [without, alice],
  ];
  for (const [server, certificate] of clients) {
    const heard = await talk(
      server,
      "imaps",
      certificate,
      "a AUTHENTICATE EXTERNAL =",
      "b LOGIN alice secret",
      "c LOGOUT",
    );
    assertFalse(heard.includes("AUTH=EXTERNAL"));
    assertMatch(heard, /^a NO \[CANNOT\] /m);
    assertMatch(heard, /^b OK /m);
  }
});

Deno.test("the common name, where that is what counts", async () => {
  await using server = await start({ certificates: { from: "commonName" } });
  const as = async (authzid: string) =>
    await talk(
      server,
      "imaps",
      alice,
      `a AUTHENTICATE EXTERNAL ${base64(authzid) || "="}`,
      "b LOGOUT",
    );
  assertMatch(await as(""), /^a OK /m);
  assertMatch(await as("Alice A."), /^a OK /m);
  assertMatch(await as("alice"), /^a NO /m);
});

Deno.test("a function decides alone", async () => {
  const asked: unknown[] = [];
  await using server = await start({
    certificates: ({ commonNames, emails, fingerprint }, authzid) => {
      asked.push([commonNames, emails, fingerprint.length, authzid]);
      return authzid === "" ? { user: "carol" } : authzid === "dave";
    },
  });
  const as = async (authzid: string) =>
    await talk(
      server,
      "imaps",
      alice,
      `a AUTHENTICATE EXTERNAL ${base64(authzid) || "="}`,
      "b LOGOUT",
    );
  assertMatch(await as(""), /^a OK /m);
  assertMatch(await as("dave"), /^a OK /m);
  assertMatch(await as("erin"), /^a NO /m);
  assertEquals(
    asked,
    ["", "dave", "erin"].map((authzid) => [
      ["Alice A."],
      ["alice", "a@example.org"],
      64,
      authzid,
    ]),
  );
});

Deno.test("whom a certificate with several names is for", async () => {
  const users = {
    ...{ lookedUp: true, knowsPasswords: true },
    prepare: (name: string) => prepareUserName(name, false),
    user: (name: string) =>
      Promise.resolve(
        ["alice", "bob"].includes(name) ? { name, password: "x" } : undefined,
      ),
  };
  const check = certificateProof({}, users);
  const of = (emails: string[], authzid = "") =>
    check({ emails, commonNames: ["bob"], fingerprint: "" }, authzid);
  assertEquals(await of(["alice"]), { user: "alice" });
  assertEquals(await of(["nobody", "alice"]), { user: "alice" });
  assertEquals(await of(["alice", "alice"]), { user: "alice" });
  assertEquals(await of([]), undefined);
  assertEquals(await of(["nobody"]), undefined);
  assertEquals(await of(["nobody"], "nobody"), undefined);
  assertEquals(await of(["alice", "bob"]), undefined);
  assertEquals(await of(["alice", "bob"], "bob"), { user: "bob" });
  assertEquals(await of(["alice"], "bob"), undefined);
  const many = Array.from({ length: 100 }, (_, n) => `user ${n}`);
  assertEquals(await of([...many, "alice"]), undefined);
  const yes = certificateProof(() => true, users);
  const certificate = { emails: [], commonNames: [], fingerprint: "" };
  assertEquals(await yes(certificate, ""), undefined);
  assertEquals(await yes(certificate, "x"), { user: "x" });
  const no = certificateProof(() => false, users);
  assertEquals(await no(certificate, "x"), undefined);
});
