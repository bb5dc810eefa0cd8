/**
 * One POP3 connection: frame, admit, execute, answer.
 *
 * Commands are answered in the order in which they came (RFC 2449 § 6.6). While the client sends, answers gather;
 * they are written before the connection waits for more, or when there is a batch of them.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { badCommandDelay, Pause, SilenceWatch } from "../patience.ts";
import { nextConnectionNumber } from "../connection_number.ts";
import type { Host } from "../host.ts";
import { Bad, Bye, No, refusalOf } from "../imap/errors.ts";
import { Tracer as NoTracer } from "../imap/trace.ts";
import { Disconnected, Transport } from "../imap/transport.ts";
import { utf8Text } from "../wire/text.ts";
import type { Answer, Command } from "./command.ts";
import { COMMANDS } from "./commands/mod.ts";
import { responseCode } from "./response_code.ts";
import { Session, type Wire } from "./session.ts";
import { Tracer } from "./trace.ts";

/**
 * Speaks POP3 on a connection until it ends. Never rejects: faults go to {@linkcode Host.fault}.
 * @param stream the connection, with TLS on it or not
 */
export async function servePop3(stream: ByteStream, host: Host): Promise<void> {
  await new Connection(stream, host).run();
}

/** The longest text of a response: its line has up to 512 octets (RFC 1939 § 3). */
const MAX_TEXT = 400;

class Connection implements Wire {
  readonly stream: ByteStream;
  readonly #host: Host;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #tracer: Tracer;
  #badCommands = 0;
  /** Why the connection ends, when something outside wants it to. */
  #end: Bye | Disconnected | undefined;
  #endSaid = false;
  readonly #pause = new Pause();

  constructor(stream: ByteStream, host: Host) {
    this.stream = stream;
    this.#host = host;
    const id = nextConnectionNumber();
    this.#tracer = new Tracer(host.trace, id);
    const { lineLength } = host.limits;
    // What is written is traced here, where it is known what of it is a message.
    const untraced = new NoTracer(undefined, id);
    this.#transport = new Transport(stream, untraced, lineLength);
    this.#session = new Session(id, host, this, this.#transport.out);
  }

  get remote(): string {
    return this.stream.remote;
  }
  get secure(): boolean {
    return this.stream.secure;
  }
  get local(): boolean {
    return this.stream.local;
  }
  get canStartTls(): boolean {
    return this.stream.canStartTls;
  }

  async run(): Promise<void> {
    const { stopping } = this.#host;
    const stop = () =>
      this.#endFromOutside(new Bye("The server is going down", "UNAVAILABLE"));
    stopping.addEventListener("abort", stop);
    const silence = this.#watchSilence();
    this.#host.event("connect", this.#about());
    try {
      const letIn = this.#host.hooks?.connect?.(this.#session.facts);
      if (letIn !== undefined) await letIn;
      this.#greet();
      if (stopping.aborted) stop();
      await this.#loop();
    } catch (error) {
      await this.#sayEnd(error);
    } finally {
      stopping.removeEventListener("abort", stop);
      silence.close();
      this.stream.close();
      const { facts, identity } = this.#session;
      const about = this.#about();
      await this.#session.close();
      this.#host.event("disconnect", about);
      if (identity !== undefined) {
        await this.#host.hooks?.logout?.(facts, identity);
      }
    }
  }

  async #loop(): Promise<void> {
    const session = this.#session;
    while (!session.ended) {
      if (this.#end !== undefined) throw this.#end;
      const line = this.#line();
      if (line === undefined) {
        if (!await this.#readMore()) break;
        continue;
      }
      const waiting = this.#take(line);
      if (waiting !== undefined) await waiting;
      const rest = this.#transport.rest(waiting !== undefined);
      if (rest !== undefined) await rest;
      const delay = badCommandDelay(this.#badCommands, this.#host.limits);
      if (delay > 0) await this.pause(delay);
      if (session.startTls) {
        session.startTls = false;
        await this.#transport.startTls();
      }
      const full = session.flushBatch();
      if (full !== undefined) await full;
    }
    await this.flush();
  }

  // greeting = "+OK" [resp-code] *gchar [timestamp] *gchar CRLF      RFC 2449 § 3
  #greet(): void {
    const { challenge, policy } = this.#session;
    const text = (policy.greeting ?? "imapd ready").replace(/[<>]/g, "-");
    this.ok(challenge === undefined ? text : `${text} ${challenge}`);
  }

  /** A line of those that have come. @throws {Bye} when it is too long */
  #line(): Uint8Array | undefined {
    try {
      return this.#transport.reader.nextLine();
    } catch (error) {
      if (error instanceof RangeError) throw new Bye("The line is too long");
      throw error;
    }
  }

  /** Runs one command; a promise when that takes time. */
  #take(line: Uint8Array): Promise<void> | undefined {
    let command: Command | undefined;
    try {
      const text = line.length <= this.#host.limits.pop3LineLength
        ? utf8Text(line)
        : undefined;
      const space = text?.indexOf(" ") ?? -1;
      const name = space < 0 ? text : text!.slice(0, space);
      command = this.#command(name?.toUpperCase());
      this.#tracer.command(line, command);
      // PASS comes immediately after USER (RFC 1939 § 7).
      if (command?.name !== "PASS") this.#session.user = undefined;
      if (text === undefined) {
        throw new Bad("The line is too long, or is not UTF-8");
      }
      if (command === undefined) throw new Bad("Unknown command");
      const argument = space < 0 ? undefined : text.slice(space + 1);
      if (HAS_CONTROL.test(text)) throw new Bad("A control character");
      this.#admit(command);
      return this.#start(command, argument);
    } catch (error) {
      this.#refuse(error, command);
      return undefined;
    }
  }

  /** The command of a name in capitals, if it is offered. */
  #command(name: string | undefined): Command | undefined {
    const command = name === undefined ? undefined : COMMANDS.get(name);
    const { capability } = command ?? {};
    return capability === undefined || this.#session.offers(capability)
      ? command
      : undefined;
  }

  #admit({ state }: Command): void {
    if (state === "any" || state === this.#session.state) return;
    throw new Bad(
      state === "transaction" ? "Log in first" : "You are logged in already",
    );
  }

  /** Executes a command, through the application's hook where there is one, and answers it. */
  #start(
    command: Command,
    argument: string | undefined,
  ): Promise<void> | undefined {
    const session = this.#session;
    const { hooks } = this.#host;
    const executed = hooks?.command === undefined
      ? command.execute(session, argument)
      : hooks.command(
        {
          ...session.facts,
          identity: session.identity,
          tag: "",
          name: command.name,
          uid: false,
        },
        async () => await command.execute(session, argument),
      );
    if (executed instanceof Promise) {
      return executed.then(
        (answer) => this.#complete(answer),
        (error) => this.#refuse(error, command),
      );
    }
    this.#complete(executed);
    return undefined;
  }

  #complete(answer: Answer): void {
    this.#badCommands = 0;
    if (answer !== undefined) this.ok(answer);
  }

  /** Answers a command that failed; throws on what ends the connection. */
  #refuse(error: unknown, command?: Command): void {
    let refusal = refusalOf(error);
    if (refusal instanceof Bye || error instanceof Disconnected) throw error;
    if (refusal === undefined) {
      this.#host.fault(error, { ...this.#about(), command: command?.name });
      refusal = new No("SERVERBUG", "Internal error");
    }
    this.#error(refusal);
    if (!(refusal instanceof Bad)) return;
    if (++this.#badCommands >= this.#host.limits.badCommands) {
      throw new Bye("Too many bad commands");
    }
  }

  ok(text: string): void {
    this.#status("+OK", text);
  }

  #error({ code, message }: No | Bad | Bye): void {
    this.#status("-ERR", message, responseCode(code));
  }

  // single-line = status [SP text] CRLF      RFC 2449 § 3
  #status(status: string, text: string, code?: string): void {
    const { out } = this.#transport;
    const short = text.slice(0, MAX_TEXT);
    out.text(status).sp();
    if (code !== undefined) out.text(`[${code}] `);
    out.humanText(short).crlf();
    const shown = code === undefined ? short : `[${code}] ${short}`;
    this.#tracer.answer(`${status} ${shown}`);
  }

  /** Waits for bytes, writing out first what has gathered; false at the end of the stream. */
  async #readMore(): Promise<boolean> {
    await this.flush();
    const chunk = await this.#transport.read();
    if (this.#end !== undefined) throw this.#end;
    if (chunk === null) return false;
    this.#transport.reader.push(chunk);
    return true;
  }

  async readLine(): Promise<Uint8Array | null> {
    for (;;) {
      const line = this.#line();
      if (line !== undefined) {
        this.#tracer.secret();
        return line;
      }
      if (!await this.#readMore()) return null;
    }
  }

  flush(): Promise<void> {
    return this.#transport.flush();
  }

  pause(time: number): Promise<void> {
    return this.#pause.wait(time);
  }

  end(reason: string): void {
    this.#endFromOutside(new Bye(reason, "AUTHENTICATIONFAILED"));
  }

  /** Ends the connection from outside: at once where it waits, else after the command under way. */
  #endFromOutside(end: Bye | Disconnected): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#pause.end();
    if (this.#transport.waitsSince !== undefined) {
      this.#sayEnd(end).finally(() => this.stream.close());
    }
  }

  async #sayEnd(error: unknown): Promise<void> {
    if (this.#endSaid) return;
    this.#endSaid = true;
    if (error instanceof Disconnected) return;
    if (error instanceof Bye) this.#error(error);
    else {
      this.#host.fault(error, this.#about());
      this.#error(new No("SERVERBUG", "Internal error"));
    }
    try {
      await this.flush();
    } catch {
      // The client has gone; there is nobody to tell.
    }
  }

  /** A client that is silent for too long is told nothing (RFC 1939 § 3). */
  #watchSilence(): SilenceWatch {
    const { loginTime, pop3IdleTime } = this.#host.limits;
    return new SilenceWatch({
      loginTime,
      idleTime: () => pop3IdleTime,
      shortest: pop3IdleTime,
      loggedIn: () => this.#session.identity !== undefined,
      waitsSince: () => this.#transport.waitsSince,
      over: () => this.#endFromOutside(new Disconnected("Silent for too long")),
    });
  }

  #about(): Record<string, unknown> {
    return {
      connection: this.#session.id,
      remote: this.remote,
      user: this.#session.identity?.user,
    };
  }
}

// deno-lint-ignore no-control-regex
const HAS_CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
