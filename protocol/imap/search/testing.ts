/**
 * Mailboxes to search in, for the tests of this folder.
 *
 * @module
 */

import { MemoryStorage } from "../../../storage/memory/mod.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import { Decoder } from "../../wire/decoder.ts";
import { summarize } from "../summary.ts";
import type { SearchContext } from "./context.ts";
import { search } from "./evaluate.ts";
import { parseSearchProgram } from "./key.ts";

/** A message to put in a mailbox. */
export interface TestMessage {
  /** The whole message; a string stands for its UTF-8, and each LF in it for CRLF. */
  readonly source: string | Uint8Array;
  /** Default none. */
  readonly flags?: readonly string[];
  /** INTERNALDATE; default 2000-01-01. */
  readonly internalDate?: number;
  /** Whether there is a summary; default true. */
  readonly summary?: boolean;
}

/** The bytes of a text with CRLF for each LF. */
export function crlf(text: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
}

/** A mailbox in memory that holds messages, with UIDs from 1 on. */
export async function mailboxOf(
  messages: readonly TestMessage[],
): Promise<Mailbox> {
  const storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const mailbox = await account.openMailbox("INBOX");
  await mailbox.append(messages.map((message) => {
    const { source, flags = [], internalDate, summary = true } = message;
    const bytes = typeof source === "string" ? crlf(source) : source;
    return {
      source: bytes,
      flags,
      internalDate: internalDate ?? Date.UTC(2000, 0, 1),
      summary: summary ? summarize(bytes) : new Uint8Array(0),
    };
  }));
  return mailbox;
}

/** What a session sees that has been told of all there is. */
export function contextOf(
  mailbox: Mailbox,
  overrides: Partial<SearchContext> = {},
): SearchContext {
  return {
    mailbox,
    storage: {},
    uids: mailbox.state.uids,
    length: mailbox.state.length,
    isRecent: () => false,
    saved: () => new Uint32Array(0),
    now: () => Date.UTC(2020, 0, 1),
    ...overrides,
  };
}

/** The UIDs that a search program finds. */
export async function found(
  context: SearchContext,
  program: string | Uint8Array,
  ...literals: Uint8Array[]
): Promise<number[]> {
  const text = typeof program === "string"
    ? new TextEncoder().encode(program)
    : program;
  const d = new Decoder({ text, literals });
  const { key } = parseSearchProgram(d, { maxKeys: 1_000 });
  return [...await search(context, key)];
}

/** Tells of the calls of a method, with what it is given first, for as long as this is in use. */
export function watch(
  prototype: object,
  name: string,
  tell: (argument: unknown) => void,
): Disposable {
  const method = Reflect.get(prototype, name);
  Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
    tell(args[0]);
    return Reflect.apply(method, this, args);
  });
  return { [Symbol.dispose]: () => void Reflect.set(prototype, name, method) };
}

const corpus = new URL("../../../../shared/corpus/mime/", import.meta.url);

/** The messages of the corpus in the order of their names; undefined where there is none. */
export function corpusMessages(): Uint8Array<ArrayBuffer>[] | undefined {
  try {
    return [...Deno.readDirSync(corpus)].map(({ name }) => name).sort()
      .map((name) => Deno.readFileSync(new URL(name, corpus)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
