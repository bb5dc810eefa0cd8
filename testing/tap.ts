/**
 * A connection that is listened to, and that can fail as it is told.
 *
 * @module
 */

import type { ByteStream } from "../protocol/byte_stream.ts";
import type {
  ChannelBinding,
  ClientCertificate,
} from "../protocol/sasl/server.ts";
import type { RecordedConnection } from "./recorder.ts";
import type { TranscriptLine } from "./transcript.ts";
import { type WirePieces, WireScanner } from "./wire_scanner.ts";

/** What a tap asks of those who make connections fail. */
export interface TapOptions {
  /** Takes what is said. */
  readonly record: RecordedConnection;
  /** Aborted when the server is to stop. */
  readonly stopping: AbortSignal;
  /** After how many bytes a literal of the client is cut off, if it is. */
  uploadCut(command: string, user: string | undefined): number | undefined;
}

/** A command that has not been answered yet. */
interface Pending {
  readonly tag: string;
  readonly name: string;
  readonly line: TranscriptLine;
}

/** A command's tag and name, `UID ` in front of it where it is there. */
const COMMAND = /^([^\s(){%*"\\\]+]+) ((?:uid )?[a-z0-9.-]+)/i;
const TAGGED = /^([^\s(){%*"\\\]+]+) (?:OK|NO|BAD)(?: |$)/;

/** See the module's text; all else is the stream's beneath. */
export class Tap implements ByteStream {
  /** Settles when the connection is at its end, or is to be. */
  readonly gone: Promise<void>;
  readonly #stream: ByteStream;
  readonly #options: TapOptions;
  readonly #in: WireScanner;
  readonly #out: WireScanner;
  readonly #pending: Pending[] = [];
  /** A line of the client that has not come to its end. */
  #sending: TranscriptLine | undefined;
  #cut: { readonly tag: string; readonly after: number } | undefined;
  #mute = false;
  #dropped = false;
  readonly #end: () => void;

  /** Listens to a stream. */
  constructor(stream: ByteStream, options: TapOptions) {
    this.#stream = stream;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    const { stopping } = options;
    this.#end = () => {
      stopping.removeEventListener("abort", this.#end);
      resolve();
    };
    stopping.addEventListener("abort", this.#end);
    if (stopping.aborted) this.#end();
    this.#in = new WireScanner({
      begun: (pieces) => this.#commandBegun(pieces),
      ended: () => this.#sending = undefined,
      stopIn: (pieces) => {
        const name = COMMAND.exec(pieces[0] as string)?.[2] ?? "";
        return options.uploadCut(name.toUpperCase(), options.record.user);
      },
    });
    this.#out = new WireScanner({
      begun: (pieces) => this.#responseBegun(pieces),
      ended: () => {},
      stopIn: () =>
        this.#cut !== undefined && this.#cut.tag === this.#pending[0]?.tag
          ? this.#cut.after
          : undefined,
    });
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
  get clientCertificate(): ClientCertificate | undefined {
    return this.#stream.clientCertificate;
  }

  channelBinding(type: ChannelBinding): Uint8Array | undefined {
    return this.#stream.channelBinding?.(type);
  }

  async read(expected?: number): Promise<Uint8Array | null> {
    const bytes = this.#dropped ? null : await this.#stream.read(expected);
    if (bytes === null) {
      this.#options.record.ended("C");
      this.#end();
      return null;
    }
    const taken = this.#in.push(bytes);
    if (this.#in.stopped) this.drop();
    return bytes.subarray(0, taken);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#dropped) throw new Error("The connection was dropped");
    if (this.#mute) return;
    const taken = this.#out.push(bytes);
    await this.#stream.write(bytes.subarray(0, taken));
    if (this.#out.stopped) this.drop();
  }

  startTls(): Promise<void> {
    return this.#stream.startTls();
  }

  close(): void {
    this.#options.record.ended("S");
    this.#end();
    this.#stream.close();
  }

  /** Notes who has logged in. */
  identify(user: string): void {
    this.#options.record.user = user;
  }

  /** Waits so many milliseconds, or until the connection is at its end. */
  async pause(time: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    await Promise.race([promise, this.gone]);
    clearTimeout(timer);
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#dropped = true;
    this.close();
  }

  /** From now on nothing that the server says gets to the client. */
  mute(): void {
    this.#mute = true;
  }

  /** Drops the connection after so many bytes of the first literal in the answer to a command. */
  cutAnswer(tag: string, after: number): void {
    this.#cut = { tag, after };
  }

  #commandBegun(pieces: WirePieces): void {
    const exchange = this.#pending[0]?.name === "AUTHENTICATE";
    const line = this.#options.record.add("C", pieces, exchange);
    this.#sending = line;
    const [, tag, name] = COMMAND.exec(pieces[0] as string) ?? [];
    if (exchange || tag === undefined) return;
    this.#pending.push({ tag, name: name!.toUpperCase(), line });
  }

  #responseBegun(pieces: WirePieces): void {
    const text = pieces[0] as string;
    const line = this.#options.record.add("S", pieces, false);
    if (text.startsWith("+") && this.#sending !== undefined) line.asked = true;
    const tag = TAGGED.exec(text)?.[1];
    const at = this.#pending.findIndex((command) => command.tag === tag);
    if (at < 0) return;
    const [answered] = this.#pending.splice(at, 1);
    if (answered!.line === this.#sending) this.#in.abandon();
  }
}
