/**
 * Serving connections in several threads: what an application says for it.
 *
 * @module
 */

import type { ReloadOptions, ServeOptions } from "../options.ts";

/**
 * Threads that accept and serve connections, on the ports of the server. They need `--unstable-net`, for several
 * sockets that listen to one port.
 *
 * Options have functions and open files, which no thread can be given: so each thread loads a module that makes them
 * anew. Connections are counted over all threads; of those without a login each thread has its part; limits on memory
 * and delays after wrong passwords are each thread's.
 */
export interface WorkersOptions {
  /** The address of the module that a thread runs, as of `import.meta.resolve`: it calls `runWorker`. */
  readonly module: string;
  /** How many threads there are from the start, the server's own included. Default: `max`. */
  readonly min?: number;
  /**
   * How many there are at the most: one more is started where there are a hundred connections to each. Default: as
   * many as the machine has processors.
   */
  readonly max?: number;
  /** What a thread is given: anything that can be cloned. A `MessagePort` in an object is handed over. */
  readonly data?: () => unknown;
  /**
   * A thread that was given this has ended, or was ended where it stood: with `KvStorage.unshare` others go on with what
   * it was about to change.
   */
  readonly ended?: (data: unknown) => void;
}

/** What a {@linkcode WorkerMaker} is called with. */
export interface WorkerContext {
  /** Which thread it is: 1 is the first beside the server's own. */
  readonly index: number;
  /** See {@linkcode WorkersOptions.data}. */
  readonly data: unknown;
}

/** How a thread serves. */
export interface WorkerService {
  /** As those of the server. Where to listen, and how many connections there may be, is the server's. */
  readonly options: ServeOptions;
  /** What the thread goes by after the server's `reload`. Default: the same as before. */
  readonly reload?: () => Promise<ReloadOptions>;
  /** Closes what was opened for it: the storage. */
  readonly close?: () => Promise<void>;
}

/** Says how a thread serves. */
export type WorkerMaker = (context: WorkerContext) => Promise<WorkerService>;
