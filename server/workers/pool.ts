/**
 * The threads that serve connections beside a server's own.
 *
 * @module
 */

import type { SharedCounts } from "../counts.ts";
import type { ListenerSpec } from "../options.ts";
import {
  type ConnectionLimits,
  type Order,
  type Report,
  THREAD_NAME,
} from "./messages.ts";
import type { WorkersOptions } from "./types.ts";

/** With so many connections to each thread another one is started. */
const CONNECTIONS_A_THREAD = 100;
/** How long to do without another one that could not begin, in milliseconds. */
const PAUSE = 60_000;

/** What a {@linkcode WorkerPool} is told. */
export interface WorkerPoolOptions {
  /** What the application says. */
  readonly workers: WorkersOptions;
  /** Where to listen: the ports that the server has bound. */
  readonly listeners: readonly ListenerSpec[];
  /** How many connections there may be. */
  readonly admission: ConnectionLimits;
  /** Those of all threads. */
  readonly counts: SharedCounts;
  /** Told when a thread has ended by itself, or one of those from the start could not begin. */
  readonly failed: (error: Error) => void;
  /** Told when another thread could not begin, which costs no connection. */
  readonly missed: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Whether the server is not whole without it. */
  needed: boolean;
  /** Settles when it listens, or has gone. */
  readonly listening: PromiseWithResolvers<void>;
  readonly finished: Promise<void>;
  finish(): void;
}

/** See the module's text. */
export class WorkerPool {
  /** Settles when the threads that are there from the start listen, or have gone. */
  readonly ready: Promise<void>;
  readonly #options: WorkerPoolOptions;
  readonly #max: number;
  readonly #threads = new Set<Thread>();
  readonly #notifying = new Map<number, () => void>();
  #last = 0;
  #started = 0;
  #closed = false;
  /** Until when no other thread is started. */
  #pause = 0;

  /**
   * Starts as many threads as are there from the start.
   * @throws {TypeError} when the numbers cannot be, or several sockets cannot listen to one port
   */
  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { min, max } = boundsOf(options.workers);
    this.#max = max;
    try {
      while (this.size < min) this.#start(true);
    } catch (error) {
      this.#terminate();
      throw error;
    }
    this.ready = Promise.all(
      [...this.#threads].map(({ listening }) => listening.promise),
    ).then(() => {});
  }

  /** How many threads serve, the server's own included. */
  get size(): number {
    return this.#threads.size + 1;
  }

  /** A connection has come, so many there are now: another thread may be wanted. */
  grow(connections: number): void {
    if (this.#closed || this.size >= this.#max) return;
    if (connections < this.size * CONNECTIONS_A_THREAD) return;
    if (performance.now() < this.#pause) return;
    try {
      this.#start(false);
    } catch (error) {
      this.#miss(error);
    }
  }

  /** Has all threads go by what their module says now. */
  reload(): void {
    this.#tell({ type: "reload" });
  }

  /** Ends all sessions of a user. */
  endSessions(user: string): void {
    this.#tell({ type: "endSessions", user });
  }

  /** See `ImapServer.notify`; settles when all threads have done so. */
  async notify(user: string, mailbox: string | undefined): Promise<void> {
    await Promise.all([...this.#threads].map(async (thread) => {
      const id = ++this.#last;
      const done = new Promise<void>((resolve) =>
        this.#notifying.set(id, resolve)
      );
      post(thread.worker, { type: "notify", id, user, mailbox });
      await Promise.race([done, thread.finished]);
      this.#notifying.delete(id);
    }));
  }

  /**
   * Stops all threads as the server stops; settles when nothing is left of them. Those that take longer than the time,
   * in milliseconds, are ended.
   */
  async close(time: number): Promise<void> {
    this.#closed = true;
    this.#tell({ type: "shutdown" });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, time);
    });
    const all = [...this.#threads].map(({ finished }) => finished);
    await Promise.race([over, Promise.all(all)]);
    clearTimeout(timer);
    this.#terminate();
  }

  #terminate(): void {
    for (const thread of [...this.#threads]) {
      thread.worker.terminate();
      thread.finish();
    }
  }

  #start(needed: boolean): void {
    const { workers, listeners, admission, counts } = this.#options;
    const data = workers.data?.();
    const worker = new Worker(workers.module, {
      type: "module",
      name: THREAD_NAME,
    });
    const { promise: finished, resolve } = Promise.withResolvers<void>();
    const listening = Promise.withResolvers<void>();
    const thread: Thread = {
      worker,
      needed,
      listening,
      finished,
      finish: () => {
        if (!this.#threads.delete(thread)) return;
        workers.ended?.(data);
        listening.resolve();
        resolve();
      },
    };
    this.#threads.add(thread);
    worker.onmessage = ({ data }: MessageEvent<Report>) =>
      this.#take(thread, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(thread, event.message);
    };
    const start = {
      index: ++this.#started,
      data,
      listeners,
      admission,
      counts: counts.memory,
    };
    post(worker, { type: "start", start }, portsIn(data));
  }

  #take(thread: Thread, report: Report): void {
    if (report.type === "listening") {
      // It has connections from now on.
      thread.needed = true;
      thread.listening.resolve();
    } else if (report.type === "notified") this.#notifying.get(report.id)?.();
    else if (report.type === "failed") this.#lose(thread, report.error);
    else if (report.type === "finished") thread.finish();
  }

  #lose(thread: Thread, reason: string): void {
    if (!this.#threads.has(thread)) return;
    thread.worker.terminate();
    thread.finish();
    const error = new Error(`A thread has ended: ${reason}`);
    if (thread.needed) this.#options.failed(error);
    else this.#miss(error);
  }

  #miss(error: unknown): void {
    this.#pause = performance.now() + PAUSE;
    this.#options.missed(
      error instanceof Error ? error : new Error(String(error)),
    );
  }

  #tell(order: Order): void {
    for (const { worker } of this.#threads) post(worker, order);
  }
}

/** How many threads there may be. @throws {TypeError} */
export function boundsOf(
  { min, max = navigator.hardwareConcurrency }: WorkersOptions,
): { min: number; max: number } {
  const least = min ?? max;
  for (const number of [least, max]) {
    if (!Number.isSafeInteger(number) || number < 1 || number > MAX_THREADS) {
      throw new TypeError(`Threads are from 1 to ${MAX_THREADS}`);
    }
  }
  if (least > max) {
    throw new TypeError("More threads from the start than at the most");
  }
  if (max > 1 && !canSharePorts()) {
    throw new TypeError("Several threads need --unstable-net");
  }
  return { min: least, max };
}

const MAX_THREADS = 64;

/** Whether several sockets may listen to one port: `reusePort` comes with `--unstable-net`. */
export function canSharePorts(): boolean {
  // The flag itself cannot be asked for; this comes with it.
  return "listenDatagram" in Deno;
}

function post(
  worker: Worker,
  order: Order,
  transfer: Transferable[] = [],
): void {
  worker.postMessage(order, transfer);
}

/** Ports can be in one thread alone. */
function portsIn(data: unknown): MessagePort[] {
  return typeof data === "object" && data !== null
    ? Object.values(data).filter((value) => value instanceof MessagePort)
    : [];
}
