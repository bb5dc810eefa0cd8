/** What the scope of a token leaves, in POP3. */

import { assertEquals, assertMatch } from "@std/assert";
import { withScene } from "./scene.ts";

Deno.test("read-only: mail is read and stays, as it was", () =>
  withScene(async ({ pop3, login }) => {
    const answers = await pop3(
      "USER alice",
      "PASS read",
      "STAT",
      "RETR 1",
      "TOP 2 0",
      "DELE 1",
      "RSET",
      "QUIT",
    );
    assertEquals(
      answers.slice(2).map((answer) => answer.slice(0, 4)),
      ["+OK ", "+OK ", "+OK ", "+OK ", "-ERR", "+OK ", "+OK "],
    );
    const whole = await login("secret");
    await whole.ok("EXAMINE INBOX");
    assertEquals(await whole.messages(), [
      "* 1 FETCH (UID 1 FLAGS (\\Recent))",
      "* 2 FETCH (UID 2 FLAGS (\\Recent))",
    ]);
  }));

Deno.test("where INBOX cannot be read nobody is let in", () =>
  withScene(async ({ pop3 }) => {
    for (const token of ["append", "lists", "drop"]) {
      const answers = await pop3("USER alice", `PASS ${token}`, "STAT", "QUIT");
      assertMatch(answers[2]!, /^-ERR /, token);
      assertMatch(answers[3]!, /^-ERR /, token);
    }
    const answers = await pop3("USER alice", "PASS inbox", "STAT", "QUIT");
    assertMatch(answers[3]!, /^\+OK 2 /);
  }));

Deno.test("with the password mail is removed, as ever", () =>
  withScene(async ({ pop3 }) => {
    const quit = await pop3("USER alice", "PASS secret", "DELE 1", "QUIT");
    assertEquals(
      quit.map((answer) => answer.slice(0, 3)),
      Array(5).fill("+OK"),
    );
    const again = await pop3("USER alice", "PASS secret", "STAT", "QUIT");
    assertMatch(again[3]!, /^\+OK 1 /);
  }));
