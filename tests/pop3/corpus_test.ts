/**
 * Real mail by RETR: whole and as large as LIST says with UTF8, its header in ASCII without.
 */

import { assert, assertEquals } from "@std/assert";
import { isAscii } from "node:buffer";
import { fields } from "../../protocol/mime/header.ts";
import { latin1Text } from "../../protocol/wire/text.ts";
import { bytesOf } from "../../testing/responses/bytes.ts";
import { Conversation } from "./conversation.ts";

const CORPUS = new URL("../../../shared/corpus/", import.meta.url);
const ignore = !exists(CORPUS);

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch {
    return false;
  }
}

function* files(folder: URL): Generator<Uint8Array> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* files(url);
    else if (!entry.name.endsWith(".mbox")) {
      const bytes = Deno.readFileSync(url);
      if (bytes.length > 0) yield bytes;
    }
  }
}

/** A message in lines that end in CRLF, the last one too; one character a byte. */
function inLines(bytes: Uint8Array): string {
  const text = latin1Text(bytes).replace(
    /\r?\n/g,
    "\r\n",
  );
  if (text.endsWith("\n")) return text;
  return text + (text.endsWith("\r") ? "\n" : "\r\n");
}

Deno.test(
  "every message of the corpus, with UTF8 and without",
  { ignore },
  async () => {
    const raw = [...files(CORPUS)];
    await using plain = await Conversation.begin({ raw, loggedIn: false });
    await plain.says("S: +OK\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK");
    await using utf8 = new Conversation(plain.host);
    await utf8.says("S: +OK\nC: UTF8\nS: +OK\nC: USER alice\nS: +OK");
    await utf8.says("C: PASS secret\nS: +OK");
    const sizes = (await utf8.lines("LIST")).map((line) =>
      Number(line.split(" ")[1])
    );
    for (const [index, source] of raw.entries()) {
      const number = index + 1;
      const whole = text(await utf8.lines(`RETR ${number}`));
      assertEquals(whole.length, sizes[index], `message ${number}`);
      assertEquals(whole, inLines(source));
      const surrogate = bytesOf(text(await plain.lines(`RETR ${number}`)));
      let end = 0;
      for (const field of fields(surrogate, 0, surrogate.length)) {
        end = field.end;
      }
      assert(isAscii(surrogate.subarray(0, end)), `message ${number}`);
      if (isAscii(source)) assertEquals(surrogate, bytesOf(whole));
    }
    assert(raw.length > 300, `${raw.length}`);
  },
);

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}
