import { assertEquals, assertThrows } from "@std/assert";
import { parseScript, ScriptError } from "./parse_script.ts";

Deno.test("parseScript reads the header", () => {
  const script = parseScript(
    `# A comment
requires: MOVE UIDPLUS
not: dovecot does otherwise
storage: kv
rev: 1 2
limits: literal=100 badCommands=3
disable: IDLE
recent: shown
mailbox: INBOX 4 messages
mailbox: "two words"
message: INBOX (\\Seen) "17-Jul-1996 02:44:25 -0700"
| Subject: x
|
| \\xe4
subscribe: INBOX
state: selected INBOX
state 2: authenticated
user 2: bob
1C: a NOOP
1S: a OK
`,
    "test",
  );
  assertEquals(script.requires, ["MOVE", "UIDPLUS"]);
  assertEquals(script.not.get("dovecot"), "does otherwise");
  assertEquals(script.storage, "kv");
  assertEquals(script.revisions, [1, 2]);
  assertEquals(script.limits, { literal: 100, badCommands: 3 });
  assertEquals(script.disable, ["IDLE"]);
  assertEquals(script.recent, true);
  assertEquals(script.mailboxes, [
    { name: "INBOX", generated: 4 },
    { name: "two words", generated: 0 },
  ]);
  assertEquals(script.messages, [{
    mailbox: "INBOX",
    arguments: '(\\Seen) "17-Jul-1996 02:44:25 -0700"',
    source: "Subject: x\r\n\r\n\xe4\r\n",
  }]);
  assertEquals(script.subscriptions, ["INBOX"]);
  assertEquals(script.states.get(0), {
    name: "selected",
    command: "SELECT",
    mailbox: "INBOX",
  });
  assertEquals(script.states.get(2), { name: "authenticated" });
  assertEquals(script.users.get(2), "bob");
  assertEquals(script.steps.length, 2);
});

Deno.test("parseScript gathers what a connection hears until it is answered", () => {
  const { steps } = parseScript(
    "1S: * 1 EXISTS\n1S: a OK\n1S: b OK\n1S: +\n2!: BYE\n2S: ...\n2S: -\n1-:\n",
    "test",
  );
  assertEquals(
    steps.map((step) =>
      step.type === "expect"
        ? [step.connection, step.responses.length, step.open, step.closed]
        : [step.connection, step.type]
    ),
    [
      [1, 2, false, false],
      [1, 1, false, false],
      [1, 1, false, false],
      [2, 0, true, true],
      [1, "close"],
    ],
  );
});

Deno.test("parseScript reads literals, in a line and over lines", () => {
  const { steps } = parseScript(
    "1C: a LOGIN {{{alice}}} ~{{{+\ntwo\n\nlines\n}}} x\n1>: raw\\x0d\n",
    "test",
  );
  assertEquals(steps.map((step) => step.type === "send" && step.pieces), [
    [
      { type: "text", text: "a LOGIN " },
      { type: "literal", text: "alice", synchronizing: true, binary: false },
      { type: "text", text: " " },
      {
        type: "literal",
        text: "two\r\n\r\nlines\r\n",
        synchronizing: false,
        binary: true,
      },
      { type: "text", text: " x\r\n" },
    ],
    [{ type: "text", text: "raw\r" }],
  ]);
});

for (
  const source of [
    "bogus: x\n",
    "state: asleep\n",
    "1S: a MAYBE\n",
    "1C: a {{{open\n",
    "1C: a NOOP\nnot a step\n",
    "| a line of no message\n",
  ]
) {
  Deno.test(`parseScript refuses ${JSON.stringify(source)}`, () => {
    assertThrows(() => parseScript(source, "test"), ScriptError);
  });
}
