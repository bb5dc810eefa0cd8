/**
 * A server in a process of its own, so that its memory can be told from the test's, and many connections to it.
 *
 * @module
 */

import { join } from "@std/path";
import { Deflated } from "../../protocol/deflated.ts";
import { type RunningServer, startWith, withFolder } from "../cli/run.ts";

const MAIN = new URL("../../mod.ts", import.meta.url).pathname;
const encoder = new TextEncoder();

/** Calls back with a server on an empty database in memory, user alice. */
export async function withServer(
  yaml: string,
  body: (server: RunningServer) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    const config = join(dir, "imapd.yaml");
    const text = `kv: ':memory:'\nusers: { alice: secret }\n${yaml}`;
    await Deno.writeTextFile(config, text);
    const runtime = ["run", "-A", "--unstable-kv", MAIN];
    await using server = await startWith(runtime, ["--config", config]);
    await body(server);
  });
}

/** The resident memory of a process, in MiB. */
export function memoryOf({ pid }: RunningServer): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_024;
}

/**
 * For how long the server's event loop has been running, in milliseconds: its first thread's time on a processor. While
 * others take the processors away, that stands still, and clocks do not.
 */
export function loopTime({ pid }: RunningServer): number {
  return threadTime(`${pid}`);
}

function threadTime(thread: string): number {
  const stat = Deno.readTextFileSync(`/proc/${thread}/schedstat`);
  return Number(stat.split(" ")[0]) / 1e6;
}

/** How often something is measured until it is as fast as promised: chance makes it slow, but not this many times. */
const TRIES = 6;
/** How long what {@linkcode slowness} does takes where promises are kept, in milliseconds. */
const YARDSTICK = 60;

/** Times in milliseconds, or what they are to be multiplied by. */
export interface Times {
  /** On a processor, such as {@linkcode loopTime}: what others take away does not count. */
  readonly processor?: number;
  /** By the clock. */
  readonly wall?: number;
}

/** By how much the machine is slower just now than one on which promises are kept, going by a fixed amount of work. */
function slowness(): Required<Times> {
  const begun = performance.now();
  const begunOn = threadTime("thread-self");
  let hash = 1;
  for (let n = 0; n < 40_000_000; n++) hash = Math.imul(hash ^ n, 0x01000193);
  const least = hash === 0 ? 2 : 1;
  return {
    processor: Math.max(
      least,
      (threadTime("thread-self") - begunOn) / YARDSTICK,
    ),
    wall: Math.max(least, (performance.now() - begun) / YARDSTICK),
  };
}

/**
 * Asserts that something takes no longer than was promised, once in a few tries, by the measure of what the machine is
 * worth at that moment: others may be using it.
 * @param most the promise; of each of its times
 * @param measure does it, and tells how long it took
 */
export async function assertPrompt(
  name: string,
  most: Times,
  measure: () => Promise<Times>,
): Promise<void> {
  const tries: string[] = [];
  for (let n = 0; n < TRIES; n++) {
    const before = slowness();
    const times: Times = await measure();
    const after = slowness();
    let kept = true;
    for (const clock of ["processor", "wall"] as const) {
      if (most[clock] === undefined) continue;
      const time = times[clock]!;
      const allowed = most[clock] * Math.max(before[clock], after[clock]);
      tries.push(`${time.toFixed(0)} of ${allowed.toFixed(0)} ms (${clock})`);
      kept &&= time < allowed;
    }
    if (kept) break;
    if (n === TRIES - 1) throw new Error(`${name}: ${tries}`);
  }
  console.log(`${name}: ${tries.join(", ")}`);
}

/** How long something takes by the clock. */
export async function wallTime(
  action: () => Promise<unknown>,
): Promise<{ wall: number }> {
  const begun = performance.now();
  await action();
  return { wall: performance.now() - begun };
}

/** As many connections as the system has files for on both sides, at most so many. */
export function atMost(wanted: number): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const files = Number(/Max open files\s+(\d+)/.exec(limits)?.[1] ?? 1_024);
  return Math.min(wanted, files - 300);
}

/** A connection of alice's that sends without reading, until it is asked to. */
export class Peer implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(16_384);
  #heard = "";
  #deflated: Deflated | undefined;

  /** Takes a connection over. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects. */
  static async open({ port }: RunningServer): Promise<Peer> {
    return new Peer(await Deno.connect({ port, hostname: "127.0.0.1" }));
  }

  /** Logs alice in. */
  static async logIn(server: RunningServer): Promise<Peer> {
    const peer = await Peer.open(server);
    await peer.send("l LOGIN alice secret\r\n");
    await peer.until(/^l OK/m);
    return peer;
  }

  /** Writes all of a text. */
  async send(text: string): Promise<void> {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#conn.write(bytes));
    }
  }

  /** Reads until what has been heard since the last match has this in it; what was heard up to its end. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#heard);
      if (match !== null) {
        const end = match.index + match[0].length;
        const heard = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end);
        return heard;
      }
      const bytes = await this.#read();
      if (bytes === null) {
        throw new Error(`The end: ${this.#heard.slice(-200)}`);
      }
      this.#heard += this.#decoder.decode(bytes, { stream: true });
    }
  }

  /** Reads up to the response with a tag, and forgets what comes before it; the response. */
  async answer(tag: string): Promise<string> {
    const pattern = new RegExp(`^${tag} .*\\r\\n`, "m");
    for (;;) {
      const match = pattern.exec(this.#heard);
      if (match !== null) {
        this.#heard = this.#heard.slice(match.index + match[0].length);
        return match[0];
      }
      this.#heard = this.#heard.slice(-1_000);
      const bytes = await this.#read();
      if (bytes === null) throw new Error(`The end: ${this.#heard}`);
      this.#heard += this.#decoder.decode(bytes, { stream: true });
    }
  }

  async #read(): Promise<Uint8Array | null> {
    if (this.#deflated !== undefined) return await this.#deflated.read();
    const count = await this.#conn.read(this.#buffer);
    return count === null ? null : this.#buffer.subarray(0, count);
  }

  /** What comes from now on is compressed (RFC 4978). */
  inflate(): void {
    const stream = {
      read: async () => {
        const buffer = new Uint8Array(16_384);
        const count = await this.#conn.read(buffer);
        return count === null ? null : buffer.subarray(0, count);
      },
      write: () => Promise.reject(new Error("Sends nothing more")),
    };
    this.#deflated = new Deflated(stream, new Uint8Array(0));
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#conn.close();
    this.#deflated?.end();
  }
}
