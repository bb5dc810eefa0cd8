/**
 * Messages whose headers try to leave their strings.
 *
 * The client of the transcripts reads every response by the grammar: a line that is broken, or one that the
 * message forged, is no response or one too many.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Arena, ask } from "./arena.ts";
import type { Client } from "../transcript/client.ts";
import { rounds } from "../shards/part.ts";

const ITEMS =
  "(UID ENVELOPE BODY BODYSTRUCTURE BODY.PEEK[HEADER] BODY.PEEK[1.MIME] " +
  "BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])";

/** A selected mailbox to which messages are appended. */
class Victim {
  readonly #client: Client;
  #number = 0;

  private constructor(client: Client) {
    this.#client = client;
  }

  static async start(arena: Arena): Promise<Victim> {
    const client = await arena.logIn();
    assertEquals((await ask(client, "s", "s SELECT INBOX")).status, "OK");
    return new Victim(client);
  }

  /** Appends a message and fetches it; one that is refused (NUL is in no message) is passed over. */
  async take(source: string): Promise<void> {
    const append = `a APPEND INBOX {${source.length}+}\r\n${source}`;
    const appended = await ask(this.#client, "a", append);
    if (appended.status !== "OK") return;
    this.#number++;
    const fetched = await ask(this.#client, "f", `f FETCH * ${ITEMS}`);
    assertEquals(fetched.status, "OK");
    assertEquals(fetched.untagged.length, 1);
    const [fetch] = fetched.untagged;
    assert(fetch?.type === "data" && fetch.name === "FETCH");
    assertEquals(fetch.number, { type: "atom", text: `${this.#number}` });
    const [list] = fetch.values;
    assert(list?.type === "list");
    assertEquals(list.items.length, 14);
  }
}

const VALUES: readonly string[] = [
  "=?UTF-8?Q?A=0D=0A=2A_9_EXISTS=0D=0A?= <a@b>",
  '"A\\"B\\\\" <"c\\"d"@e>',
  '"open',
  "(((((comment",
  "\r* 9 EXISTS",
  "\0NUL",
  "\x01\x07\x1b[31m\x7f",
  "\xff\xfe\xe4",
  "{5}",
  "{5+}",
  "a@b, (c) <d@e>;;:,<<>>",
  "<@a,@b:c@d>",
  'multipart/mixed; boundary="a\\"b\\\\"',
  "text/plain; charset=\"\xff\"; name*0*=utf-8''%0D%0A; name*1=x",
  'text/plain; name="a\rb"',
  ")) NIL",
];

Deno.test("Header values never break a line", async () => {
  await using arena = await Arena.start();
  const victim = await Victim.start(arena);
  for (const value of VALUES) {
    for (
      const field of [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Content-Type",
        "Content-Disposition",
        "Content-ID",
        "Content-Language",
        "Content-Transfer-Encoding",
      ]
    ) {
      await victim.take(`${field}: ${value}\r\n\r\nx`);
    }
  }
});

Deno.test("Header names never break a line", async () => {
  await using arena = await Arena.start();
  const victim = await Victim.start(arena);
  for (const value of VALUES) {
    await victim.take(`${value}: x\r\nSubject: y\r\n\r\nx`);
  }
});

Deno.test("Any octets make a message that can be fetched", async () => {
  await using arena = await Arena.start();
  const victim = await Victim.start(arena);
  const octet = fc.constantFrom(
    ..."aB:;,<>@()[]{}\"\\=?*/-'. \t\r\n\0\x7f\xe4",
  );
  const value = fc.array(octet, { maxLength: 60 }).map((all) => all.join(""));
  const field = fc.constantFrom(
    "From",
    "Sender",
    "Subject",
    "Content-Type",
    "Content-Disposition",
    "Content-Type: multipart/mixed; boundary=b\r\nX",
    "Content-Type: message/rfc822\r\nX",
  );
  await fc.assert(
    fc.asyncProperty(field, value, value, async (name, head, body) => {
      await victim.take(
        `${name}: ${head}\r\n\r\n--b\r\n${body}\r\n--b--\r\n`,
      );
    }),
    { numRuns: rounds(150) },
  );
});
