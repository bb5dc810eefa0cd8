/**
 * Waits for many sockets at once in `poll`, with the thread that all the rest is done by.
 *
 * A thread that sleeps in `poll` hears of an answer some 10 µs sooner than by the runtime's event loop, and takes half
 * of the processor's time outside of the system's calls. What it costs: nothing else of this thread goes on meanwhile.
 * So it is for a client whose servers are other processes, and the event loop gets its turn after some
 * {@linkcode STRETCH} milliseconds: timers, and pipes from child processes, are late by that much. A server in the same
 * thread works, but each answer of it takes as long.
 *
 * @module
 */

import { type Libc, libc } from "./libc.ts";

/** After how long the event loop gets its turn, in milliseconds; half as much again where a `poll` is under way. */
const STRETCH = 20;
/** How long its turn may be when nothing comes from the sockets, in milliseconds. */
const TURN = 2;
/**
 * After so many microtasks in which no socket was touched, all that could go on has done so. One `await` of a function
 * inside a function takes one to three. Who takes more waits until another socket has something, or for the end of a
 * `poll`, of which the first lasts a millisecond. All of them together take 2 µs.
 */
const QUIET = 32;

/** Somebody who waits for a socket. */
export interface Wait {
  /** The socket's file descriptor; -1 once it is not waited for any more. */
  fd: number;
  /** What is waited for: `POLLIN`, `POLLOUT`. */
  readonly events: number;
  /** Called once, with what `poll` says about the socket. */
  readonly ready: (revents: number) => void;
}

/** All who wait. */
class Pump {
  readonly #libc: Libc;
  #waits: Wait[] = [];
  /** `struct pollfd`: `int fd; short events, revents`, the latter two in one number here, little-endian. */
  #polled = new Int32Array(2 * 16);
  #touched = 0;
  #running = false;
  #turned = 0; // when the event loop had its turn
  #patience = 1; // how long the next `poll` may last, in milliseconds
  #direct = 0;

  constructor(functions: Libc) {
    this.#libc = functions;
  }

  /** Whether a socket may be tried without a wait; now and then not, so that all others get their turn. */
  mayTry(): boolean {
    this.#touched++;
    return ++this.#direct % 64 !== 0;
  }

  /** Waits until the socket is ready, or its `fd` becomes -1. */
  add(wait: Wait): void {
    this.#touched++;
    this.#waits.push(wait);
    if (!this.#running) this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waits.length > 0) {
      await this.#quiet();
      const count = this.#prepare();
      if (count === 0) continue;
      if (performance.now() - this.#turned >= STRETCH) {
        await this.#libc.pollElsewhere(this.#polled, count, TURN);
        this.#turned = performance.now();
      } else if (this.#libc.poll(this.#polled, count, this.#patience) > 0) {
        this.#patience = 1;
      } else {
        this.#patience = Math.min(2 * this.#patience, STRETCH / 2);
        continue;
      }
      this.#wake(count);
    }
    this.#running = false;
  }

  /** Lets all microtasks go first. */
  async #quiet(): Promise<void> {
    let touched = this.#touched;
    for (let quiet = 0; quiet < QUIET; quiet++) {
      await undefined;
      if (touched === this.#touched) continue;
      touched = this.#touched;
      quiet = 0;
    }
  }

  /** Forgets who does not wait any more and writes down the others for `poll`; returns their number. */
  #prepare(): number {
    const waits = this.#waits;
    if (waits.length * 2 > this.#polled.length) {
      this.#polled = new Int32Array(waits.length * 4);
    }
    const polled = this.#polled;
    let count = 0;
    for (let at = 0; at < waits.length; at++) {
      const wait = waits[at] as Wait;
      if (wait.fd < 0) continue;
      waits[count] = wait;
      polled[2 * count] = wait.fd;
      polled[2 * count + 1] = wait.events;
      count++;
    }
    waits.length = count;
    return count;
  }

  /** Tells those whose socket is ready; others may have come or gone since `poll` was called. */
  #wake(count: number): void {
    const waits = this.#waits;
    for (let at = 0; at < count; at++) {
      const revents = (this.#polled[2 * at + 1] as number) >> 16;
      const wait = waits[at] as Wait;
      if (revents === 0 || wait.fd < 0) continue;
      wait.fd = -1;
      wait.ready(revents);
    }
  }
}

/** The one that all sockets share; undefined where there is no libc to call. */
export const pump: Pump | undefined = libc && new Pump(libc);
