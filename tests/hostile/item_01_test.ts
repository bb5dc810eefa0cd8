/** Item 1: what is said in clear text behind STARTTLS, in IMAP. POP3 and LMTP have theirs beside their tests. */

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { Wire } from "./wire.ts";

const tls = await testCertificate();

/** What was answered in clear text, what under TLS, and who was let in. */
interface Outcome {
  readonly clear: string;
  readonly secret: string;
  readonly logins: readonly string[];
}

/** Says something in clear text, and then either ends or tries to go on under TLS. */
async function smuggle(
  pieces: readonly string[],
  after?: string,
): Promise<Outcome> {
  const logins: string[] = [];
  await using server = serve({
    port: 0,
    onListen: () => {},
    tls,
    users: ({ user }) => {
      logins.push(user);
      return { user };
    },
  });
  using wire = await Wire.open(server.addr.port);
  assertMatch(await wire.until(/\r\n/), /^\* OK /);
  for (const piece of pieces) await wire.send(piece);
  if (after === undefined) {
    return { clear: await wire.finish(), secret: "", logins };
  }
  const clear = await wire.until(/^a [^\n]*\n/m);
  let secret = "";
  try {
    await wire.startTls(tls.cert);
    await wire.send(after);
    secret = await wire.rest();
  } catch {
    // The server has hung up: that is the safe answer.
  }
  return { clear, secret, logins };
}

const STARTTLS = "a STARTTLS\r\n";

for (
  const [name, ...pieces] of [
    ["a command in one write", STARTTLS + "b NOOP\r\n"],
    ["a login in one write", STARTTLS + "b LOGIN alice secret\r\n"],
    ["commands byte by byte", ..."a STARTTLS\r\nb NOOP\r\n"],
    ["half a command", STARTTLS + "b NOOP"],
    ["a literal", STARTTLS + "b LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n"],
    ["an empty line", STARTTLS + "\r\n"],
    ["a space", STARTTLS + " "],
  ] as const
) {
  Deno.test(`${name} behind STARTTLS is never answered`, async () => {
    for (const after of [undefined, "c LOGOUT\r\n"]) {
      const { clear, secret, logins } = await smuggle(pieces, after);
      assertFalse(/^b /m.test(clear), clear);
      assertFalse(/^b /m.test(secret), secret);
      assertEquals(logins, []);
    }
  });
}

Deno.test("half a command in clear text and half of it under TLS never join", async () => {
  for (
    const [before, after] of [
      ["b LOGIN alice ", "secret\r\nc LOGOUT\r\n"],
      ["b LOGIN alice {6}\r\n", "secret\r\nc LOGOUT\r\n"],
      ["b LOGIN al", "ice secret\r\nc LOGOUT\r\n"],
      ["b", " LOGIN alice secret\r\nc LOGOUT\r\n"],
    ] as const
  ) {
    const { secret, logins } = await smuggle([STARTTLS + before], after);
    assertFalse(/^b OK/m.test(secret), secret);
    assertEquals(logins, [], before);
  }
});

Deno.test("nothing of a session in clear text is left under TLS", async () => {
  await using server = serve({
    port: 0,
    onListen: () => {},
    users: { alice: "secret" },
    tls,
  });
  using wire = await Wire.open(server.addr.port);
  await wire.until(/\r\n/);
  assertMatch(await wire.ask("a CAPABILITY"), / STARTTLS[ \r]/);
  assertMatch(await wire.ask("b STARTTLS"), /^b OK /m);
  await wire.startTls(tls.cert);
  // RFC 9051 § 6.2.1: the server says nothing by itself, and offers STARTTLS no more.
  const capabilities = await wire.ask("c CAPABILITY");
  assert(capabilities.startsWith("* CAPABILITY "));
  assertFalse(/ STARTTLS[ \r]/.test(capabilities));
  assertMatch(await wire.ask("d LOGIN alice secret"), /^d OK /m);
});
