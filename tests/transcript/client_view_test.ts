import { assertThrows } from "@std/assert";
import { ClientView } from "./client_view.ts";
import { parseResponse } from "../../testing/responses/response.ts";

/** Plays lines: `C: ` and a command, `S: ` and a response. */
function play(...lines: string[]): void {
  const view = new ClientView();
  for (const line of lines) {
    const text = line.slice(3);
    if (line.startsWith("C: ")) view.sent(text);
    else view.received(parseResponse(text, false));
  }
}

const SELECTED = ["C: s SELECT INBOX", "S: * 3 EXISTS", "S: s OK x"];

Deno.test("ClientView is content with a sound conversation", () => {
  play(
    ...SELECTED,
    "C: a UID FETCH 1:* FLAGS",
    "S: * 1 FETCH (UID 4 FLAGS ())",
    "S: * 2 FETCH (UID 5 FLAGS ())",
    "S: * 1 EXPUNGE",
    "S: a OK x",
    "C: b FETCH 1 UID",
    "S: * 1 FETCH (UID 5)",
    "S: * 4 EXISTS",
    "S: b OK x",
    "C: c FETCH 4 UID",
    "S: * 4 FETCH (UID 9)",
    "S: c OK x",
    "C: d SELECT Other",
    "S: * OK [CLOSED] x",
    "S: * 0 EXISTS",
    "S: d OK x",
  );
});

const FAULTS: Record<string, string[]> = {
  "an EXPUNGE during FETCH": ["C: a FETCH 1 UID", "S: * 1 EXPUNGE"],
  "an EXPUNGE without a command": ["S: * 1 EXPUNGE"],
  "VANISHED during STORE": ["C: a STORE 1 FLAGS ()", "S: * VANISHED 1"],
  "an EXPUNGE of what is not there": ["C: a NOOP", "S: * 4 EXPUNGE"],
  "EXISTS that shrinks": ["C: a NOOP", "S: * 2 EXISTS"],
  "FETCH of what is not there": ["C: a NOOP", "S: * 4 FETCH (FLAGS ())"],
  "a UID that changes": ["S: * 1 FETCH (UID 4)", "S: * 1 FETCH (UID 5)"],
  "UIDs that do not ascend": ["S: * 1 FETCH (UID 4)", "S: * 2 FETCH (UID 3)"],
  "8-bit outside of a literal": ['S: * LIST () "/" "\xc3\xbc"'],
};

for (const [name, lines] of Object.entries(FAULTS)) {
  Deno.test(`ClientView minds ${name}`, () => {
    assertThrows(() => play(...SELECTED, ...lines));
  });
}

Deno.test("ClientView takes UTF-8 once IMAP4rev2 is enabled", () => {
  play("C: a ENABLE IMAP4rev2", 'S: * LIST () "/" "\xc3\xbc"');
});
