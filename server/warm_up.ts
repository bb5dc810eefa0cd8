/**
 * Sessions that nobody has asked for, before the first client comes: the first commands of a process are slow because
 * their code has not been compiled, and a few of its parts not even loaded.
 *
 * They are played over connections in memory to a host of their own, on a storage of their own: nothing of the server
 * that they are played in counts, logs or traces them, and no function of the application is called.
 *
 * @module
 */

import { Pace } from "../storage/pace.ts";
import type { Storage } from "../storage/storage.ts";
import { Admission } from "./admission.ts";
import type { Handlers } from "./doors.ts";
import { ServerHost } from "./host.ts";
import { SILENT } from "./log.ts";
import { DEFAULTS, type ListenerKind } from "./options.ts";
import { Reception } from "./reception.ts";
import type { Connection } from "./socket_channel.ts";
import type { TlsService } from "./tls/tls_service.ts";

/** What {@linkcode warmUp} needs. */
export interface WarmUpOptions {
  /** Makes an empty storage, which is closed afterwards. */
  readonly openStorage: () => Promise<Storage>;
  /** What speaks each protocol. */
  readonly handlers: Handlers;
  /** TLS of the server, or undefined where there is no certificate. */
  readonly tls: TlsService | undefined;
  /** Aborted when the server is to stop. */
  readonly stopping: AbortSignal;
  /** For how long another session is begun, in milliseconds. Default 80. */
  readonly time?: number;
}

/** The first session takes most of it; each further one makes that faster which runs often. */
const TIME = 80;
/** Sessions at the most. */
const SESSIONS = 4;
/** Messages that each adds to the mailbox. */
const MESSAGES = 8;
/** Commands of each that are but a round trip. */
const ROUND_TRIPS = 40;
/** How long all of it may take, and how long it may take to end then, in milliseconds. */
const MOST_TIME = 3_000, END_TIME = 1_000;
const USER = "warm";
const PASSWORD = "up";
/** The tag whose answer a client waits for. */
const LAST = "z";
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 0,
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Plays some sessions, one after the other, while real ones have their turns.
 * @throws what went wrong with them; the server is none the worse for it
 */
export async function warmUp(options: WarmUpOptions): Promise<void> {
  const { stopping } = options;
  const ending = new AbortController();
  const end = () => ending.abort();
  let timer = setTimeout(end, MOST_TIME);
  const late = new Promise<never>((_, reject) => {
    ending.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      const error = new Error("It took too long, and does not end");
      timer = setTimeout(() => reject(error), END_TIME);
    });
  });
  if (stopping.aborted) end();
  stopping.addEventListener("abort", end);
  try {
    await Promise.race([play(options, ending.signal), late]);
  } finally {
    stopping.removeEventListener("abort", end);
    clearTimeout(timer);
  }
}

/** Plays them until that is to end. */
async function play(
  options: WarmUpOptions,
  ending: AbortSignal,
): Promise<void> {
  const { handlers, tls, stopping, time = TIME } = options;
  const until = performance.now() + time;
  const storage = await options.openStorage();
  if (ending.aborted) return await storage.close();
  const failures: unknown[] = [];
  const admission = new Admission(DEFAULTS);
  const host = new ServerHost(
    {
      users: { [USER]: PASSWORD },
      onError: (error) => failures.push(error),
    },
    storage,
    admission,
    stopping,
    SILENT,
  );
  const reception = new Reception({
    admission,
    host,
    handlers,
    tls: () => tls,
    handshakeTime: END_TIME,
    maxConnections: DEFAULTS.maxConnections,
    maxConnectionsBeforeLogin: DEFAULTS.maxConnectionsBeforeLogin,
  }, []);
  ending.addEventListener("abort", () => reception.closeAll());
  const converse = async (kind: ListenerKind, script: Iterable<string>) => {
    const client = new Client(script);
    reception.accept(client, { kind, hostname: ADDRESS.hostname });
    await client.closed;
    if (client.failure !== undefined) failures.push(client.failure);
  };
  try {
    for (let round = 0; round < SESSIONS; round++) {
      await converse("imap", session(round));
      if (failures.length > 0 || ending.aborted) break;
      if (performance.now() >= until) break;
    }
    // What the first handshake of a process makes is made though the client hangs up; nothing else takes as long.
    if (tls !== undefined && !ending.aborted) await converse("imaps", []);
    await reception.drained(END_TIME);
  } finally {
    host.close();
    await storage.close();
  }
  if (failures.length > 0 && !stopping.aborted) throw failures[0];
}

/** A client without a socket: it sends what its script says, one thing after the answer to the other. */
class Client implements Connection {
  readonly localAddr = ADDRESS;
  readonly remoteAddr = ADDRESS;
  /** What was answered where that was not OK. */
  failure: Error | undefined;
  readonly #script: Iterator<string>;
  readonly #pace = new Pace();
  readonly #ended = Promise.withResolvers<void>();
  #command = "";
  /** What of it the server has not read. */
  #unread: Uint8Array = new Uint8Array(0);
  /** Settles with the last line of the answer. */
  #answer: PromiseWithResolvers<string> | undefined;

  /** @param script what it sends; each ends in a command by the {@linkcode LAST} tag */
  constructor(script: Iterable<string>) {
    this.#script = script[Symbol.iterator]();
  }

  /** Settles when the server has closed the connection. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#unread.length === 0 && !await this.#send()) return null;
    const count = Math.min(into.length, this.#unread.length);
    into.set(this.#unread.subarray(0, count));
    this.#unread = this.#unread.subarray(count);
    return count;
  }

  /** Waits for the answer, lets others go first, and goes on to what comes next; false at the end. */
  async #send(): Promise<boolean> {
    const answer = await this.#answer?.promise;
    if (answer !== undefined && !answer.startsWith(`${LAST} OK`)) {
      const command = this.#command.slice(0, 40);
      this.failure = new Error(`${command} was answered by ${answer}`);
      return false;
    }
    if (this.#pace.due || answer === undefined) await this.#pace.rest();
    const { done, value } = this.#script.next();
    if (done) return false;
    this.#command = value;
    this.#unread = encoder.encode(value);
    this.#answer = Promise.withResolvers();
    return true;
  }

  write(bytes: Uint8Array): Promise<number> {
    const line = decoder.decode(bytes).split("\r\n").at(-2) ?? "";
    if (line.startsWith(LAST)) this.#answer?.resolve(line);
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#answer?.resolve("the end of the connection");
    this.#ended.resolve();
  }
}

/** A session as clients have it most often. */
function* session(round: number): Generator<string> {
  yield "z CAPABILITY\r\n";
  yield `z LOGIN ${USER} ${PASSWORD}\r\n`;
  yield 'z LIST "" "*"\r\n';
  yield Array.from({ length: MESSAGES }, (_, i) => {
    const source = message(round * MESSAGES + i);
    return `a APPEND INBOX {${source.length}+}\r\n${source}\r\n`;
  }).join("") + "z STATUS INBOX (MESSAGES UNSEEN UIDNEXT)\r\n";
  yield "z SELECT INBOX\r\n";
  yield "z FETCH 1:* (UID FLAGS)\r\n";
  yield "z FETCH 1:* (UID ENVELOPE BODYSTRUCTURE)\r\n";
  yield "z UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])\r\n";
  yield `z FETCH 1:${MESSAGES} BODY.PEEK[]\r\n`;
  yield "z FETCH 1 BODY[1]\r\n";
  yield "z STORE 1 -FLAGS (\\Seen)\r\n";
  yield "z UID STORE 1:* +FLAGS.SILENT (\\Flagged)\r\n";
  yield "z UID SEARCH UNSEEN SUBJECT number\r\n";
  for (let i = 0; i < ROUND_TRIPS; i++) yield "z NOOP\r\n";
  yield "z LOGOUT\r\n";
}

/** A message with what most have, in ASCII. */
function message(n: number): string {
  return `Return-Path: <sender@example.org>
Received: from mx.example.org by mail.example.com; Mon, 4 Jan 2021 06:00:00 +0000
Date: Mon, 4 Jan 2021 06:00:00 +0000
From: =?UTF-8?Q?J=C3=BCrgen?= <sender@example.org>
To: Alice <alice@example.com>, bob@example.com
Subject: Message number ${n}
Message-ID: <${n}@example.org>
References: <${n - 1}@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Good morning, this is number ${n}=2E
--b
Content-Type: text/html; charset=utf-8

<p>Good morning</p>
--b
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: attachment; filename="a.pdf"
Content-Transfer-Encoding: base64

${"AAAA".repeat(19)}
--b--
`.replaceAll("\n", "\r\n");
}
