/**
 * The way from a thread to the one that writes the database.
 *
 * @module
 */

import type { Reply, Request } from "./messages.ts";
import { nameOfKey } from "./messages.ts";
import type { Told } from "./news.ts";

/** A write of any value. */
export type AnyWrite = readonly [
  key: Deno.KvKey,
  value: unknown,
  options?: { readonly expireIn?: number } | undefined,
];

/** What a commit comes to. */
export type CommitResult = Deno.KvCommitResult | Deno.KvCommitError;

/** See the module's text. */
export interface Link {
  /** Commits; a value of null deletes. */
  commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult>;
  /**
   * Calls back whenever a commit has written a head, with news where they do for reading it, until the returned
   * function is called.
   */
  watch(key: Deno.KvKey, changed: (told: Told) => void): () => void;
  /** Ends it. */
  close(): void;
}

interface Waiting {
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/** The link of a thread that does not write itself: messages over a port. */
export class PortLink implements Link {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Map<string, Set<(told: Told) => void>>();
  #last = 0;
  #closed = false;

  /** Over a port whose other end a writer has. */
  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Reply>) => this.#take(data);
  }

  /** See {@linkcode Link.commit}. */
  commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    if (this.#closed) return Promise.reject(closed());
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      try {
        this.#ask({ type: "commit", id, checks, writes });
      } catch (error) {
        this.#waiting.delete(id);
        reject(error);
      }
    });
  }

  /** See {@linkcode Link.watch}. */
  watch(key: Deno.KvKey, changed: (told: Told) => void): () => void {
    const name = nameOfKey(key);
    let watchers = this.#watchers.get(name);
    if (watchers === undefined) {
      watchers = new Set();
      this.#watchers.set(name, watchers);
      this.#ask({ type: "watch", key });
    }
    // Several may give the same function.
    const watcher = (told: Told) => changed(told);
    watchers.add(watcher);
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      this.#watchers.delete(name);
      this.#ask({ type: "unwatch", key });
    };
  }

  /** See {@linkcode Link.close}. What waits is refused: whether it is done is not known. */
  close(): void {
    this.#closed = true;
    this.#port.close();
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
  }

  #ask(request: Request): void {
    this.#port.postMessage(request);
  }

  #take(reply: Reply): void {
    if (reply.type === "changed") {
      const watchers = this.#watchers.get(nameOfKey(reply.key)) ?? [];
      for (const watcher of [...watchers]) watcher(reply.told);
      return;
    }
    const { id } = reply;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (reply.type === "committed") {
      const { versionstamp, marks } = reply;
      waiting?.resolve(
        { ok: true, versionstamp, marks } as Deno.KvCommitResult,
      );
    } else if (reply.type === "conflict") waiting?.resolve({ ok: false });
    else {
      const { message, wrong } = reply;
      waiting?.reject(wrong ? new TypeError(message) : new Error(message));
    }
  }
}

function closed(): Error {
  return new Error("The database is closed");
}
