import { assert, assertEquals } from "@std/assert";
import { LF } from "./bytes.ts";
import { parseDate } from "./date.ts";
import { envelope } from "./envelope.ts";
import { headerFields } from "./header.ts";
import { checkInvariants } from "./invariants_testing.ts";
import { normalizeLineEnds } from "./line_ends.ts";
import { fromLineDate, readMbox } from "./mbox.ts";
import { parseMessage, type Part } from "./parse.ts";
import { textsOf } from "./text_testing.ts";

/** Real mail, where there is some beside the project. */
const CORPUS = new URL("../../../shared/corpus/", import.meta.url);

const ignore = !exists(CORPUS);

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

function* files(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* files(url);
    else yield url;
  }
}

async function stream(url: URL): Promise<ReadableStream<Uint8Array>> {
  return (await Deno.open(url)).readable;
}

Deno.test(
  "every file is a message with everything in its place",
  { ignore },
  () => {
    let count = 0;
    for (const url of files(CORPUS)) {
      const file = Deno.readFileSync(url);
      for (const bytes of [file, normalizeLineEnds(file)]) {
        const root = parseMessage(bytes);
        checkInvariants(bytes, root);
        envelope(bytes, root);
        for (const text of textsOf(bytes, root)) assert(text.length >= 0);
        assertEquals(
          headerFields(bytes, 0, root.bodyStart, [], true),
          bytes.slice(0, root.bodyStart),
        );
      }
      count++;
    }
    assert(count > 700);
  },
);

Deno.test("line ends change no structure", { ignore }, () => {
  const outline = (part: Part): unknown => [
    part.type,
    part.subtype,
    part.bodyLines,
    part.message === null ? null : outline(part.message),
    part.children.map(outline),
  ];
  for (const url of files(new URL("bounces/bsd/", CORPUS))) {
    const bytes = Deno.readFileSync(url).filter((byte) => byte !== 13);
    const message = parseMessage(normalizeLineEnds(bytes));
    assertEquals(outline(message), outline(parseMessage(bytes)), url.pathname);
    const { date } = envelope(bytes, parseMessage(bytes));
    if (date !== null && /^\w{3}, \d/.test(date)) {
      assert(parseDate(date) !== undefined, date);
    }
  }
});

Deno.test(
  "mbox files have the messages that they have",
  { ignore },
  async () => {
    for (
      const [name, count] of [
        ["dovecot-list.mbox", 100],
        ["imaptest.mbox", 48],
        ["mime/simple.mbox.txt", 3],
        ["mime/issue1189.mbox.txt", 4],
      ] as const
    ) {
      const url = new URL(name, CORPUS);
      const messages = await Array.fromAsync(readMbox(await stream(url)));
      assertEquals(messages.length, count, name);
      assertEquals(messages.at(-1)!.end, Deno.statSync(url).size);
      for (const { fromLine, source } of messages) {
        if (name.endsWith(".mbox")) {
          assert(
            fromLineDate(fromLine) !== undefined,
          );
        }
        assert(envelope(source, parseMessage(source)).from.length > 0);
      }
    }
  },
);

/** A part as another parser saw it; offsets are those of the file. */
interface Seen {
  readonly mimeType: string;
  readonly beginOffset: number;
  readonly headersEndOffset: number;
  readonly endOffset: number;
  readonly octets: number;
  readonly lines: number;
  readonly children?: readonly Seen[];
}

Deno.test(
  "offsets agree with those of another parser",
  { ignore },
  async () => {
    const file = Deno.readFileSync(new URL("mime/issue1189.mbox.txt", CORPUS))
      .filter((byte) => byte !== 13);
    for (
      const [kind, bytes] of [
        ["unix", file],
        ["dos", normalizeLineEnds(file)],
      ] as const
    ) {
      const offsets = new URL(`mime/issue1189.${kind}-offsets.json`, CORPUS);
      const expected = JSON.parse(Deno.readTextFileSync(offsets));
      const messages = await Array.fromAsync(
        readMbox(ReadableStream.from([bytes])),
      );
      assertEquals(messages.length, expected.length);
      messages.forEach(({ offset, fromLine, source }, index) => {
        assertEquals(offset, expected[index].mboxMarkerOffset);
        const base = offset + fromLine.length + (kind === "dos" ? 2 : 1);
        compare(parseMessage(source), expected[index].body, source, base);
      });
    }
  },
);

function compare(
  part: Part,
  seen: Seen,
  bytes: Uint8Array,
  base: number,
): void {
  assertEquals(`${part.type}/${part.subtype}`, seen.mimeType.toUpperCase());
  assertEquals(part.headerStart + base, seen.beginOffset);
  assertEquals(part.bodyStart + base, seen.headersEndOffset);
  assertEquals(part.bodyEnd + base, seen.endOffset);
  assertEquals(part.bodyEnd - part.bodyStart, seen.octets);
  // It counts a last line without a line end; IMAP servers count line ends.
  const partial = part.bodyEnd > part.bodyStart &&
    bytes[part.bodyEnd - 1] !== LF;
  if (part.type === "TEXT" || part.type === "MESSAGE") {
    assertEquals(part.bodyLines + Number(partial), seen.lines);
  }
  const children = seen.children ?? [];
  assertEquals(part.children.length, children.length);
  part.children.forEach((child, index) =>
    compare(child, children[index]!, bytes, base)
  );
}
