/**
 * The mail that the clients get to see: real mail where it lies beside the project, else generated mail
 * in the same shapes (one mbox, and single files with LF, CRLF and CR line ends).
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { message } from "../../bench/mail.ts";
import { fromBytes, toBytes } from "./process.ts";

/** What goes into one mailbox, and what must be in it afterwards. */
export interface Archive {
  /** The mailbox. */
  readonly mailbox: string;
  /** An mbox file, or a folder of files with one message each. */
  readonly path: string;
  /** The messages, in order, with CRLF line ends; one character a byte. */
  readonly messages: readonly string[];
}

const CORPUS = fromFileUrl(
  new URL("../../../shared/corpus", import.meta.url),
);

/** Returns all archives; `directory` takes generated files where there is no real mail. */
export async function allArchives(directory: string): Promise<Archive[]> {
  const root = await exists(CORPUS) ? CORPUS : await generate(directory);
  const archives: Archive[] = [await mboxArchive(root)];
  for (const kind of ["bsd", "dos", "mac"]) {
    const folder = join(root, "bounces", kind);
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    archives.push({
      mailbox: `bounces/${kind}`,
      path: folder,
      messages: await Promise.all(
        names.sort().map(async (name) =>
          withCrlf(fromBytes(await Deno.readFile(join(folder, name))))
        ),
      ),
    });
  }
  return archives;
}

/** Returns the mailing list's archive alone: 100 messages in INBOX. */
export async function inboxArchive(directory: string): Promise<Archive> {
  const root = await exists(CORPUS) ? CORPUS : await generate(directory);
  return await mboxArchive(root);
}

async function mboxArchive(root: string): Promise<Archive> {
  const path = join(root, "dovecot-list.mbox");
  const text = fromBytes(await Deno.readFile(path));
  return { mailbox: "INBOX", path, messages: splitMbox(text) };
}

/** Puts CRLF at the end of every line; a CR ends one only in a text that has no LF. */
export function withCrlf(text: string): string {
  return text.includes("\n")
    ? text.replaceAll(/\r?\n/g, "\r\n")
    : text.replaceAll("\r", "\r\n");
}

/** The messages of an mbox: each from its separator to the empty line before the next (RFC 4155). */
export function splitMbox(text: string): string[] {
  const separator = /(?<=^|\r\n)\r\n(?=From \S+ +\w{3} \w{3} )/;
  return ("\r\n" + withCrlf(text)).replace(/\r\n\r\n$/, "\r\n")
    .split(separator)
    .filter((part) => part.startsWith("From "))
    .map((part) => part.slice(part.indexOf("\r\n") + 2));
}

/** Returns the last line of a message that has anything in it. */
export function lastLine(source: string): string {
  return source.trimEnd().split("\r\n").at(-1) ?? "";
}

/** Returns the Subject of a message, as it stands there in one line. */
export function subjectOf(source: string): string {
  return /^Subject: (.*)\r$/m.exec(source)?.[1] ?? "";
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** Writes generated mail in the shape of the real archives; returns where. */
async function generate(directory: string): Promise<string> {
  const root = join(directory, "generated");
  const lineEnds = { bsd: "\n", dos: "\r\n", mac: "\r" };
  const counts = { bsd: 629, dos: 80, mac: 80 };
  let n = 0;
  for (const kind of ["bsd", "dos", "mac"] as const) {
    const folder = join(root, "bounces", kind);
    await Deno.mkdir(folder, { recursive: true });
    for (let i = 0; i < counts[kind]; i++, n++) {
      const text = fromBytes(message(n)).replaceAll("\r\n", lineEnds[kind]);
      const name = `${String(i).padStart(3, "0")}.eml`;
      await Deno.writeFile(join(folder, name), toBytes(text));
    }
  }
  let mbox = "";
  for (let i = 1; i <= 100; i++) {
    const minute = `${i % 60}`.padStart(2, "0");
    const time = `${i < 60 ? 19 : 20}:${minute}:23`;
    mbox += `From list@example.org  Tue Jul 23 ${time} 2002\n` +
      `Message-ID: <${i}@lists.example.org>\nFrom: list@example.org\n` +
      `Date: Tue, 23 Jul 2002 ${time} +0300\n` +
      `Subject: [list] Letter ${100 + i}\n\n` +
      `This is the text of letter ${100 + i}\n\n`;
  }
  await Deno.writeFile(join(root, "dovecot-list.mbox"), toBytes(mbox));
  return root;
}
