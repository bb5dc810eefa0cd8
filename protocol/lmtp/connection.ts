/**
 * One LMTP connection, from the greeting to its end.
 *
 * Replies gather while commands that the client has sent already are executed (RFC 2920 § 3.2); they are
 * written before the connection waits for more.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { nextConnectionNumber } from "../connection_number.ts";
import type { Host } from "../host.ts";
import { Bye } from "../imap/errors.ts";
import { execute } from "./commands.ts";
import { Closing, Refusal } from "./reply.ts";
import { Session } from "./session.ts";
import { Tracer } from "./trace.ts";
import { Disconnected, Transport } from "./transport.ts";

/** Replies to commands that were not understood begin with these. */
const BAD = /^50[012]/;

// What is no UTF-8 becomes U+FFFD, which no argument may contain.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** See the module's text. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #host: Host;
  readonly #transport: Transport;
  readonly #session: Session;
  #badCommands = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Why the connection ends, when something outside wants it to. */
  #closing: Closing | undefined;
  #goodbyeSaid = false;

  /** Takes a stream over. */
  constructor(stream: ByteStream, host: Host) {
    this.#stream = stream;
    this.#host = host;
    const id = nextConnectionNumber();
    const tracer = new Tracer(host.trace, id);
    // Those of AUTH are longer (RFC 4954 § 4).
    const { lmtpLineLength, lineLength } = host.limits;
    const longest = host.mayDeliver === undefined
      ? lmtpLineLength
      : Math.max(lmtpLineLength, lineLength);
    this.#transport = new Transport(stream, tracer, longest);
    this.#session = new Session(
      id,
      host,
      stream,
      this.#transport,
      (reason) => this.#end(new Closing("4.7.0", reason)),
    );
  }

  /** Serves the client until the connection has ended. Never rejects. */
  async run(): Promise<void> {
    const { stopping, hooks } = this.#host;
    const stop = () =>
      this.#end(new Closing("4.3.2", "The server is going down"));
    stopping.addEventListener("abort", stop);
    this.#watchTime();
    const session = this.#session;
    this.#host.event("connect", session.about());
    try {
      const letIn = hooks?.connect?.(session.facts);
      if (letIn !== undefined) await letIn;
      // ehlo-greet; the name comes first (RFC 5321 § 4.2)
      this.#transport.reply("220", `${session.hostname} LMTP imapd ready`);
      if (stopping.aborted) stop();
      await this.#loop();
    } catch (error) {
      await this.#sayGoodbye(error);
    } finally {
      stopping.removeEventListener("abort", stop);
      clearTimeout(this.#timer);
      session.reset();
      this.#stream.close();
      const { open, facts } = session;
      if (open !== undefined) {
        this.#host.logout(open);
        await hooks?.logout?.(facts, open.identity);
      }
      this.#host.event("disconnect", session.about());
    }
  }

  async #loop(): Promise<void> {
    while (!this.#session.ended) {
      if (this.#closing !== undefined) throw this.#closing;
      const line = await this.#transport.line();
      if (this.#closing !== undefined) throw this.#closing;
      if (line === null) break;
      try {
        if (line === "too long" || this.#isTooLong(line)) {
          throw new Refusal("500 5.5.2", "The line is too long");
        }
        const executed = execute(this.#session, utf8.decode(line));
        if (executed !== undefined) await executed;
        this.#badCommands = 0;
      } catch (error) {
        this.#refuse(error);
      }
      if (this.#transport.gathered >= this.#host.batchSize) {
        await this.#transport.flush();
      }
    }
    await this.#transport.flush();
  }

  #isTooLong(line: Uint8Array): boolean {
    return line.length + 2 > this.#host.limits.lmtpLineLength &&
      !/^auth /i.test(utf8.decode(line.subarray(0, 5)));
  }

  /** Replies to a command that failed; throws on what ends the connection. */
  #refuse(error: unknown): void {
    // After a fault nobody knows whether a message is still to come.
    if (!(error instanceof Refusal)) throw error;
    this.#transport.reply(error.status, error.message);
    if (!BAD.test(error.status)) this.#badCommands = 0;
    else if (++this.#badCommands >= this.#host.limits.badCommands) {
      throw new Closing("4.7.0", "Too many bad commands");
    }
  }

  /** Ends the connection from outside: at once where it waits, else after what is under way. */
  #end(closing: Closing): void {
    if (this.#closing !== undefined) return;
    this.#closing = closing;
    this.#session.pause.end();
    if (this.#transport.waitsSince === undefined) return;
    this.#sayGoodbye(closing).finally(() => this.#stream.close());
  }

  async #sayGoodbye(error: unknown): Promise<void> {
    if (this.#goodbyeSaid || error instanceof Disconnected) return;
    this.#goodbyeSaid = true;
    if (error instanceof Closing) {
      this.#transport.reply(`421 ${error.status}`, error.message);
    } else if (error instanceof Bye) {
      this.#transport.reply("421 4.7.0", error.message);
    } else {
      this.#host.fault(error, this.#session.about());
      this.#transport.reply("421 4.3.0", "Internal error");
    }
    try {
      await this.#transport.flush();
    } catch {
      // The client has gone; there is nobody to tell.
    }
  }

  /** One timer a connection, looked at when it rings: who waits for a reply is not silent. */
  #watchTime(): void {
    const { lmtpIdleTime } = this.#host.limits;
    const now = performance.now();
    const left = (this.#transport.waitsSince ?? now) + lmtpIdleTime - now;
    if (left <= 0) {
      return this.#end(new Closing("4.4.2", "You have been silent too long"));
    }
    this.#timer = setTimeout(() => this.#watchTime(), left + 1);
  }
}
