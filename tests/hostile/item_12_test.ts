/** Item 12: messages of PLAIN (RFC 4616 § 2) that say too much, too little, or somebody else. */

import { assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../mod.ts";
import { LineConnection } from "../sasl/login_lines.ts";

const GOOD = ["\0alice\0secret", "alice\0alice\0secret"];
const BAD = [
  "bob\0alice\0secret",
  "root\0alice\0secret",
  "ALICE\0alice\0secret",
  "\0bob\0secret",
  "\0alice\0secret\0",
  "\0\0alice\0secret",
  "\0alice\0\0secret",
  "\0alice\0sec\0ret",
  "\0alice\0",
  "\0\0secret",
  "\0\0",
  "\0",
  "",
  "alice",
  "alice\0secret",
  "\0alice",
  `${"x".repeat(20_000)}\0alice\0secret`,
  `\0${"x".repeat(20_000)}\0secret`,
  `\0alice\0${"x".repeat(20_000)}`,
  "\0".repeat(20_000),
  "\0alice\0secret\r\nb NOOP",
  "\0ali\xffce\0secret",
];

const base64 = (text: string) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0)).toBase64();

for (
  const [kind, begin, ok, refused] of [
    ["imap", "a AUTHENTICATE PLAIN", /^a OK /, /^a (NO|BAD) /],
    ["pop3", "AUTH PLAIN", /^\+OK /, /^-ERR /],
  ] as const
) {
  Deno.test(`PLAIN lets in nobody but who the password is of: ${kind}`, async () => {
    const faults: unknown[] = [];
    await using server = serve({
      listeners: [{ kind, port: 0 }],
      onListen: () => {},
      users: { alice: "secret", bob: "other" },
      limits: {
        ...{ failedLoginDelay: 0, failedLogins: 1_000 },
        ...{ badCommands: 1_000, badCommandDelay: 0 },
      },
      onError: (error) => faults.push(error),
    });
    const { port } = server.addr;
    const connect = async () =>
      await LineConnection.begin(await Deno.connect({ port }));
    using one = await connect();
    for (const message of BAD) {
      const about = JSON.stringify(message).slice(0, 40);
      const response = base64(message);
      // POP3 has no room for a long one on the line of its command (RFC 5034 § 4).
      if (response.length < 200) {
        const said = await one.ask(`${begin} ${response || "="}`);
        assertMatch(said!, refused, about);
      }
      assertMatch((await one.ask(begin))!, /^\+ /);
      assertMatch((await one.ask(response))!, refused, about);
    }
    for (const message of GOOD) {
      using fresh = await connect();
      assertMatch((await fresh.ask(`${begin} ${base64(message)}`))!, ok);
    }
    assertEquals(faults, []);
  });
}
