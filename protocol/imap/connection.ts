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
import { badCommandDelay, Pause, SilenceWatch } from "../patience.ts";
import { nextConnectionNumber } from "../connection_number.ts";
import type { Host } from "../host.ts";
import type { Frame, LiteralHeader } from "../wire/command_reader.ts";
import { Decoder } from "../wire/decoder.ts";
import { writeGreeting, writeOk, writeRefusal } from "./answers.ts";
import type { AnyCommand, Executed } from "./command.ts";
import { Bad, Bye, No, refusalOf } from "./errors.ts";
import { execute } from "./execute.ts";
import { uidRequired } from "./messages.ts";
import { LiteralPolicy } from "./literal_policy.ts";
import { LiteralRoom } from "./literal_room.ts";
import { registryOf } from "./extensions/mod.ts";
import { type Admitted, Overlap } from "./overlap.ts";
import { type Registries, Session, type Synced, type Wire } from "./session.ts";
import { Tracer } from "./trace.ts";
import { Disconnected, Transport } from "./transport.ts";

/**
 * Speaks IMAP on a connection until it ends. Never rejects: faults go to {@linkcode Host.fault}.
 * @param registries what is spoken; all that there is by default
 */
export async function serveConnection(
  stream: ByteStream,
  host: Host,
  registries: Registries = (hidden) => registryOf(host, hidden),
): Promise<void> {
  await new Connection(stream, host, registries).run();
}

class Connection implements Wire {
  readonly stream: ByteStream;
  readonly #host: Host;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #tracer: Tracer;
  readonly #literals = new LiteralPolicy();
  readonly #room: LiteralRoom;
  readonly #overlap = new Overlap();
  #badCommands = 0;
  /** Why the connection ends, when something outside wants it to. */
  #bye: Bye | undefined;
  #byeSaid = false;
  readonly #pause = new Pause();
  readonly #silence: SilenceWatch;

  constructor(stream: ByteStream, host: Host, registries: Registries) {
    this.stream = stream;
    this.#host = host;
    const id = nextConnectionNumber();
    this.#tracer = new Tracer(host.trace, id);
    const { lineLength } = host.limits;
    this.#transport = new Transport(stream, this.#tracer, lineLength);
    const { out } = this.#transport;
    this.#session = new Session(id, host, this, registries, out);
    this.#silence = this.#watchSilence();
    this.#room = new LiteralRoom(host.literals, this.#pause);
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
  get compressed(): boolean {
    return this.#transport.compressed;
  }

  async run(): Promise<void> {
    const { stopping } = this.#host;
    const stop = () => this.#end(new Bye("The server is going down"));
    stopping.addEventListener("abort", stop);
    this.#host.event("connect", this.#about());
    try {
      const letIn = this.#host.hooks?.connect?.(this.#session.facts);
      if (letIn !== undefined) await letIn;
      writeGreeting(this.#session);
      if (stopping.aborted) stop();
      await this.#loop();
    } catch (error) {
      await this.#drain();
      await this.#sayBye(error);
    } finally {
      stopping.removeEventListener("abort", stop);
      this.#silence.close();
      this.#room.release();
      const left = this.#session.logout();
      this.stream.close();
      this.#transport.close();
      this.#host.event("disconnect", this.#about());
      await left;
    }
  }

  async #loop(): Promise<void> {
    while (!this.#session.ended) {
      if (this.#bye !== undefined) throw this.#bye;
      const event = this.#transport.reader.next();
      if (event === undefined) {
        if (!await this.#readMore(true)) break;
      } else if (event.type === "command") {
        const waiting = this.#take(event.frame);
        if (waiting !== undefined) await waiting;
        this.#room.release();
        const rest = this.#transport.rest(waiting !== undefined);
        if (rest !== undefined) await rest;
        if (this.#badCommands > 0) await this.#slowDown();
        const { next } = this.#session;
        if (next !== undefined) {
          this.#session.next = undefined;
          await this.#transport[next]();
        }
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

  /** Runs one command; a promise when that takes time. */
  #take(frame: Frame): Promise<void> | undefined {
    const d = new Decoder(frame, {
      utf8: this.#session.utf8,
      delimiter: this.#host.storage.hierarchyDelimiter,
      maxDepth: this.#host.limits.nesting,
      maxListItems: this.#host.limits.listItems,
      maxSequenceSet: this.#host.limits.sequenceSet,
      maxMailboxName: this.#host.limits.mailboxName,
    });
    let tag: string | undefined;
    let traced = false;
    try {
      tag = d.tag();
      d.sp();
      let name = d.keyword();
      const uid = name === "UID";
      if (uid) name = `UID ${d.sp().keyword()}`;
      const command = this.#session.registry.command(name);
      traced = true;
      // What is no command may be a mistyped LOGIN.
      this.#tracer.command(frame, command === undefined || !!command.secret);
      if (command === undefined) throw new Bad("Unknown command");
      this.#admit(command, uid);
      const args = command.parse(d, {
        uid,
        registry: this.#session.registry,
        limits: this.#host.limits,
        rev2: this.#session.rev2,
        uidOnly: this.#session.uidOnly,
        charsets: !this.#session.enabled.has("UTF8=ACCEPT"),
      });
      d.end();
      this.#badCommands = 0;
      return this.#start({ tag, command, uid }, args, frame);
    } catch (error) {
      if (!traced) this.#tracer.command(frame, true);
      return this.#refuseInOrder(tag, error);
    }
  }

  #admit(command: AnyCommand, uid: boolean): void {
    const { state, uidOnly, registry } = this.#session;
    if (uidOnly && command.takesNumbers && !uid) throw uidRequired();
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
    for (const admit of registry.admissions) admit(this.#session, command);
  }

  #start(
    admitted: Admitted,
    args: unknown,
    frame: Frame,
  ): Promise<void> | undefined {
    const { command } = admitted;
    if (
      !command.overlaps?.(args) || this.#host.hooks?.command !== undefined
    ) {
      return this.#overlap.length > 0
        ? this.#finish(0).then(() => this.#execute(admitted, args))
        : this.#execute(admitted, args);
    }
    const size = frame.literals.reduce((sum, part) => sum + part.length, 0);
    const release = this.#room.handOver();
    this.#overlap.add(admitted, size, async () => {
      try {
        return await command.execute(this.#session, args, admitted);
      } finally {
        release();
      }
    });
    const { overlappingCommands, message } = this.#host.limits;
    const keep = this.#overlap.size > message ? 0 : overlappingCommands - 1;
    return this.#overlap.length > keep ? this.#finish(keep) : undefined;
  }

  #execute(admitted: Admitted, args: unknown): Promise<void> | undefined {
    try {
      const executed = execute(this.#session, admitted.command, args, admitted);
      if (executed instanceof Promise) {
        return executed.then(
          (completion) => this.#complete(admitted, completion),
          (error) => this.#refuse(admitted.tag, error, admitted),
        );
      }
      return this.#complete(admitted, executed);
    } catch (error) {
      return this.#refuse(admitted.tag, error, admitted);
    }
  }

  /** Writes the answers of commands under way, in order, until no more than `keep` are left. */
  #finish(keep: number): Promise<void> {
    return this.#overlap.settle(keep, (admitted, outcome) => {
      return outcome.ok
        ? this.#complete(admitted, outcome.completion)
        : this.#refuse(admitted.tag, outcome.error, admitted);
    });
  }

  /** What is under way when the connection ends is done all the same, and the client should hear of it. */
  async #drain(): Promise<void> {
    while (this.#overlap.length > 0) {
      try {
        await this.#finish(0);
      } catch {
        // The connection ends already, for a reason that came before.
      }
    }
  }

  /** Answers a command that was executed; throws on what ends the connection. */
  #complete(
    admitted: Admitted,
    completion: Executed,
  ): Promise<void> | undefined {
    return this.#afterSync(admitted, () => {
      writeOk(this.#transport.out, admitted, completion);
    });
  }

  /** Tells the client what is new before a command's tagged answer; a BYE is for after it. */
  #afterSync(
    { command, uid }: Admitted,
    answer: () => void,
  ): Promise<void> | undefined {
    const end = (bye: Synced): undefined => {
      answer();
      if (bye !== undefined) throw bye;
    };
    const synced = this.#session.sync(uid || !command.keepsNumbers, uid);
    return synced instanceof Promise ? synced.then(end) : end(synced);
  }

  #refuseInOrder(
    tag: string | undefined,
    error: unknown,
  ): Promise<void> | undefined {
    if (this.#overlap.length === 0) return this.#refuse(tag, error);
    return this.#finish(0).then(() => this.#refuse(tag, error));
  }

  /** Answers a command that failed; throws on what ends the connection. */
  #refuse(
    tag: string | undefined,
    error: unknown,
    admitted?: Admitted,
  ): Promise<void> | undefined {
    let refusal = refusalOf(error);
    if (refusal instanceof Bye || error instanceof Disconnected) throw error;
    if (refusal === undefined) {
      const command = admitted?.command.name;
      this.#host.fault(error, { ...this.#about(), command });
      refusal = new No("SERVERBUG", "Internal error");
    }
    const answer = () => this.#writeRefusal(tag, refusal);
    return admitted === undefined
      ? answer()
      : this.#afterSync(admitted, answer);
  }

  #writeRefusal(tag: string | undefined, refusal: No | Bad): undefined {
    const kind = refusal instanceof No ? "NO" : "BAD";
    writeRefusal(this.#transport.out, tag, kind, refusal);
    if (kind === "NO") return;
    this.#badCommands++;
    if (this.#badCommands >= this.#host.limits.badCommands) {
      throw new Bye("Too many bad commands");
    }
  }

  /** A literal has been announced: takes it, or refuses it in a way that keeps the stream in step. */
  async #literal(header: LiteralHeader, text: Uint8Array): Promise<void> {
    const { reader, out } = this.#transport;
    const verdict = this.#literals.judge(header, text, this.#session);
    const refusal = verdict.refusal ?? await this.#makeRoom(header);
    if (refusal === undefined) {
      if (!header.nonSync) {
        await this.#finish(0);
        // continue-req, RFC 9051 § 7.6
        out.text("+ OK").crlf();
        await this.flush();
      }
      return reader.accept();
    }
    reader.refuse();
    this.#room.release();
    await this.#refuseInOrder(verdict.tag, refusal);
    await this.#slowDown();
  }

  /** Whoever says what is not understood, again and again, waits for the answer. */
  async #slowDown(): Promise<void> {
    const delay = badCommandDelay(this.#badCommands, this.#host.limits);
    if (delay > 0) await this.pause(delay);
  }

  /** Takes room for a literal, and waits for it where there is none: the client is not read meanwhile. */
  async #makeRoom({ size }: LiteralHeader): Promise<No | undefined> {
    const { user } = this.#session.identity ?? {};
    const settled = async () => {
      await this.#finish(0);
      await this.flush();
      if (this.#bye !== undefined) throw this.#bye;
    };
    const { literalWait } = this.#host.limits;
    if (await this.#room.take(size, user, settled, literalWait)) return;
    if (this.#bye !== undefined) throw this.#bye;
    return new No("UNAVAILABLE", "There is no room for it now, try later");
  }

  /**
   * Waits for bytes, writing out first what has gathered; false at the end of the stream.
   * @param tells whether a client that wants that may be told something meanwhile
   */
  async #readMore(tells = false): Promise<boolean> {
    await this.flush();
    const reading = this.#transport.read();
    for (;;) {
      const { oldest } = this.#overlap;
      if (oldest === undefined) break;
      const done = await Promise.race([
        oldest.then(() => true),
        reading.then(() => false),
      ]);
      if (!done) break;
      await this.#finish(this.#overlap.length - 1);
      await this.flush();
      if (this.#bye !== undefined && this.#overlap.length === 0) {
        throw this.#bye;
      }
    }
    if (tells && this.#session.tellsAnyTime) {
      await this.#tellUntil(reading);
    }
    const chunk = await reading;
    if (this.#bye !== undefined) throw this.#bye;
    if (chunk === null) return false;
    this.#transport.reader.push(chunk);
    return true;
  }

  /** Tells a client between its commands what it has asked to be told at all times, until it sends more. */
  async #tellUntil(reading: Promise<unknown>): Promise<void> {
    if (!this.#transport.reader.between || this.#overlap.length > 0) return;
    const session = this.#session;
    const came = reading.then(() => true, () => true);
    try {
      for (let more = false; !more;) {
        const woken = new Promise<false>((wake) => {
          session.wake = () => wake(false);
        });
        const bye = await session.tell(false);
        if (bye !== undefined) throw bye;
        await this.flush();
        session.out.trim();
        if (this.#bye !== undefined) throw this.#bye;
        more = await Promise.race([came, woken]);
      }
    } finally {
      session.wake = undefined;
    }
  }

  async readLine(): Promise<Uint8Array | null> {
    for (;;) {
      const line = this.#transport.line();
      if (line !== undefined) return line;
      if (!await this.#readMore()) return null;
    }
  }

  flush(): Promise<void> {
    return this.#transport.flush();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#transport.write(bytes);
  }

  pause(time: number): Promise<void> {
    return this.#pause.wait(time);
  }

  end(reason: string): void {
    this.#end(new Bye(reason));
  }

  loggedOut(): void {
    this.#silence.restart();
  }

  /** Ends the connection from outside: at once where it waits, else after what is under way. */
  #end(bye: Bye): void {
    if (this.#bye !== undefined) return;
    this.#bye = bye;
    this.#pause.end();
    if (this.#transport.waitsSince === undefined || this.#overlap.length > 0) {
      return;
    }
    const leave = () => this.#sayBye(bye).finally(() => this.stream.close());
    const { telling } = this.#session;
    if (telling === undefined) leave();
    else telling.then(leave, leave);
  }

  async #sayBye(error: unknown): Promise<void> {
    if (this.#byeSaid || error instanceof Disconnected) return;
    this.#byeSaid = true;
    const { out } = this.#transport;
    if (error instanceof Bye) {
      writeRefusal(out, undefined, "BYE", error);
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

  #watchSilence(): SilenceWatch {
    const { loginTime, idleTime, literalTime } = this.#host.limits;
    return new SilenceWatch({
      loginTime,
      idleTime: () =>
        this.#transport.reader.expected > 0 ? literalTime : idleTime,
      shortest: Math.min(idleTime, literalTime),
      loggedIn: () => this.#session.identity !== undefined,
      waitsSince: () => this.#transport.waitsSince,
      over: () => this.#end(new Bye("You have been silent for too long")),
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
