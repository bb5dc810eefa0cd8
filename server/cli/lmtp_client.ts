/**
 * The client's side of one delivery by LMTP (RFC 2033), to a server on the same machine.
 *
 * @module
 */

/** What a server said to one command, or of one recipient. */
export interface LmtpReply {
  /** Three digits: 2xx is yes, 4xx not now, 5xx no. */
  readonly code: number;
  /** Its text, lines joined. */
  readonly text: string;
}

/** A message and where it goes. */
export interface LmtpDelivery {
  /** The sender's address, empty for none. */
  readonly sender: string;
  /** The recipient's address. */
  readonly recipient: string;
  /** The message. */
  readonly source: Uint8Array;
}

/** How long the server may take for all of it, in milliseconds. */
const TIME = 60_000;

/**
 * Delivers a message.
 * @returns the reply that decided: the refusal of a command, or what became of the message
 * @throws when the server cannot be reached, takes too long or says what cannot be understood
 */
export async function deliverByLmtp(
  conn: Deno.Conn,
  delivery: LmtpDelivery,
): Promise<LmtpReply> {
  const timer = setTimeout(() => conn.close(), TIME);
  try {
    const replies = new Replies(conn);
    const say = async (line: string, expected: number) => {
      await write(conn, new TextEncoder().encode(line + "\r\n"));
      return await replies.next(expected);
    };
    await replies.next(220);
    await say("LHLO localhost", 250);
    await say(`MAIL FROM:<${delivery.sender}> BODY=8BITMIME`, 250);
    await say(`RCPT TO:<${delivery.recipient}>`, 250);
    await say("DATA", 354);
    await write(conn, stuffed(delivery.source));
    const outcome = await replies.next(250);
    await say("QUIT", 221);
    return outcome;
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Another code than the one that goes on. */
class Refusal extends Error {
  constructor(readonly reply: LmtpReply) {
    super(`${reply.code} ${reply.text}`);
  }
}

/** The server's replies, one after the other. */
class Replies {
  readonly #lines: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(conn: Deno.Conn) {
    this.#lines = conn.readable.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** The next reply. @throws {Refusal} when its code is another */
  async next(expected: number): Promise<LmtpReply> {
    const texts: string[] = [];
    for (;;) {
      const line = /^(\d{3})([ -])?(.*)$/.exec(await this.#line());
      if (line === null) throw new Error("The server does not speak LMTP");
      texts.push(line[3]!);
      if (line[2] === "-") continue;
      const reply = { code: Number(line[1]), text: texts.join(" ") };
      if (reply.code !== expected) throw new Refusal(reply);
      return reply;
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("The server has ended the connection");
      this.#text += value;
    }
  }
}

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

const LF = 10;
const CR = 13;
const DOT = 46;

/** A message as DATA carries it: lines end with CRLF, dots at their start are doubled (RFC 5321 § 4.5.2). */
export function stuffed(source: Uint8Array): Uint8Array {
  const out = new Uint8Array(source.length * 2 + 5);
  let at = 0;
  let last = LF;
  for (const byte of source) {
    if (byte === LF && last !== CR) out[at++] = CR;
    if (byte === DOT && last === LF) out[at++] = DOT;
    out[at++] = last = byte;
  }
  if (last !== LF) {
    out[at++] = CR;
    out[at++] = LF;
  }
  for (const byte of [DOT, CR, LF]) out[at++] = byte;
  return out.subarray(0, at);
}
