/**
 * Writes mailboxes into a folder.
 *
 * @module
 */

import { join } from "@std/path";
import type { Account, Mailbox } from "../../storage/storage.ts";
import { Failures } from "../import/failures.ts";
import { EmlWriter } from "./eml_writer.ts";
import {
  EXPORT_FILE,
  type ExportContents,
  type ExportedMailbox,
  ExportFile,
  type ExportFormat,
  readExportFile,
} from "./export_file.ts";
import { fileName, maildirName, UniqueNames } from "./file_names.ts";
import { MaildirWriter, makeMaildir } from "./maildir_writer.ts";
import { MboxWriter } from "./mbox_writer.ts";
import type { MailboxWriter, WriterOptions } from "./writer.ts";

/** Messages that are asked for at a time. */
const READ_AT_ONCE = 1_000;

/** There is something in the folder that is in the way; the message says what. */
export class ExportConflict extends Error {}

/** What an export did with a mailbox. */
export interface MailboxExport {
  /** Its name. */
  readonly mailbox: string;
  /** Its file or folder. */
  readonly path: string;
  /** Messages written now. */
  exported: number;
  /** Their size in bytes, as the mailbox has them. */
  bytes: number;
  /** Messages that were there from an export before. */
  readonly alreadyThere: number;
  /** Keywords for which the format has no room. */
  readonly keywordsLeftOut: readonly string[];
}

/** What is exported, and how. */
export interface ExportOptions {
  /** Whose mailboxes. */
  readonly account: Account;
  /** The names of the mailboxes. */
  readonly names: readonly string[];
  /** The hierarchy delimiter. */
  readonly delimiter: string;
  /** How they are written. */
  readonly format: ExportFormat;
  /** The folder. */
  readonly folder: string;
  /** Told of messages that have been written. */
  readonly onProgress?: (messages: number) => void;
}

/** What an export did. */
export interface ExportResult {
  /** A mailbox each. */
  readonly mailboxes: readonly MailboxExport[];
  /** Messages that could not be read. */
  readonly failures: Failures;
}

/**
 * Exports mailboxes. What is in the folder from an export before stays, and only what is missing is written.
 * @throws {ExportConflict} when something else is in the folder
 */
export async function exportMailboxes(
  options: ExportOptions,
): Promise<ExportResult> {
  const { account, delimiter, folder } = options;
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const contents = await planExport(options);
  const file = new ExportFile(folder, contents);
  // All names stand there before anything is written: what is not there has nothing of ours in it.
  await file.write();
  if (options.format === "maildir") makeMaildir(folder);
  const failures = new Failures();
  const mailboxes: MailboxExport[] = [];
  const chosen = new Set(options.names);
  for (const entry of contents.mailboxes) {
    const name = entry.levels.join(delimiter);
    if (!chosen.has(name)) continue;
    const mailbox = await account.openMailbox(name);
    try {
      const part = new MailboxPart(mailbox, entry, options, file, failures);
      mailboxes.push(await part.run());
    } finally {
      mailbox.close();
    }
  }
  await file.write();
  return { mailboxes, failures };
}

async function planExport(options: ExportOptions): Promise<ExportContents> {
  const { account, names, delimiter, format, folder } = options;
  const before = await readExportFile(folder);
  if (before === undefined) await mustBeEmpty(folder);
  else if (before.format !== format) {
    throw new ExportConflict(
      `${folder} has an export as ${before.format} in it`,
    );
  } else if (before.user !== account.user) {
    throw new ExportConflict(`${folder} has an export of ${before.user} in it`);
  }
  const mailboxes = before?.mailboxes ?? [];
  const known = new Map(
    mailboxes.map((entry) => [entry.levels.join(delimiter), entry]),
  );
  const unique = new UniqueNames();
  for (const { path } of mailboxes) unique.take(path, "", "");
  const infos = new Map(
    (await account.mailboxes()).map((info) => [info.name, info]),
  );
  for (const name of names) {
    const info = infos.get(name);
    const uidValidity = info?.uidValidity;
    if (info === undefined || uidValidity === undefined) continue;
    const there = known.get(name);
    if (there !== undefined) {
      if (there.uidValidity === uidValidity) continue;
      throw new ExportConflict(
        `${folder} has another mailbox of the name ${name} in it, which has been deleted since`,
      );
    }
    const levels = name.split(delimiter);
    const path = pathOf(levels, format);
    mailboxes.push({
      levels,
      path: path === "" ? path : unique.take(path, suffixOf(format), name),
      uidValidity,
      subscribed: info.subscribed,
      specialUse: info.specialUse,
      uid: 0,
      messages: 0,
      offset: 0,
    });
  }
  return { format, user: account.user, mailboxes };
}

function pathOf(levels: readonly string[], format: ExportFormat): string {
  if (format !== "maildir") return levels.map(fileName).join("/");
  // INBOX is the Maildir itself.
  return levels.length === 1 && levels[0] === "INBOX"
    ? ""
    : maildirName(levels);
}

function suffixOf(format: ExportFormat): string {
  return format === "mbox" ? ".mbox" : "";
}

async function mustBeEmpty(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    // One that was killed before it had begun.
    if (name === `${EXPORT_FILE}.new`) continue;
    throw new ExportConflict(
      `${folder} is not empty and has no export in it that could be gone on with (${name})`,
    );
  }
}

const WRITERS = { mbox: MboxWriter, maildir: MaildirWriter, eml: EmlWriter };

function openWriter(
  format: ExportFormat,
  options: WriterOptions,
): MailboxWriter {
  return new WRITERS[format](options);
}

/** The export of one mailbox. */
class MailboxPart {
  readonly #mailbox: Mailbox;
  readonly #entry: ExportedMailbox;
  readonly #options: ExportOptions;
  readonly #file: ExportFile;
  readonly #failures: Failures;
  #exported = 0;
  #bytes = 0;

  constructor(
    mailbox: Mailbox,
    entry: ExportedMailbox,
    options: ExportOptions,
    file: ExportFile,
    failures: Failures,
  ) {
    this.#mailbox = mailbox;
    this.#entry = entry;
    this.#options = options;
    this.#file = file;
    this.#failures = failures;
  }

  async run(): Promise<MailboxExport> {
    const { format, folder, onProgress } = this.#options;
    const { uid, offset, uidValidity, messages: alreadyThere } = this.#entry;
    const path = join(folder, this.#entry.path);
    using writer = openWriter(format, { path, uid, offset, uidValidity });
    onProgress?.(alreadyThere);
    const uids = this.#mailbox.state.allUids().filter((each) => each > uid);
    for (let from = 0; from < uids.length; from += READ_AT_ONCE) {
      await this.#write(uids.subarray(from, from + READ_AT_ONCE), writer);
    }
    this.#note(writer, uids.at(-1) ?? uid);
    return {
      mailbox: this.#mailbox.name,
      path: this.#entry.path,
      exported: this.#exported,
      bytes: this.#bytes,
      alreadyThere,
      keywordsLeftOut: [...writer.leftOut],
    };
  }

  async #write(uids: Uint32Array, writer: MailboxWriter): Promise<void> {
    const { state } = this.#mailbox;
    const missing = new Set(uids);
    for await (const batch of this.#mailbox.readSources(uids)) {
      for (const { uid, bytes } of batch) {
        missing.delete(uid);
        const { flags, internalDate, saveDate } = state.recordAt(
          state.indexOf(uid),
        );
        writer.write({ uid, source: bytes, flags, internalDate, saveDate });
        this.#exported++;
        this.#bytes += bytes.length;
        this.#entry.messages++;
      }
      this.#options.onProgress?.(batch.length);
      if (this.#file.isDue && batch.length > 0) {
        this.#note(writer, batch.at(-1)!.uid);
        await this.#file.write();
      }
    }
    for (const uid of missing) {
      this.#failures.add(
        `UID ${uid} of ${this.#mailbox.name}`,
        "its content is not in the database",
      );
    }
  }

  /** All up to a message is in the files. */
  #note(writer: MailboxWriter, uid: number): void {
    this.#entry.offset = writer.flush();
    this.#entry.uid = uid;
  }
}
