/**
 * Every command of the TRANSACTION state (RFC 1939 § 5, § 6, § 7).
 */

import { assert, assertEquals } from "@std/assert";
import { Conversation, conversation, TWO } from "./conversation.ts";

conversation(
  "STAT and LIST tell numbers and sizes",
  {},
  `
  C: STAT
  S: +OK 2 63
  C: LIST
  S: +OK 2 messages (63 octets)
  S: 1 41
  S: 2 22
  S: .
  C: LIST 2
  S: +OK 2 22
  C: LIST 3
  S: -ERR There is no such message
  `,
);

conversation(
  "an empty maildrop has empty listings",
  { messages: [] },
  `
  C: STAT
  S: +OK 0 0
  C: LIST
  S: +OK
  S: .
  C: UIDL
  S: +OK
  S: .
  C: RETR 1
  S: -ERR
  C: QUIT
  S: +OK
  S: (closed)
  `,
);

conversation(
  "RETR stuffs dots",
  {},
  `
  C: RETR 1
  S: +OK 41 octets
  S: Subject: one
  S:
  S: first
  S: second
  S: ..third
  S:
  S: .
  C: RETR 2
  S: +OK 22 octets
  S: Subject: two
  S:
  S: a
  S: ..
  S: .
  `,
);

conversation(
  "RETR makes lines of whatever a message is",
  {
    messages: ["Subject: x\n\nno end", ""].slice(0, 1),
    raw: [
      new TextEncoder().encode("Subject: y\n\na\n.\nb\n"),
      new TextEncoder().encode(".\r\n..\r\n"),
    ],
  },
  `
  C: LIST
  S: +OK 3 messages (52 octets)
  S: 1 22
  S: 2 23
  S: 3 7
  S: .
  C: RETR 1
  S: +OK 22 octets
  S: Subject: x
  S:
  S: no end
  S: .
  C: RETR 2
  S: +OK 23 octets
  S: Subject: y
  S:
  S: a
  S: ..
  S: b
  S: .
  C: RETR 3
  S: +OK 7 octets
  S: ..
  S: ...
  S: .
  `,
);

conversation(
  "TOP counts lines of the body",
  {},
  `
  C: TOP 1 0
  S: +OK
  S: Subject: one
  S:
  S: .
  C: top 1 3
  S: +OK
  S: Subject: one
  S:
  S: first
  S: second
  S: ..third
  S: .
  C: TOP 1 999999999
  S: +OK
  S: Subject: one
  S:
  S: first
  S: second
  S: ..third
  S:
  S: .
  `,
);

conversation(
  "DELE marks, RSET unmarks, QUIT removes",
  {},
  `
  C: DELE 1
  S: +OK
  C: DELE 1
  S: -ERR The message is marked as deleted
  C: RETR 1
  S: -ERR The message is marked as deleted
  C: TOP 1 0
  S: -ERR
  C: LIST 1
  S: -ERR
  C: UIDL 1
  S: -ERR
  C: STAT
  S: +OK 1 22
  C: LIST
  S: +OK 1 messages (22 octets)
  S: 2 22
  S: .
  C: RSET
  S: +OK 2 messages (63 octets)
  C: STAT
  S: +OK 2 63
  C: DELE 2
  S: +OK
  C: NOOP
  S: +OK
  C: QUIT
  S: +OK
  S: (closed)
  `,
);

const WRONG_NUMBERS = [
  ...["", "0", "-1", "+1", "01", "1.0", "0x1", "1e0", "\u0661", "one", "1 1"],
  ...["99999999999", "4294967297", "18446744073709551617", "9".repeat(200)],
];
conversation(
  "numbers that are none",
  { limits: { badCommands: 1_000 } },
  [
    ...WRONG_NUMBERS.flatMap((number) =>
      ["RETR", "DELE", "TOP 1", `TOP 3`].flatMap((command) => {
        if (
          command === "TOP 1" &&
          ["0", "99999999999", "4294967297"].includes(number)
        ) return [];
        return [`C: ${command} ${number}`, "S: -ERR"];
      })
    ),
    ...["LIST", "UIDL"].flatMap((command) =>
      WRONG_NUMBERS.filter((number) => number !== "").flatMap((number) => [
        `C: ${command} ${number}`,
        "S: -ERR",
      ])
    ),
    ...["TOP", "TOP 1", "TOP 1 -5", "TOP 1 0 0", "RETR", "DELE"].flatMap(
      (command) => [`C: ${command}`, "S: -ERR"],
    ),
    "C: STAT",
    "S: +OK 2 63",
  ].join("\n"),
);

conversation(
  "arguments where there are none",
  {},
  ["STAT x", "NOOP x", "RSET 1", "CAPA x", "QUIT now"]
    .flatMap((command) => [`C: ${command}`, "S: -ERR"]).join("\n"),
);

conversation(
  "commands of the AUTHORIZATION state come too late",
  { tls: true },
  ["USER alice", "PASS secret", "AUTH PLAIN", "AUTH", "STLS", "UTF8"]
    .flatMap((
      command,
    ) => [`C: ${command}`, "S: -ERR You are logged in already"])
    .join("\n"),
);

conversation(
  "commands are known in any case, and no others are",
  {},
  `
  C: noop
  S: +OK
  C: Stat
  S: +OK 2 63
  C: LAST
  S: -ERR Unknown command
  C:
  S: -ERR Unknown command
  C:  STAT
  S: -ERR Unknown command
  C: NOOP\u00e9
  S: -ERR Unknown command
  C: STAT\tx
  S: -ERR Unknown command
  C: LIST 1\x00
  S: -ERR A control character
  C: LIST 1\rx
  S: -ERR A control character
  `,
);

Deno.test("UIDL is the same in the next session and another for each message", async () => {
  await using first = await Conversation.begin({ messages: [...TWO, ...TWO] });
  const ids = await first.lines("UIDL");
  assertEquals(ids.map((line) => line.split(" ")[0]), ["1", "2", "3", "4"]);
  const unique = new Set(ids.map((line) => line.slice(2)));
  assertEquals(unique.size, 4);
  for (const id of unique) assert(/^[!-~]{1,70}$/.test(id), id);
  assertEquals(await first.ask("UIDL 3"), `+OK ${ids[2]}`);
  await first.says("C: DELE 2\nS: +OK\nC: QUIT\nS: +OK\nS: (closed)");
  await using second = new Conversation(first.host);
  await second.says("S: +OK\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK");
  assertEquals(await second.lines("UIDL"), [
    ids[0],
    `2${ids[2]!.slice(1)}`,
    `3${ids[3]!.slice(1)}`,
  ]);
});

Deno.test("pipelined commands are answered in order, in one write", async () => {
  await using client = await Conversation.begin();
  const { pipe } = client;
  const before = pipe.writes;
  pipe.send("STAT\r\nNOOP\r\nDELE 1\r\nLIST\r\nRSET\r\nUIDL 9\r\nSTAT\r\n");
  await client.says(`
    S: +OK 2 63
    S: +OK
    S: +OK
    S: +OK 1 messages (22 octets)
    S: 2 22
    S: .
    S: +OK
    S: -ERR
    S: +OK 2 63
  `);
  assertEquals(pipe.writes, before + 1);
});

Deno.test("what comes before QUIT in one write is answered too", async () => {
  await using client = await Conversation.begin();
  client.pipe.send("DELE 1\r\nRETR 2\r\nQUIT\r\nSTAT\r\n");
  const heard = await client.pipe.rest();
  assert(
    /^\+OK [^]*\r\n\.\.\r\n\.\r\n\+OK Signing off\r\n$/.test(heard),
    heard,
  );
});

Deno.test("a line may end in LF alone", async () => {
  await using client = await Conversation.begin();
  client.pipe.send("STAT\nNOOP\n");
  await client.says("S: +OK 2 63\nS: +OK");
});
