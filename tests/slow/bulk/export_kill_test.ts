/** `imapd export`, killed half-way. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FORMATS } from "../../../server/export/export_file.ts";
import { openKvStorage } from "../../../storage/kv/mod.ts";
import { withFolder } from "../../cli/run.ts";
import { runAndKill, runThroughKills } from "./kill.ts";
import { messagesIn } from "./source.ts";

const COUNT = 3_000;

/** The messages that an export says are whole in it. */
function exported(folder: string): number {
  try {
    const text = Deno.readTextFileSync(join(folder, "imapd-export.json"));
    return JSON.parse(text).mailboxes[0].messages;
  } catch {
    return -1;
  }
}

async function fill(kv: string): Promise<void> {
  await using storage = await openKvStorage({ path: kv });
  const account = await storage.openAccount("bob");
  const mailbox = await account.openMailbox("INBOX");
  await mailbox.append(
    Array.from({ length: COUNT }, (_, index) => ({
      source: new TextEncoder().encode(
        `Subject: ${index}\r\n\r\n${"From me\r\n".repeat(index % 60)}`,
      ),
      flags: index % 2 === 0 ? [] : ["\\Seen", "$Work"],
      internalDate: Date.UTC(2020, 0, 1) + index * 1000,
      summary: new Uint8Array(0),
    })),
  );
  mailbox.close();
  account.close();
}

for (const format of FORMATS) {
  Deno.test(`killed again and again, an export as ${format} has each message once`, () =>
    withFolder(async (dir) => {
      const kv = join(dir, "a", "imapd.kv");
      await Deno.mkdir(join(dir, "a"));
      await fill(kv);
      const folder = join(dir, "out");
      const last = await runThroughKills(
        [
          ...["export", "--user", "bob", "--format", format, "--to", folder],
          ...["--kv", kv, "--json"],
        ],
        [0, 1],
        () => exported(folder),
      );
      assertEquals(last.status, 0, last.err);
      const result = JSON.parse(last.out);
      assertEquals(
        [result.exported + result.alreadyThere, result.refused],
        [COUNT, 0],
      );
      const other = join(dir, "b", "imapd.kv");
      const back = await runAndKill(
        ["import", folder, "--user", "bob", "--kv", other],
        () => false,
      );
      assertEquals(back.status, 0, back.err);
      await using there = await openKvStorage({ path: kv });
      await using here = await openKvStorage({ path: other });
      assertEquals(
        await messagesIn(here, "bob", "INBOX"),
        await messagesIn(there, "bob", "INBOX"),
      );
    }));
}
