/**
 * mutt and NeoMutt, as somebody types.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { inboxArchive, lastLine, subjectOf } from "./archive.ts";
import { holds, muttArguments, openMutt } from "./mutt.ts";
import { NEEDS } from "./packages.ts";
import { eventually, run } from "./process.ts";
import {
  flags,
  interopTest,
  type MailServer,
  openSession,
  sameSource,
  sources,
  type Transport,
  TRANSPORTS,
} from "./server.ts";
import { type Terminal, text } from "./tmux.ts";

for (const program of ["mutt", "neomutt"] as const) {
  for (const transport of TRANSPORTS) {
    await interopTest(`${program} over ${transport}`, {
      needs: [NEEDS[program], NEEDS.tmux],
      archives: async (directory) => [await inboxArchive(directory)],
    }, async (server) => {
      {
        await using terminal = await openMutt(program, server, transport, 100);
        const { messages } = await inboxArchive(server.directory);
        await readAndSearch(terminal, messages);
        await flagCopyMoveDelete(terminal, server, messages);
        await hearOfNewMail(terminal, server);
        await terminal.type("q");
        await terminal.ended();
      }
      // NeoMutt keeps no copy of what it sends without a terminal.
      if (program === "mutt") await keepSentMail(server, transport);
      // Again, now with headers in the cache, from where the last session left.
      await using again = await openMutt(program, server, transport, 99);
      await again.type("q");
      await again.ended();
    });
  }
}

async function keepSentMail(
  server: MailServer,
  transport: Transport,
): Promise<void> {
  const args = await muttArguments(server, transport);
  await run("mutt", [...args, "-s", "Sent", "you@example.org"], {
    input: "A line\n.\nand another\n",
  });
  const [sent = ""] = await sources(server, "Sent");
  assertMatch(sent, /^Subject: Sent\r$/m);
  assertMatch(sent, /\r\n\r\nA line\r\n\.\r\nand another\r\n$/);
}

async function readAndSearch(
  terminal: Terminal,
  [first = "", second = ""]: readonly string[],
): Promise<void> {
  await terminal.type("1", "Enter", "Enter");
  await terminal.see(text(lastLine(first)));
  await terminal.type("q");
  // "=b" has the server search.
  await terminal.type("l", "C-u", `=b "${lastLine(first)}"`, "Enter");
  await terminal.see(text(subjectOf(first), " *\\n *\\n"));
  await terminal.type("l", "C-u", "all", "Enter");
  await terminal.see(
    text(subjectOf(first), " *\\n.*", subjectOf(second)),
  );
}

async function flagCopyMoveDelete(
  terminal: Terminal,
  server: MailServer,
  messages: readonly string[],
): Promise<void> {
  await terminal.type("2", "Enter", "F");
  await terminal.type("1", "Enter", "C", "C-u", "=Copies", "Enter");
  await untilHolds(server, "Copies", 1);
  const [copy = ""] = await sources(server, "Copies");
  assert(sameSource(copy, messages[0] as string), copy);

  await terminal.type("3", "Enter", "s", "C-u", "=Moved", "Enter");
  await untilHolds(server, "Moved", 1);
  const [moved = ""] = await sources(server, "Moved");
  assert(sameSource(moved, messages[2] as string), moved);
  await terminal.type("4", "Enter", "d");
  await terminal.type("$");
  await terminal.see(holds(98));

  const now = await flags(server, "INBOX");
  assertEquals([...now.keys()].slice(0, 4), [1, 2, 5, 6]);
  assertStringIncludes(now.get(1) ?? "", "\\Seen");
  assertStringIncludes(now.get(2) ?? "", "\\Flagged");
}

async function hearOfNewMail(
  terminal: Terminal,
  server: MailServer,
): Promise<void> {
  using client = await openSession(server);
  const source = "From: Somebody Else <else@example.org>\r\n" +
    "Subject: Just arrived\r\n\r\nHello\r\n";
  await client.append("INBOX", new TextEncoder().encode(source), "()");
  await terminal.see(holds(99));
  await terminal.type("99", "Enter", "Enter");
  await terminal.see(/Subject: Just arrived/);
  await terminal.type("q");
  await terminal.see(holds(99));
}

async function untilHolds(
  server: MailServer,
  mailbox: string,
  count: number,
): Promise<void> {
  using client = await openSession(server);
  await eventually(`${count} in ${mailbox}`, async () => {
    const lines = await client.lines(
      `LIST "" ${mailbox} RETURN (STATUS (MESSAGES))`,
    );
    const status = lines.join("\n");
    return status.includes(`MESSAGES ${count})`) ? true : undefined;
  });
}
