import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { start } from "../../examples/mbox_view.ts";
import { codeOf } from "../callbacks/harness.ts";
import { login } from "./login.ts";

const first = "From a@example.com Thu Jan  1 10:00:00 2026\n" +
  "Subject: one\n\nFrom here on\n\nFrom now on, too\n\n\n";
const second = "From a@example.com Thu Jan 22 10:00:00 2026\r\n" +
  "Subject: two\r\n\r\ncaf\xe9\r\n\r\n";
const third = "From a@example.com Thu Feb  5 10:00:00 2026\n" +
  "Subject: three\n\n3\n\n";

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

Deno.test("an mbox file can be read and not changed", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "mail.mbox");
    await Deno.writeFile(path, bytes(first + second));
    await using server = start(path, 0);
    using client = await login(server);
    const selected = (await client.ok("SELECT INBOX")).join("\n");
    assertMatch(selected, /\[PERMANENTFLAGS \(\)\]/);
    const all = await client.ok(
      "FETCH 1:* (UID INTERNALDATE RFC822.SIZE BODY[])",
    );
    assertEquals(all, [
      '* 1 FETCH (UID 1 INTERNALDATE " 1-Jan-2026 10:00:00 +0000" ' +
      "RFC822.SIZE 52 BODY[] {52}",
      "Subject: one",
      "",
      "From here on",
      "",
      "From now on, too",
      "",
      ")",
      '* 2 FETCH (UID 2 INTERNALDATE "22-Jan-2026 10:00:00 +0000" ' +
      "RFC822.SIZE 22 BODY[] {22}",
      "Subject: two",
      "",
      "caf\xe9",
      ")",
    ]);
    for (
      const [command, code] of [
        ["STORE 1 +FLAGS (\\Deleted)", "READ-ONLY"],
        ["EXPUNGE", "READ-ONLY"],
        ["UID EXPUNGE 1", "READ-ONLY"],
        ["COPY 1 INBOX", "NOPERM"],
        ["UID MOVE 1 INBOX", "READ-ONLY"],
        ["CREATE new", "CANNOT"],
        ["RENAME INBOX old", "CANNOT"],
        ["APPEND INBOX {6+}\r\na: b\r\n", "NOPERM"],
      ] as const
    ) assertEquals(codeOf(await client.no(command)), code, command);
    await Deno.writeFile(path, bytes(third), { append: true });
    assertMatch((await client.ok("NOOP")).join(), /^\* 3 EXISTS/);
    const envelope = await client.ok("FETCH 3 (UID ENVELOPE)");
    assertMatch(envelope.join(), /^\* 3 FETCH \(UID 3 ENVELOPE \(NIL "three"/);
    assertEquals((await client.ok("SEARCH UNSEEN")).at(-1), "* SEARCH 1 2 3");

    await Deno.remove(path);
    assertEquals(codeOf(await client.no("SELECT INBOX")), "SERVERBUG");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("lines longer than what is read at once, and what is no mbox", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "mail.mbox");
    const long = `X: ${"x".repeat(200_000)}\n\n`;
    await Deno.writeFile(path, bytes(`Garbage\n\n${first}${long}${third}`));
    await using server = start(path, 0);
    using client = await login(server);
    await client.ok("SELECT INBOX");
    const sizes = await client.ok("FETCH 1:* RFC822.SIZE");
    assertEquals(sizes, [
      `* 1 FETCH (RFC822.SIZE ${52 + 2 + 200_005})`,
      "* 2 FETCH (RFC822.SIZE 21)",
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
