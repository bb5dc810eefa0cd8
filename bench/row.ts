/**
 * A row of the table: one piece of work, measured on each server in turn.
 *
 * @module
 */

import { appendParts, Client, type Reply } from "./client.ts";
import { message, sentAt } from "./mail.ts";
import type { Target } from "./target.ts";

/** What a figure counts; rates are better when higher, all others when lower. */
export type Unit = "ms" | "µs" | "/s" | "MB/s" | "KiB";

/** One piece of work. */
export interface Row {
  /** What is done, in the words of IMAP. */
  readonly name: string;
  /** What the figure counts. */
  readonly unit: Unit;
  /**
   * How often it is measured; the median is what the table shows. Where it is more than once, another time goes before
   * that does not count.
   */
  readonly runs: number;
  /** Does the work once, checks what came back, and returns the figure. */
  readonly measure: (bench: Bench) => Promise<number | undefined>;
}

/** Whoever is slow need not do all of it: after so long what has been done says enough, in milliseconds. */
export const LONG = 3_000;

/** The mailbox that holds the generated archive. */
export const ARCHIVE = "bench-archive";

/** The generated archive, made once and put into each server. */
export class Archive {
  /** The messages in order; the number of a message is its place here plus one. */
  readonly messages: readonly Uint8Array[];
  /** Their sizes together, in octets. */
  readonly bytes: number;

  /** Makes so many messages. */
  constructor(count: number) {
    this.messages = Array.from({ length: count }, (_, n) => message(n));
    this.bytes = this.messages.reduce((sum, one) => sum + one.length, 0);
  }
}

/** A server under measurement, with what the rows share. */
export class Bench {
  /** The server. */
  readonly target: Target;
  /** The generated archive. */
  readonly archive: Archive;
  /** Whether short work is asked for. */
  readonly quick: boolean;
  /** Settles when the archive is in its mailbox; undefined while nobody fills it. */
  #filled: Promise<unknown> | undefined;
  #names = 0;
  #seeds = 0;
  #tls = false;
  readonly #sessions = new Set<Client>();

  /** Takes the server and the archive to put into it. */
  constructor(target: Target, archive: Archive, quick: boolean) {
    this.target = target;
    this.archive = archive;
    this.quick = quick;
  }

  /** Returns `full`, or `quick` when short work is asked for. */
  amount(full: number, quick: number): number {
    return this.quick ? quick : full;
  }

  /** Returns the name of a mailbox that was not used before. */
  newName(): string {
    return `bench-${++this.#names}`;
  }

  /** Returns where random numbers begin, elsewhere each time, and on all servers the same. */
  seed(): number {
    return ++this.#seeds * 1_000;
  }

  /** Opens a session. */
  async login(): Promise<Client> {
    const { target } = this;
    const port = this.#tls ? target.tlsPort ?? 0 : target.port;
    const caCert = this.#tls ? target.caCert : undefined;
    const { hostname, user, password, mayBlock } = target;
    const client = await Client.login(
      { hostname, port, user, password, mayBlock, caCert },
    );
    this.#sessions.add(client);
    return client;
  }

  /** Closes the sessions that are still open, also those that wait for an answer. */
  closeSessions(): void {
    for (const client of this.#sessions) client.close();
    this.#sessions.clear();
  }

  /** Does a row's work with sessions over TLS; undefined on a server that has none. */
  async overTls<T>(
    work: (bench: Bench) => Promise<T>,
  ): Promise<T | undefined> {
    if (!this.target.tlsPort || !this.target.caCert) return undefined;
    await this.needArchive();
    this.#tls = true;
    try {
      return await work(this);
    } finally {
      this.#tls = false;
    }
  }

  /** Opens a session with the archive selected; fills it first if it is not there. */
  async openArchive(): Promise<Client> {
    await this.needArchive();
    const client = await this.login();
    await client.run(`SELECT ${ARCHIVE}`);
    return client;
  }

  /** Makes sure that the archive is in its mailbox. */
  async needArchive(): Promise<void> {
    await (this.#filled ??= this.#fillArchive());
  }

  async #fillArchive(): Promise<void> {
    using client = await this.login();
    await this.#fill(client, ARCHIVE);
  }

  /** Makes a mailbox and appends the whole archive to it, pipelined; returns the time in ms. */
  fill(client: Client, mailbox: string): Promise<number> {
    const filling = this.#fill(client, mailbox);
    if (mailbox === ARCHIVE) this.#filled = filling;
    return filling;
  }

  async #fill(client: Client, mailbox: string): Promise<number> {
    await client.run(`CREATE ${mailbox}`);
    const { messages } = this.archive;
    return await timed(() =>
      client.pipeline(messages.length, (n) =>
        appendParts(
          mailbox,
          messages[n] as Uint8Array,
          `(\\Seen) "${internalDate(sentAt(n))}"`,
        ))
    );
  }

  /** Removes mailboxes that a row has made. */
  async remove(...mailboxes: readonly string[]): Promise<void> {
    using client = await this.login();
    for (const mailbox of mailboxes) await client.run(`DELETE ${mailbox}`);
  }
}

/** Writes a `date-time` of RFC 9051 § 9, without its quotes. */
export function internalDate(time: number): string {
  // Thu, 01 Jan 1970 00:00:00 GMT
  const [, day, month, year, clock] = new Date(time).toUTCString().split(" ");
  return `${day}-${month}-${year} ${clock} +0000`;
}

/** Runs the work and returns how long it took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Throws unless what came back is what should have. */
export function mustBe<T extends string | number | boolean>(
  what: string,
  actual: T,
  expected: T,
): void {
  if (actual === expected) return;
  throw new Error(`${what}: ${actual} came back instead of ${expected}`);
}

/** Runs a command, checks the number of its untagged responses that start with a number, returns ms. */
export async function timedCommand(
  client: Client,
  command: string,
  numbered: number,
): Promise<number> {
  let reply: Reply | undefined;
  const time = await timed(async () => reply = await client.run(command));
  mustBe(`Responses to ${command}`, reply?.numbered ?? 0, numbered);
  return time;
}

/** Returns the value in the middle; the mean of the two there when the number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? NaN;
  return (lower + upper) / 2;
}
