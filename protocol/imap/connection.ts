/**
 * One IMAP connection: frame, parse, admit, execute, sync, tag.
 *
 * Commands are answered in the order in which they came. While the client sends, answers gather; they are
 * written before the connection waits for more. Commands that say that they overlap (APPEND) may be under
 * way together, so that their commits are; their answers still come in order.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import type { Host } from "../host.ts";
import {
  CommandReader,
  type Frame,
  type LiteralHeader,
} from "../wire/command_reader.ts";
import { Decoder } from "../wire/decoder.ts";
import { Encoder } from "../wire/encoder.ts";
import type { AnyCommand, Executed } from "./command.ts";
import { Bad, Bye, No, refusalOf } from "./errors.ts";
import { LiteralPolicy } from "./literal_policy.ts";
import type { Registry } from "./registry.ts";
import { registryOf } from "./extensions/mod.ts";
import { Session, type Wire } from "./session.ts";
import { Tracer } from "./trace.ts";

let connections = 0;

/**
 * Speaks IMAP on a connection until it ends. Never rejects: faults go to {@linkcode Host.fault}.
 */
export async function serveConnection(
  stream: ByteStream,
  host: Host,
): Promise<void> {
  await new Connection(stream, host, registryOf(host)).run();
}

/** Buffers up to this size are written over for the next batch. */
const RECYCLED = 1_048_576;

/** A command under way whose answer is not written yet. */
interface Underway {
  readonly tag: string;
  readonly command: AnyCommand;
  readonly uid: boolean;
  readonly size: number;
  /** Settles, never rejects. */
  readonly outcome: Promise<Executed | { failed: unknown }>;
}

class Connection implements Wire {
  readonly #stream: ByteStream;
  readonly #host: Host;
  readonly #registry: Registry;
  readonly #reader: CommandReader;
  readonly #out = new Encoder();
  readonly #session: Session;
  readonly #tracer: Tracer;
  readonly #literals = new LiteralPolicy();
  readonly #underway: Underway[] = [];
  #underwaySize = 0;
  #pendingRead: Promise<Uint8Array | null> | undefined;
  #badCommands = 0;
  #lastHeard: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> = Promise.resolve();
  /** Why the connection ends, when something outside wants it to. */
  #bye: Bye | undefined;
  #byeSaid = false;
  #pause:
    | { resume: () => void; timer: ReturnType<typeof setTimeout> }
    | undefined;

  constructor(stream: ByteStream, host: Host, registry: Registry) {
    this.#stream = stream;
    this.#host = host;
    this.#registry = registry;
    this.#reader = new CommandReader({ lineLength: host.limits.lineLength });
    const id = ++connections;
    this.#tracer = new Tracer(host.trace, id);
    this.#session = new Session(id, host, this, registry, this.#out);
    this.#lastHeard = performance.now();
  }

  get remote(): string {
    return this.#stream.remote;
  }
  get secure(): boolean {
    return this.#stream.secure;
  }
  get local(): boolean {
    return this.#stream.local;
  }
  get canStartTls(): boolean {
    return this.#stream.canStartTls;
  }

  async run(): Promise<void> {
    const { stopping } = this.#host;
    const stop = () => this.#end(new Bye("The server is going down"));
    stopping.addEventListener("abort", stop);
    this.#watchTime();
    this.#host.event("connect", this.#about());
    try {
      this.#greet();
      if (stopping.aborted) stop();
      await this.#loop();
    } catch (error) {
      await this.#sayBye(error);
    } finally {
      stopping.removeEventListener("abort", stop);
      clearTimeout(this.#timer);
      this.#session.close();
      this.#stream.close();
      this.#host.event("disconnect", this.#about());
    }
  }

  async #loop(): Promise<void> {
    while (!this.#session.ended) {
      if (this.#bye !== undefined) throw this.#bye;
      const event = this.#reader.next();
      if (event === undefined) {
        if (!await this.#readMore()) return;
      } else if (event.type === "command") {
        const waiting = this.#take(event.frame);
        if (waiting !== undefined) await waiting;
        if (this.#session.startTls) await this.#startTls();
        const full = this.#session.flushBatch();
        if (full !== undefined) await full;
      } else if (event.type === "literal") {
        await this.#literal(event.header, event.text);
      } else {
        throw new Bye("The line or the literal is too long", "TOOBIG");
      }
    }
    await this.#finish(0);
    await this.flush();
  }

  #greet(): void {
    const capabilities = this.#registry.capabilities({
      authenticated: false,
      mayLogin: this.#session.mayLogin,
      canStartTls: this.canStartTls,
      limits: this.#host.limits,
    });
    // greeting, RFC 9051 § 7.1.1
    this.#out.text(`* OK [CAPABILITY ${capabilities.join(" ")}] imapd ready`)
      .crlf();
  }

  /** Runs one command; a promise when that takes time. */
  #take(frame: Frame): Promise<void> | undefined {
    const d = new Decoder(frame, {
      utf8: this.#session.rev2,
      delimiter: this.#host.storage.hierarchyDelimiter,
      maxDepth: this.#host.limits.nesting,
      maxListItems: this.#host.limits.listItems,
      maxSequenceSet: this.#host.limits.sequenceSet,
      maxMailboxName: this.#host.limits.mailboxName,
    });
    let tag: string | undefined;
    try {
      tag = d.tag();
      d.sp();
      let name = d.keyword();
      const uid = name === "UID";
      if (uid) name = `UID ${d.sp().keyword()}`;
      const command = this.#registry.command(name);
      this.#tracer.command(frame, command?.secret ?? false);
      if (command === undefined) throw new Bad("Unknown command");
      this.#admit(command);
      const args = command.parse(d, {
        uid,
        registry: this.#registry,
        limits: this.#host.limits,
        rev2: this.#session.rev2,
      });
      d.end();
      this.#badCommands = 0;
      return this.#start(tag, command, uid, args, frame);
    } catch (error) {
      if (tag === undefined) this.#tracer.command(frame, false);
      return this.#refuseInOrder(tag, error);
    }
  }

  #admit(command: AnyCommand): void {
    const { state } = this.#session;
    const fits = command.state === "any" || command.state === state ||
      (command.state === "authenticated" && state === "selected");
    if (!fits) {
      throw new Bad(
        state === "not-authenticated"
          ? "Log in first"
          : command.state === "selected"
          ? "Select a mailbox first"
          : "You are logged in already",
      );
    }
  }

  #start(
    tag: string,
    command: AnyCommand,
    uid: boolean,
    args: unknown,
    frame: Frame,
  ): Promise<void> | undefined {
    if (!command.overlaps) {
      if (this.#underway.length > 0) {
        return this.#finish(0).then(() =>
          this.#execute(tag, command, uid, args)
        );
      }
      return this.#execute(tag, command, uid, args);
    }
    const outcome =
      (async () => await command.execute(this.#session, args, { uid, tag }))()
        .catch((failed: unknown) => ({ failed }));
    const size = frame.literals.reduce((sum, part) => sum + part.length, 0);
    this.#underway.push({ tag, command, uid, size, outcome });
    this.#underwaySize += size;
    const { overlappingCommands, message } = this.#host.limits;
    let keep = overlappingCommands - 1;
    if (this.#underwaySize > message) keep = 0;
    return this.#underway.length > keep ? this.#finish(keep) : undefined;
  }

  #execute(
    tag: string,
    command: AnyCommand,
    uid: boolean,
    args: unknown,
  ): Promise<void> | undefined {
    try {
      const executed = command.execute(this.#session, args, { uid, tag });
      if (executed instanceof Promise) {
        return executed.then(
          (completion) => this.#complete(tag, command, uid, completion),
          (error) => this.#refuse(tag, error, command, uid),
        );
      }
      this.#complete(tag, command, uid, executed);
    } catch (error) {
      this.#refuse(tag, error, command, uid);
    }
    return undefined;
  }

  /** Writes the answers of commands under way, in order, until no more than `keep` are left. */
  async #finish(keep: number): Promise<void> {
    while (this.#underway.length > keep) {
      const { tag, command, uid, size, outcome } = this.#underway[0]!;
      const executed = await outcome;
      this.#underway.shift();
      this.#underwaySize -= size;
      if (executed !== undefined && "failed" in executed) {
        this.#refuse(tag, executed.failed, command, uid);
      } else this.#complete(tag, command, uid, executed);
    }
  }

  #complete(
    tag: string,
    command: AnyCommand,
    uid: boolean,
    completion: Executed,
  ): void {
    const mayExpunge = uid || !command.keepsNumbers;
    this.#session.sync(mayExpunge, uid);
    const out = this.#out;
    out.text(tag).text(" OK ");
    if (completion?.code !== undefined) out.text(`[${completion.code}] `);
    if (completion?.text !== undefined) out.humanText(completion.text);
    else out.text(`${uid ? "UID " : ""}${command.name} completed`);
    out.crlf();
  }

  #refuseInOrder(
    tag: string | undefined,
    error: unknown,
  ): Promise<void> | undefined {
    if (this.#underway.length === 0) return void this.#refuse(tag, error);
    return this.#finish(0).then(() => this.#refuse(tag, error));
  }

  /** Answers a command that failed; throws on what ends the connection. */
  #refuse(
    tag: string | undefined,
    error: unknown,
    command?: AnyCommand,
    uid = false,
  ): void {
    let refusal = refusalOf(error);
    if (refusal instanceof Bye) throw refusal;
    if (refusal === undefined) {
      this.#host.fault(error, { ...this.#about(), command: command?.name });
      refusal = new No("SERVERBUG", "Internal error");
    }
    if (command !== undefined) {
      this.#session.sync(uid || !command.keepsNumbers, uid);
    }
    const kind = refusal instanceof No ? "NO" : "BAD";
    this.#out.text(tag ?? "*").sp().text(kind).sp();
    if (refusal.code !== undefined) this.#out.text(`[${refusal.code}] `);
    this.#out.humanText(refusal.message).crlf();
    if (
      kind === "BAD" && ++this.#badCommands >= this.#host.limits.badCommands
    ) {
      throw new Bye("Too many bad commands");
    }
  }

  /** A literal has been announced: takes it, or refuses it in a way that keeps the stream in step. */
  async #literal(
    header: LiteralHeader,
    text: Uint8Array,
  ): Promise<void> {
    const verdict = this.#literals.judge(header, text, this.#session);
    if (verdict.refusal === undefined) {
      if (!header.nonSync) {
        await this.#finish(0);
        // continue-req, RFC 9051 § 7.6
        this.#out.text("+ OK").crlf();
        await this.flush();
      }
      return this.#reader.accept();
    }
    this.#reader.refuse();
    await this.#refuseInOrder(verdict.tag, verdict.refusal);
  }

  /** Waits for bytes, writing out first what has gathered; false at the end of the stream. */
  async #readMore(): Promise<boolean> {
    for (;;) {
      await this.flush();
      // Who waits needs no room; there may be thousands.
      this.#out.trim();
      this.#pendingRead ??= this.#read();
      const first = this.#underway[0];
      if (first === undefined) break;
      const settled = await Promise.race([
        first.outcome.then(() => true),
        this.#pendingRead.then(() => false),
      ]);
      if (!settled) break;
      await this.#finish(this.#underway.length - 1);
    }
    const chunk = await this.#pendingRead;
    this.#pendingRead = undefined;
    if (this.#bye !== undefined) throw this.#bye;
    if (chunk === null) return false;
    this.#lastHeard = performance.now();
    this.#reader.push(chunk);
    return true;
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return await this.#stream.read(this.#reader.expected);
    } catch (cause) {
      throw new Disconnected("The connection broke", { cause });
    }
  }

  async readLine(): Promise<Uint8Array | null> {
    for (;;) {
      let line: Uint8Array | undefined;
      try {
        line = this.#reader.nextLine();
      } catch (error) {
        if (error instanceof RangeError) {
          throw new Bye("The line is too long", "TOOBIG");
        }
        throw error;
      }
      if (line !== undefined) return line;
      if (!await this.#readMore()) return null;
    }
  }

  flush(): Promise<void> {
    if (this.#out.length > 0) {
      this.#flushing = this.#flushing.then(() => this.#writeOut());
    }
    return this.#flushing;
  }

  async #writeOut(): Promise<void> {
    if (this.#out.length === 0) return;
    const bytes = this.#out.take();
    this.#tracer.output(bytes);
    try {
      await this.#stream.write(bytes);
    } catch (cause) {
      throw new Disconnected("The client does not take what is sent", {
        cause,
      });
    }
    if (bytes.length <= RECYCLED) this.#out.recycle(bytes);
  }

  async #startTls(): Promise<void> {
    this.#session.startTls = false;
    await this.flush();
    // Nothing that came in clear text may count behind the handshake (RFC 9051 § 11.1).
    if (this.#reader.buffered > 0) throw new Disconnected("Data before TLS");
    try {
      await this.#stream.startTls();
    } catch (cause) {
      throw new Disconnected("The handshake failed", { cause });
    }
  }

  pause(time: number): Promise<void> {
    return new Promise((resume) => {
      this.#pause = { resume, timer: setTimeout(resume, time) };
    });
  }

  /** Ends the connection from outside: at once where it waits, else after the command under way. */
  #end(bye: Bye): void {
    if (this.#bye !== undefined) return;
    this.#bye = bye;
    this.#endPause();
    if (this.#pendingRead !== undefined) {
      this.#sayBye(bye).finally(() => this.#stream.close());
    }
  }

  #endPause(): void {
    clearTimeout(this.#pause?.timer);
    this.#pause?.resume();
  }

  async #sayBye(error: unknown): Promise<void> {
    if (this.#byeSaid || error instanceof Disconnected) return;
    this.#byeSaid = true;
    const out = this.#out;
    if (error instanceof Bye) {
      out.text("* BYE ");
      if (error.code !== undefined) out.text(`[${error.code}] `);
      out.humanText(error.message).crlf();
    } else {
      this.#host.fault(error, this.#about());
      out.text("* BYE [SERVERBUG] Internal error").crlf();
    }
    try {
      await this.flush();
    } catch {
      // The client has gone; there is nobody to tell.
    }
  }

  /** One timer a connection, set for the nearer of the limits and looked at when it rings. */
  #watchTime(): void {
    const { loginTime, idleTime } = this.#host.limits;
    const begun = performance.now();
    const look = () => {
      const now = performance.now();
      const left = this.#session.identity === undefined
        ? begun + loginTime - now
        : this.#lastHeard + idleTime - now;
      if (left <= 0) {
        this.#end(new Bye("You have been silent for too long"));
      } else this.#timer = setTimeout(look, Math.min(left, loginTime) + 1);
    };
    look();
  }

  #about(): Record<string, unknown> {
    return {
      connection: this.#session.id,
      remote: this.remote,
      user: this.#session.identity?.user,
    };
  }
}

/** The client has gone, or does not read. */
class Disconnected extends Error {}
