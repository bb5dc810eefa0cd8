/** Items 20 and 21: headers and structures that cost. All of it is appended, fetched and searched over a socket. */

import { assert, assertEquals } from "@std/assert";
import { Arena, ask } from "./arena.ts";

/** A message with a header of this text, and one line of body. */
const withHeader = (header: string) => `${header}\r\nbody\r\n`;

function nestedMultiparts(depth: number): string {
  let text = "Subject: deep\r\n";
  for (let level = 0; level < depth; level++) {
    const boundary = `b${level}`;
    text += `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n` +
      `--${boundary}\r\n`;
  }
  return text + "\r\nbody\r\n";
}

const MESSAGES: readonly [name: string, source: () => string][] = [
  ["100,000 addresses in To", () =>
    withHeader(
      "To: " +
        Array.from({ length: 100_000 }, (_, n) => `a${n}@b`).join(",\r\n ") +
        "\r\n",
    )],
  ["500,000 header lines", () => withHeader("X: y\r\n".repeat(500_000))],
  [
    "one field folded 200,000 times",
    () => withHeader("Subject: a" + "\r\n b".repeat(200_000) + "\r\n"),
  ],
  [
    "a header of 5 MB without an end",
    () => "Subject: " + "x".repeat(5_000_000),
  ],
  ["100,000 parts", () =>
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
    "--b\r\n\r\nx\r\n".repeat(100_000) + "--b--\r\n"],
  ["2,000 multiparts inside each other", () => nestedMultiparts(2_000)],
  [
    "2,000 messages inside each other",
    () => "Content-Type: message/rfc822\r\n\r\n".repeat(2_000) + "\r\nbody\r\n",
  ],
  ["50,000 pieces of a parameter", () =>
    withHeader(
      "Content-Type: text/plain" +
        Array.from({ length: 50_000 }, (_, n) => `;\r\n p*${n}=x`).join("") +
        "\r\n",
    )],
  ["100,000 References", () =>
    withHeader(
      "References:" +
        Array.from({ length: 100_000 }, (_, n) => `\r\n <${n}@x>`).join("") +
        "\r\n",
    )],
  [
    "50,000 encoded words",
    () =>
      withHeader(
        "Subject:" + "\r\n =?utf-8?Q?=C3=A4?=".repeat(50_000) + "\r\n",
      ),
  ],
  ["a thousand boundaries that are one another's beginning", () =>
    Array.from(
      { length: 1_000 },
      (_, n) =>
        `Content-Type: multipart/mixed; boundary=${
          "b".repeat(n % 70 + 1)
        }\r\n\r\n--${"b".repeat(n % 70 + 1)}\r\n`,
    ).join("") + "\r\nbody\r\n"],
];

for (const [name, source] of MESSAGES) {
  Deno.test(`A message with ${name} costs its size`, async () => {
    await using arena = await Arena.start();
    const client = await arena.logIn();
    const text = source();
    const stored = await ask(
      client,
      "a",
      `a APPEND INBOX {${text.length}+}\r\n${text}`,
    );
    assertEquals(stored.status, "OK");
    const opened = await ask(client, "b", "b SELECT INBOX");
    assertEquals(opened.status, "OK");
    for (
      const command of [
        "FETCH 1 (ENVELOPE BODYSTRUCTURE)",
        "FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT TO)] RFC822.SIZE)",
        "FETCH 1 BODY.PEEK[1.1.1.1.1.1.1.1.1.1.MIME]",
        "FETCH 1 BINARY.SIZE[1]",
        "SEARCH OR SUBJECT zzz HEADER X zzz",
        "SEARCH BODY zzz",
        "THREAD REFERENCES UTF-8 ALL",
        "THREAD ORDEREDSUBJECT UTF-8 ALL",
      ]
    ) {
      const outcome = await ask(client, "c", `c ${command}`);
      assert(["OK", "NO"].includes(outcome.status), `${command}: ${name}`);
    }
    await arena.assertAlive();
  });
}

Deno.test("5,000 field names are refused, 1,000 are looked up", async () => {
  await using arena = await Arena.start();
  const client = await arena.logIn();
  const text = withHeader("Subject: x\r\n");
  await ask(client, "a", `a APPEND INBOX {${text.length}+}\r\n${text}`);
  await ask(client, "b", "b SELECT INBOX");
  const names = (count: number) =>
    Array.from({ length: count }, (_, n) => `X-${n}`).join(" ");
  const few = `FETCH 1 BODY.PEEK[HEADER.FIELDS (${names(1_000)})]`;
  assertEquals((await ask(client, "c", `c ${few}`)).status, "OK");
  const many = `FETCH 1 BODY.PEEK[HEADER.FIELDS (${names(5_000)})]`;
  assertEquals((await ask(client, "d", `d ${many}`)).status, "BAD");
});
