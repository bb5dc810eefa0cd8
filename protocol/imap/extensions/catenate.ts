/**
 * CATENATE: RFC 4469. A message made of literals and of what is there already.
 *
 * @module
 */

import { StorageError, type Uid } from "../../../storage/model.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import { joinBytes } from "../../../storage/join_bytes.ts";
import { latin1Text } from "../../wire/text.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { ParseContext } from "../command.ts";
import { tooBig } from "../commands/append.ts";
import { Bad, No } from "../errors.ts";
import type { AppendData, Extension } from "../extension.ts";
import { readSection } from "../fetch/read_section.ts";
import { type MessageUrl, parseMessageUrl, urlText } from "../message_url.ts";
import type { Session } from "../session.ts";
import { withoutBinary } from "./binary.ts";

/** A part of the message to be: octets, or where they are. */
type CatPart =
  | { readonly octets: Uint8Array; readonly binary: boolean }
  | { readonly url: Uint8Array; readonly context: ParseContext };

// append-data =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")"
function parseCatenate(d: Decoder, context: ParseContext): AppendData {
  const parts = d.sp().nonEmptyList(() => parsePart(d, context));
  return (session, room) => new Catenation(session, room).of(parts);
}

// cat-part     = text-literal / url / utf8-literal        RFC 4469 § 5, RFC 6855 § 4
// text-literal = "TEXT" SP literal
// url          = "URL" SP astring
function parsePart(d: Decoder, context: ParseContext): CatPart {
  const { appendForms } = context.registry;
  const kind = d.tryKeyword("TEXT", "URL", "UTF8");
  if (kind === "URL") return { url: parseUrl(d.sp(), context), context };
  if (kind === "TEXT") {
    const octets = d.sp().literalBytes();
    const binary = d.lastLiteralBinary;
    // Where BINARY is there, so is its literal.
    if (binary && !appendForms.has("~")) throw new Bad("Expected a literal");
    return { octets, binary };
  }
  if (kind === undefined || !appendForms.has(kind)) {
    throw new Bad("Expected TEXT or URL");
  }
  d.sp().char("(");
  const octets = d.literalBytes();
  if (!d.lastLiteralBinary) throw new Bad("Expected a literal8");
  d.char(")");
  return { octets, binary: true };
}

function parseUrl(d: Decoder, { limits }: ParseContext): Uint8Array {
  const url = d.astringBytes();
  if (url.length > limits.lineLength) {
    throw new Bad("The URL is too long", "TOOBIG");
  }
  return url;
}

/** Puts a message together for one session. */
class Catenation {
  readonly #session: Session;
  readonly #most: number;
  #room: number;
  readonly #mailboxes = new Map<string, Mailbox>();

  constructor(session: Session, room: number) {
    this.#session = session;
    this.#most = room;
    this.#room = room;
  }

  /** @throws {No} BADURL, TOOBIG, UNKNOWN-CTE */
  async of(parts: readonly CatPart[]): Promise<Uint8Array> {
    try {
      const pieces: Uint8Array[] = [];
      let binary = false;
      for (const part of parts) {
        if ("octets" in part) {
          this.#take(part.octets.length);
          binary ||= part.binary;
          pieces.push(part.octets);
        } else pieces.push(await this.#octetsAt(part));
      }
      const message = joinBytes(pieces);
      return binary ? withoutBinary(message) : message;
    } finally {
      for (const mailbox of this.#mailboxes.values()) mailbox.close();
    }
  }

  #take(octets: number): void {
    this.#room -= octets;
    if (this.#room < 0) throw tooBig(this.#most);
  }

  async #octetsAt(
    { url, context }: Extract<CatPart, { url: Uint8Array }>,
  ): Promise<Uint8Array> {
    const bad = () =>
      new No(`BADURL ${urlText(url)}`, "The URL leads to nothing here");
    const { hierarchyDelimiter } = this.#session.host.storage;
    const parsed = parseMessageUrl(
      latin1Text(url),
      hierarchyDelimiter,
      context,
    );
    if (parsed === undefined) throw bad();
    try {
      const octets = await this.#read(parsed);
      if (octets !== undefined) return octets;
    } catch (error) {
      // A mailbox that is not there, or not for this session: the reply does not tell which.
      if (!(error instanceof StorageError) || error.code === "UNAVAILABLE") {
        throw error;
      }
    }
    throw bad();
  }

  async #read(url: MessageUrl): Promise<Uint8Array | undefined> {
    const mailbox = await this.#open(url.mailbox);
    const { uidValidity = mailbox.state.uidValidity } = url;
    if (uidValidity !== mailbox.state.uidValidity) return undefined;
    return await readSection(
      mailbox,
      url.uid as Uid,
      url,
      (octets) => this.#take(octets),
    );
  }

  async #open(name: string): Promise<Mailbox> {
    let mailbox = this.#mailboxes.get(name);
    if (mailbox === undefined) {
      mailbox = await this.#session.account.openMailbox(name);
      this.#mailboxes.set(name, mailbox);
      await mailbox.refresh();
    }
    return mailbox;
  }
}

/** CATENATE. */
export const catenateExtension: Extension = {
  capabilities: () => ["CATENATE"],
  documents: { CATENATE: "4469" },
  appendForms: [{ name: "CATENATE", parse: parseCatenate }],
};
