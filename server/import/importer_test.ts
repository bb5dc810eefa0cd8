import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { NewMessage } from "../../storage/model.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { findSources } from "./find_sources.ts";
import { importInto } from "./importer.ts";
import { ProgressFile } from "./progress_file.ts";
import type { ImportSource } from "./source.ts";

const OPTIONS = { maxMessageSize: 10_000 };
const encoder = new TextEncoder();

async function withFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function write(path: string, text: string, time?: number): Promise<void> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
  if (time !== undefined) await Deno.utime(path, time, time);
}

async function withInbox(
  body: (mailbox: Mailbox, account: Account) => Promise<void>,
): Promise<void> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const mailbox = await account.openMailbox("INBOX");
  await body(mailbox, account);
  mailbox.close();
  account.close();
  assertEquals(await storage.verify(), []);
}

/** What is in a mailbox: subject or source, flags, INTERNALDATE. */
async function contents(
  mailbox: Mailbox,
): Promise<[source: string, flags: readonly string[], date: number][]> {
  const { state } = mailbox;
  const list: [string, readonly string[], number][] = [];
  for (let index = 0; index < state.length; index++) {
    const { uid, flags, internalDate } = state.recordAt(index);
    const source = await mailbox.readSource(uid);
    list.push([new TextDecoder().decode(source), flags, internalDate]);
  }
  return list;
}

Deno.test("an mbox keeps order, dates and flags; lines end in CRLF", () =>
  withFolder(async (dir) => {
    const path = join(dir, "mail");
    await write(
      path,
      "From a@b Tue Jul  1 10:52:37 2003\nSubject: one\nStatus: RO\n\nHello\n\n" +
        "From a@b Tue Jul  1 10:52:38 2003\r\nSubject: two\r\n\r\nFrom here\r\n\r\n" +
        `From a@b Tue Jul  1 10:52:39 2003\nSubject: big\n\n${
          "x".repeat(10_001)
        }\n`,
    );
    const [source] = await findSources(path, OPTIONS);
    const progress = await ProgressFile.open(join(dir, "progress.json"));
    await withInbox(async (mailbox) => {
      const result = await importInto(source!, mailbox, { progress, key: "k" });
      assertEquals(result.imported, 2);
      assertEquals(result.failures.named, [{
        what: "the message at byte 130",
        reason: "larger than a message may be",
      }]);
      assertEquals(await contents(mailbox), [
        [
          "Subject: one\r\nStatus: RO\r\n\r\nHello\r\n",
          ["\\Seen"],
          Date.UTC(2003, 6, 1, 10, 52, 37),
        ],
        [
          "Subject: two\r\n\r\nFrom here\r\n",
          [],
          Date.UTC(2003, 6, 1, 10, 52, 38),
        ],
      ]);
    });
  }));

Deno.test("a Maildir++ with its mailboxes, keywords, and times of files", () =>
  withFolder(async (dir) => {
    await write(join(dir, "cur/200.b.host:2,FSa"), "Subject: b\n\n", 200);
    await write(join(dir, "cur/99.a.host:2,"), "Subject: a\n\n", 99);
    await write(join(dir, "new/300.c.host"), "Subject: c\n\n", 300);
    await write(join(dir, "cur/.hidden"), "no");
    await write(join(dir, "tmp/400.d.host"), "no");
    await write(join(dir, "dovecot-keywords"), "0 $Junk\n");
    await write(join(dir, ".Sent.2003/cur/1.x"), "Subject: x\n\n", 1);
    await write(join(dir, ".&AMQ-rger/new/1.y"), "Subject: y\n\n", 1);
    await write(join(dir, "other/z.eml"), "Subject: z\n\n");
    const sources = await findSources(dir, OPTIONS);
    assertEquals(sources.map(({ below, total }) => [below, total]), [
      [[], 3],
      [["Ärger"], 1],
      [["Sent", "2003"], 1],
    ]);
    const progress = await ProgressFile.open(join(dir, "progress.json"));
    await withInbox(async (mailbox) => {
      await importInto(sources[0]!, mailbox, { progress, key: "k" });
      assertEquals(await contents(mailbox), [
        ["Subject: a\r\n\r\n", [], 99_000],
        ["Subject: b\r\n\r\n", ["\\Flagged", "\\Seen", "$Junk"], 200_000],
        ["Subject: c\r\n\r\n", [], 300_000],
      ]);
    });
  }));

Deno.test("a folder of messages, and one of them", () =>
  withFolder(async (dir) => {
    const date = "Date: Tue, 1 Jul 2003 10:52:37 +0000\n";
    await write(join(dir, "b.EML"), `${date}Subject: b\n\n`);
    await write(join(dir, "a/1.eml"), "Subject: a\rText\r", 7);
    await write(join(dir, "a/2.eml"), "");
    await write(join(dir, "notes.txt"), "no");
    const progress = await ProgressFile.open(join(dir, "progress.json"));
    await withInbox(async (mailbox) => {
      const [folder] = await findSources(dir, OPTIONS);
      const result = await importInto(folder!, mailbox, { progress, key: "k" });
      assertEquals(result.failures.named, [
        { what: "a/2.eml", reason: "empty" },
      ]);
      const [file] = await findSources(join(dir, "b.EML"), OPTIONS);
      await importInto(file!, mailbox, { progress, key: "l" });
      const time = Date.UTC(2003, 6, 1, 10, 52, 37);
      const b = `${date.trimEnd()}\r\nSubject: b\r\n\r\n`;
      assertEquals(await contents(mailbox), [
        ["Subject: a\r\nText\r\n", [], 7_000],
        [b, [], time],
        [b, [], time],
      ]);
    });
  }));

/** An mbox in memory with so many messages, some of them alike. */
function numbered(count: number): ImportSource {
  return {
    path: "numbered",
    below: [],
    total: count,
    unit: "messages",
    async *read(after = "0") {
      for (let number = Number(after) + 1; number <= count; number++) {
        await Promise.resolve();
        yield {
          position: `${number}`,
          name: `number ${number}`,
          source: encoder.encode(`Subject: ${number % 200}\r\n\r\n`),
          flags: [],
          internalDate: number,
          done: number,
        };
      }
    },
  };
}

/** The mailbox, which fails for good with the append of this number, or one that has that happen late. */
function failing(mailbox: Mailbox, after: number, late: boolean): Mailbox {
  let appends = 0;
  return new Proxy(mailbox, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== "append") {
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (messages: readonly NewMessage[]) => {
        const number = ++appends;
        // The kill that this stands for may come before the append is written or after.
        if (number > after && !late) throw new Error("killed");
        const result = await target.append(messages);
        if (number > after) throw new Error("killed");
        return result;
      };
    },
  });
}

for (const late of [false, true]) {
  Deno.test(
    `an import that was killed ${
      late ? "after" : "before"
    } an append goes on without repeats`,
    () =>
      withFolder(async (dir) => {
        const path = join(dir, "progress.json");
        await withInbox(async (mailbox) => {
          await mailbox.append([{
            source: encoder.encode("Subject: 1\r\n\r\n"),
            flags: [],
            internalDate: 0,
            summary: new Uint8Array(0),
          }]);
          for (const after of [0, 1, 3, 5]) {
            const progress = await ProgressFile.open(path);
            await assertRejects(
              () =>
                importInto(numbered(5_050), failing(mailbox, after, late), {
                  progress,
                  key: "k",
                }),
              Error,
              "killed",
            );
          }
          const progress = await ProgressFile.open(path);
          const result = await importInto(numbered(5_050), mailbox, {
            progress,
            key: "k",
          });
          assert(result.alreadyThere > 0);
          assertEquals(result.alreadyThere + result.imported, 5_050);
          const { state } = mailbox;
          const dates = Array.from(
            { length: state.length },
            (_, index) => state.recordAt(index).internalDate,
          );
          assertEquals(
            dates.toSorted((a, b) => a - b),
            Array.from({ length: 5_051 }, (_, index) => index),
          );
        });
        const progress = await ProgressFile.open(path);
        await progress.delete(["k"]);
        await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
      }),
  );
}

Deno.test("an import into another mailbox of the name begins anew", () =>
  withFolder(async (dir) => {
    const progress = await ProgressFile.open(join(dir, "progress.json"));
    await withInbox(async (_, account) => {
      for (let round = 0; round < 2; round++) {
        await account.createMailbox("A");
        const mailbox = await account.openMailbox("A");
        const options = { progress, key: "k" };
        const { imported } = await importInto(numbered(150), mailbox, options);
        assertEquals(imported, 150);
        mailbox.close();
        await account.deleteMailbox("A");
      }
    });
  }));
