/** `imapd import`, killed half-way. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openKvStorage } from "../../../storage/kv/mod.ts";
import { withFolder } from "../../cli/run.ts";
import { runThroughKills, sizeOf } from "./kill.ts";
import { messagesIn } from "./source.ts";

const COUNT = 6_000;

function body(index: number): string {
  return `Subject: ${index}\n\n${"Hello ".repeat(index % 40)}\n`;
}

Deno.test("killed again and again, an import brings each message once and in order", () =>
  withFolder(async (dir) => {
    const mbox = join(dir, "mail.mbox");
    await Deno.writeTextFile(
      mbox,
      Array.from(
        { length: COUNT },
        (_, index) =>
          `From a@b Tue Jul  1 10:52:37 2003\nStatus: RO\n${body(index)}\n`,
      )
        .join(""),
    );
    const data = join(dir, "data");
    const kv = join(data, "imapd.kv");
    const args = ["import", mbox, "--user", "bob", "--kv", kv, "--json"];
    const journal = () => sizeOf(kv) + sizeOf(`${kv}-wal`);
    const last = await runThroughKills(
      args,
      [500_000, 1_500_000, 3_000_000],
      journal,
    );
    assertEquals([last.status, last.out.split("\n").length], [0, 2], last.err);
    const { imported, alreadyThere, refused } = JSON.parse(last.out);
    assertEquals([imported + alreadyThere, refused], [COUNT, 0]);
    await using storage = await openKvStorage({ path: kv });
    const there = await messagesIn(storage, "bob", "INBOX");
    const date = Date.UTC(2003, 6, 1, 10, 52, 37) / 1000;
    assertEquals(
      there,
      Array.from({ length: COUNT }, (_, index) =>
        [
          `Status: RO\n${body(index)}`.replaceAll("\n", "\r\n"),
          "\\Seen",
          date,
        ] as const),
    );
  }));
