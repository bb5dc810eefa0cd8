/**
 * Records what is said.
 *
 * @module
 */

import {
  Transcript,
  type TranscriptConnection,
  TranscriptLine,
} from "./transcript.ts";
import type { WirePieces } from "./wire_scanner.ts";

/** Records a connection. */
export class RecordedConnection implements TranscriptConnection {
  readonly number: number;
  readonly remote: string;
  readonly lines: TranscriptLine[] = [];
  user: string | undefined;
  endedBy: "C" | "S" | undefined;
  readonly #all: TranscriptLine[];
  readonly #now: () => number;

  /** @param all takes the lines too, among those of other connections */
  constructor(
    number: number,
    remote: string,
    all: TranscriptLine[],
    now: () => number,
  ) {
    this.number = number;
    this.remote = remote;
    this.#all = all;
    this.#now = now;
  }

  /** Takes a line that begins; its pieces may come later. */
  add(from: "C" | "S", pieces: WirePieces, secret: boolean): TranscriptLine {
    const time = this.#now();
    const line = new TranscriptLine(this.number, from, time, pieces, secret);
    this.lines.push(line);
    this.#all.push(line);
    return line;
  }

  /** Notes who has ended the connection. */
  ended(by: "C" | "S"): void {
    this.endedBy ??= by;
  }
}

/** Records all connections of a server. */
export class Recorder {
  /** What has been recorded. */
  readonly transcript: Transcript;
  readonly #lines: TranscriptLine[] = [];
  readonly #connections: RecordedConnection[] = [];
  readonly #now: () => number;

  /** @param now the time in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.transcript = new Transcript(this.#lines, this.#connections);
  }

  /** Begins a connection. */
  connect(remote: string): RecordedConnection {
    const number = this.#connections.length + 1;
    const made = new RecordedConnection(
      number,
      remote,
      this.#lines,
      this.#now,
    );
    this.#connections.push(made);
    return made;
  }
}
