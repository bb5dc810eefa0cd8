/** Item 3: passwords before TLS, from another machine. */

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { Wire } from "./wire.ts";

const tls = await testCertificate();
/** A proxy says that the client is elsewhere. */
const HEADER = "PROXY TCP4 192.0.2.1 198.51.100.1 4711 143\r\n";
const PLAIN = btoa("\0alice\0secret");

/** A server that writes down every password that it is asked about, and a client from elsewhere. */
async function open(
  kind: "imap" | "pop3",
  talk: (wire: Wire, greeting: string) => Promise<void>,
): Promise<string[]> {
  const checked: string[] = [];
  await using server = serve({
    listeners: [{ kind, port: 0, proxies: ["127.0.0.1"] }],
    onListen: () => {},
    users: ({ user, password }) => {
      checked.push(`${user} ${password}`);
      return { user };
    },
    tls,
  });
  using wire = await Wire.open(server.addr.port);
  await wire.send(HEADER);
  await talk(wire, await wire.until(/\r\n/));
  return checked;
}

Deno.test("no password is asked for or looked at before TLS", async () => {
  const checked = await open("imap", async (wire, greeting) => {
    for (const said of [greeting, await wire.ask("a CAPABILITY")]) {
      assert(said.includes(" LOGINDISABLED"), said);
      assert(said.includes(" STARTTLS"), said);
      assertFalse(/AUTH=(PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)\b/.test(said), said);
    }
    const refused = /^. NO \[PRIVACYREQUIRED\] /m;
    for (
      const command of [
        "b LOGIN alice secret",
        "c LOGIN alice wrong",
        "d LOGIN nobody {6+}\r\nsecret",
        `e AUTHENTICATE PLAIN ${PLAIN}`,
        `f AUTHENTICATE LOGIN ${btoa("alice")}`,
      ]
    ) {
      const said = await wire.ask(command);
      assertMatch(said, refused);
      // Not even a challenge: the client would send the password.
      assertFalse(/^\+/m.test(said), said);
    }
    // A client that waits for a challenge does not get one.
    const said = await wire.ask("g AUTHENTICATE PLAIN");
    assertMatch(said, refused);
    assertFalse(/^\+/m.test(said), said);
  });
  assertEquals(checked, []);
});

Deno.test("under TLS they are", async () => {
  const checked = await open("imap", async (wire) => {
    assertMatch(await wire.ask("a STARTTLS"), /^a OK /m);
    await wire.startTls(tls.cert);
    const said = await wire.ask("b CAPABILITY");
    assertFalse(said.includes("LOGINDISABLED"), said);
    assert(said.includes(" AUTH=PLAIN"), said);
    assertMatch(await wire.ask("c LOGIN alice secret"), /^c OK /m);
  });
  assertEquals(checked, ["alice secret"]);
});

Deno.test("the same in POP3", async () => {
  const checked = await open("pop3", async (wire) => {
    await wire.send(
      `USER alice\r\nPASS secret\r\nAUTH PLAIN ${PLAIN}\r\nQUIT\r\n`,
    );
    const said = await wire.rest();
    assertFalse(/^\+ /m.test(said), said);
    const lines = said.trimEnd().split("\r\n");
    assertEquals(lines.map((line) => line.split(" ")[0]), [
      ...["-ERR", "-ERR", "-ERR", "+OK"],
    ]);
  });
  assertEquals(checked, []);
});
