/**
 * mbsync (isync), set up to keep a Maildir tree and a server alike in both directions.
 *
 * @module
 */

import { join } from "@std/path";
import { fromBytes, run } from "./process.ts";
import type { MailServer, Transport } from "./server.ts";

/** A Maildir tree that mbsync keeps like the server's mailboxes. */
export interface Mirror {
  /** The tree. */
  readonly path: string;
  /** Synchronises; returns the commands that mbsync sent, without tags. */
  readonly sync: (transport: Transport) => Promise<string[]>;
}

/** Sets up an empty Maildir tree for a server. */
export async function makeMirror(server: MailServer): Promise<Mirror> {
  const path = join(server.directory, "maildir");
  await Deno.mkdir(path);
  return { path, sync: (transport) => sync(server, path, transport) };
}

async function sync(
  server: MailServer,
  path: string,
  transport: Transport,
): Promise<string[]> {
  const config = join(server.directory, `mbsync-${transport}.rc`);
  await Deno.writeTextFile(config, configuration(server, path, transport));
  const { output } = await run("mbsync", ["-c", config, "-a", "-Dn"]);
  const commands = Array.from(
    output.matchAll(/>>> \d+ (.*)$/gm),
    (match) => (match[1] as string).trimEnd(),
  );
  if (commands.length === 0) throw new Error(`No commands seen in:\n${output}`);
  return commands;
}

function configuration(
  server: MailServer,
  path: string,
  transport: Transport,
): string {
  const ssl = { plain: "None", starttls: "STARTTLS", tls: "IMAPS" }[transport];
  return `IMAPAccount server
Host ${server.hostname}
Port ${transport === "tls" ? server.tlsPort : server.port}
User ${server.user}
Pass ${server.password}
SSLType ${ssl}
CertificateFile ${server.certificate}

IMAPStore far
Account server

MaildirStore near
Path ${path}/
Inbox ${path}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
Sync All
SyncState *
CopyArrivalDate yes
`;
}

/** A message in a Maildir. */
export interface MaildirMessage {
  /** Its file. */
  readonly path: string;
  /** The UID that mbsync has given it in the Maildir; 0 before it has. */
  readonly uid: number;
  /** The letters of its flags. */
  readonly letters: string;
  /** Its source, one character a byte. */
  readonly source: string;
}

/** Returns the messages of a mailbox of the mirror, ordered by UID. */
export async function maildirMessages(
  mirror: Mirror,
  mailbox: string,
): Promise<MaildirMessage[]> {
  const messages: MaildirMessage[] = [];
  for (const part of ["new", "cur"]) {
    const directory = join(mirror.path, mailbox, part);
    for await (const { name } of Deno.readDir(directory)) {
      const path = join(directory, name);
      messages.push({
        path,
        uid: Number(/,U=(\d+)/.exec(name)?.[1] ?? 0),
        letters: /:2,([A-Z]*)$/.exec(name)?.[1] ?? "",
        source: fromBytes(await Deno.readFile(path)),
      });
    }
  }
  return messages.sort((a, b) => a.uid - b.uid);
}

/** Flags a message of the mirror as a mail reader does: a new name in `cur`. */
export async function setLetters(
  message: MaildirMessage,
  letters: string,
): Promise<void> {
  const path = message.path.replace(/\/new\//, "/cur/")
    .replace(/:2,[A-Z]*$/, `:2,${letters}`);
  await Deno.rename(message.path, path);
}

/** Puts a new message into the mirror, as a mail reader does. */
export async function deliver(
  mirror: Mirror,
  mailbox: string,
  source: string,
  letters: string,
): Promise<void> {
  const name = `${Date.now()}.${crypto.randomUUID()}.test:2,${letters}`;
  const directory = join(mirror.path, mailbox);
  await Deno.writeTextFile(join(directory, "tmp", name), source);
  await Deno.rename(
    join(directory, "tmp", name),
    join(directory, "cur", name),
  );
}

/** Removes the field by which mbsync finds messages again that it has pushed. */
export function withoutTuid(source: string): string {
  return source.replace(/^X-TUID: [^\r\n]*\r?\n/m, "");
}
