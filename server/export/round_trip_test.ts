/** What goes out comes back: bytes, flags, keywords, dates, in the same order. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { latin1 } from "../../protocol/mime/bytes.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { NewMessage } from "../../storage/model.ts";
import type { Account } from "../../storage/storage.ts";
import { findSources } from "../import/find_sources.ts";
import { importInto } from "../import/importer.ts";
import { ProgressFile } from "../import/progress_file.ts";
import { EXPORT_FILE, type ExportFormat, FORMATS } from "./export_file.ts";
import { ExportConflict, exportMailboxes } from "./exporter.ts";
import { rounds } from "../../tests/shards/part.ts";

type Mail = Omit<NewMessage, "summary">;

const bytes = (text: string) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

async function withFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function fill(
  account: Account,
  name: string,
  mail: readonly Mail[],
): Promise<void> {
  if ((await account.mailbox(name))?.id === undefined) {
    await account.createMailbox(name);
  }
  const mailbox = await account.openMailbox(name);
  const summary = new Uint8Array(0);
  await mailbox.append(mail.map((each) => ({ ...each, summary })));
  mailbox.close();
}

async function read(account: Account, name: string): Promise<unknown[]> {
  const mailbox = await account.openMailbox(name);
  const { state } = mailbox;
  const found: unknown[] = [];
  for (let index = 0; index < state.length; index++) {
    const { uid, flags, internalDate } = state.recordAt(index);
    const source = await mailbox.readSource(uid);
    found.push([
      latin1(source!),
      [...flags].sort(),
      internalDate,
    ]);
  }
  mailbox.close();
  return found;
}

async function exportAll(
  account: Account,
  format: ExportFormat,
  folder: string,
) {
  const names = (await account.mailboxes())
    .filter(({ id }) => id !== undefined).map(({ name }) => name);
  return await exportMailboxes({
    account,
    names,
    delimiter: "/",
    format,
    folder,
  });
}

async function importAll(account: Account, folder: string): Promise<void> {
  const progress = await ProgressFile.open(join(folder, "..", "progress.json"));
  for (
    const source of await findSources(folder, { maxMessageSize: 1_000_000 })
  ) {
    const name = source.below.length === 0 ? "INBOX" : source.below.join("/");
    if ((await account.mailbox(name))?.id === undefined) {
      await account.createMailbox(name);
    }
    const mailbox = await account.openMailbox(name);
    const { failures } = await importInto(source, mailbox, {
      progress,
      key: name,
    });
    assertEquals(failures.named, []);
    mailbox.close();
  }
  await progress.delete([...(await account.mailboxes()).map((m) => m.name)]);
}

/** Exports one account, imports it into another, and compares the two. */
async function mustBeTheSame(
  boxes: Readonly<Record<string, readonly Mail[]>>,
  format: ExportFormat,
): Promise<void> {
  await withFolder(async (dir) => {
    await using storage = new MemoryStorage();
    const from = await storage.openAccount("from");
    const to = await storage.openAccount("to");
    for (const [name, mail] of Object.entries(boxes)) {
      await fill(from, name, mail);
    }
    const folder = join(dir, "export");
    const { failures } = await exportAll(from, format, folder);
    assertEquals(failures.count, 0);
    await importAll(to, folder);
    for (const name of Object.keys(boxes)) {
      assertEquals(await read(to, name), await read(from, name));
    }
    from.close();
    to.close();
  });
}

const DATE = Date.UTC(2003, 6, 1, 10, 52, 37, 123);

/** Everything that a file could get wrong. */
const ODD = [
  "Subject: x\r\n\r\nHello\r\n",
  "Subject: no end of line\r\n\r\nHello",
  "Subject: from\r\n\r\nFrom a@b Tue Jul  1 10:52:37 2003\r\n\r\nFrom here\r\n",
  "From a@b Tue Jul  1 10:52:37 2003\r\nSubject: from above\r\n\r\n>From\r\n>>From x\r\n",
  "Subject: empty lines\r\n\r\n\r\n\r\n",
  "\r\n",
  "\r\n\r\n",
  "x",
  "Subject: bare LF\n\nHello\nFrom x\n",
  "Subject: both\r\n\nHello\n\r\n",
  "Subject: CR\r\rHello\r",
  "Subject: CR CR LF\r\r\n\r\r\n\r",
  "Subject: ends in CR\r\n\r\nHello\r",
  "Subject: NUL and 8 bit\r\n\r\n\0\xe9\xff\0",
  "X-Imapd-Message: size=3 date=0 lines=lf fields=1\r\nStatus: RO\r\n\r\nabc",
  "Status: RO\r\nX-Status: AFTD\r\nX-Keywords: one two\r\n\r\nmine\r\n",
  "\n",
  "\r",
  "Subject: long\r\n\r\n" + "From ".repeat(30_000),
];

const FLAGS = [
  [],
  ["\\Seen"],
  ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"],
  ["$Junk", "work", "$Forwarded", "a.b", "x".repeat(200)],
];

for (const format of FORMATS) {
  Deno.test(`odd messages come back from ${format} as they were`, () =>
    mustBeTheSame({
      INBOX: ODD.map((source, index) => ({
        source: bytes(source),
        flags: FLAGS[index % FLAGS.length]!,
        internalDate: [DATE, 0, -1_234, DATE + index, 253_402_300_799_999][
          index % 5
        ]!,
      })),
      "Sent": [],
      "sent": [{ source: bytes("a\r\n"), flags: [], internalDate: DATE }],
      "Old/example.org/Ärger & so": [
        { source: bytes("b\r\n"), flags: ["\\Seen"], internalDate: DATE },
      ],
      "index.jsonl/old.mbox": [
        { source: bytes("c\r\n"), flags: [], internalDate: DATE },
      ],
      "index.jsonl": [
        { source: bytes("d\r\n"), flags: [], internalDate: DATE },
      ],
    }, format));

  Deno.test(`whatever the messages are, ${format} gives them back`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            source: fc.array(
              fc.constantFrom(
                "From ",
                ">",
                "\r\n",
                "\n",
                "\r",
                "Subject: x",
                "\0",
                "\xfc",
                "text",
                "From a@b Tue Jul  1 10:52:37 2003",
                "X-Imapd-Message: size=1 date=0 lines=raw fields=1",
              ),
              { minLength: 1, maxLength: 12 },
            ).map((parts) => bytes(parts.join(""))),
            flags: fc.subarray(["\\Seen", "\\Draft", "$Junk", "a", "B"]),
            internalDate: fc.integer({ min: -1e12, max: 2e12 }),
          }),
          { maxLength: 8 },
        ),
        async (mail) => await mustBeTheSame({ INBOX: mail }, format),
      ),
      { numRuns: rounds(40) },
    ));

  Deno.test(`an export as ${format} goes on behind the last message that is certain`, () =>
    withFolder(async (dir) => {
      await using storage = new MemoryStorage();
      const from = await storage.openAccount("from");
      const mail = Array.from({ length: 30 }, (_, index) => ({
        source: bytes(`Subject: ${index}\r\n\r\nHello\r\n`),
        flags: index % 2 === 0 ? [] : ["$Junk"],
        internalDate: DATE + index,
      }));
      await fill(from, "INBOX", mail.slice(0, 20));
      const folder = join(dir, "export");
      await exportAll(from, format, folder);
      // As if it had been killed when 12 were certain, and some more were in the files.
      const path = join(folder, EXPORT_FILE);
      const contents = JSON.parse(await Deno.readTextFile(path));
      const [inbox] = contents.mailboxes;
      inbox.uid = inbox.messages = 12;
      if (format !== "maildir") {
        const grown = join(
          folder,
          format === "mbox" ? inbox.path : `${inbox.path}/index.jsonl`,
        );
        const text = await Deno.readTextFile(grown);
        const ends = text.matchAll(format === "mbox" ? /^From /gm : /^\{/gm);
        inbox.offset = [...ends][12]!.index;
        await Deno.writeTextFile(grown, "half", { append: true });
      }
      await Deno.writeTextFile(path, JSON.stringify(contents));
      await fill(from, "INBOX", mail.slice(20));
      const { mailboxes } = await exportAll(from, format, folder);
      assertEquals(
        [mailboxes[0]!.exported, mailboxes[0]!.alreadyThere],
        [18, 12],
      );
      const to = await storage.openAccount("to");
      await importAll(to, folder);
      assertEquals(await read(to, "INBOX"), await read(from, "INBOX"));
      from.close();
      to.close();
    }));
}

Deno.test("nothing is written over what is no export of the same mailboxes", () =>
  withFolder(async (dir) => {
    await using storage = new MemoryStorage();
    const account = await storage.openAccount("alice");
    await fill(account, "A", [
      { source: bytes("a\r\n"), flags: [], internalDate: DATE },
    ]);
    await Deno.writeTextFile(join(dir, "letter.txt"), "mine");
    await assertRejects(() => exportAll(account, "mbox", dir), ExportConflict);
    const folder = join(dir, "export");
    await exportAll(account, "mbox", folder);
    await assertRejects(
      () => exportAll(account, "eml", folder),
      ExportConflict,
    );
    const other = await storage.openAccount("bob");
    await assertRejects(() => exportAll(other, "mbox", folder), ExportConflict);
    await account.deleteMailbox("A");
    await account.createMailbox("A");
    await assertRejects(
      () => exportAll(account, "mbox", folder),
      ExportConflict,
    );
    other.close();
    account.close();
  }));

Deno.test("a Maildir has room for 26 keywords, and says what it left out", () =>
  withFolder(async (dir) => {
    await using storage = new MemoryStorage();
    const account = await storage.openAccount("alice");
    const keywords = Array.from({ length: 28 }, (_, index) => `k${index}`);
    await fill(
      account,
      "INBOX",
      keywords.map((keyword) => ({
        source: bytes("a\r\n"),
        flags: [keyword],
        internalDate: DATE,
      })),
    );
    const { mailboxes } = await exportAll(account, "maildir", join(dir, "m"));
    assertEquals(mailboxes[0]!.keywordsLeftOut, ["k26", "k27"]);
    const names = [...Deno.readDirSync(join(dir, "m", "cur"))];
    assert(names.some(({ name }) => /:2,z$/.test(name)));
    account.close();
  }));
