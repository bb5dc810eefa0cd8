/**
 * The one thread that writes a database file, for itself and for others: two handles that write one file would lock
 * each other out.
 *
 * @module
 */

import { heardFrom } from "../../lone_client.ts";
import type { AnyWrite, CommitResult, Link } from "./link.ts";
import type { MarkedResult, Marks } from "./marks.ts";
import { nameOfKey, type Reply, type Request } from "./messages.ts";
import { newsOf, type Told } from "./news.ts";

interface Watcher {
  /** Whose it is. */
  readonly owner: object;
  readonly changed: (told: Told) => void;
}

/** See the module's text. */
export class Writer implements Link {
  readonly #kv: Deno.Kv;
  readonly #marks: Marks;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #ports = new Set<MessagePort>();
  /** How many threads it has served. */
  #served = 0;

  /** Writes to a database, and raises the marks of what it has written. */
  constructor(kv: Deno.Kv, marks: Marks) {
    this.#kv = kv;
    this.#marks = marks;
  }

  /** See {@linkcode Link.commit}. */
  commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    return this.#commit(checks, writes, this);
  }

  async #commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
    from: object,
  ): Promise<CommitResult> {
    const operation = this.#kv.atomic().check(...checks);
    for (const [key, value, options] of writes) {
      if (value === null) operation.delete(key);
      else operation.set(key, value, options);
    }
    const result = await operation.commit();
    if (!result.ok) return result;
    const { versionstamp } = result;
    const written = new Set(writes.map(([key]) => nameOfKey(key)));
    const marks = checks.map(({ key }) => {
      const name = nameOfKey(key);
      if (!written.has(name)) return undefined;
      const mark = this.#marks.raise(key);
      const watchers = this.#watchers.get(name);
      if (watchers !== undefined) {
        const news = newsOf(key, writes, versionstamp, mark);
        for (const { owner, changed } of [...watchers]) {
          try {
            changed(owner === from ? "own" : news);
          } catch {
            // Whoever listens fails by itself: the commit is durable.
          }
        }
      }
      return mark;
    });
    return { ok: true, versionstamp, marks } as MarkedResult;
  }

  /** See {@linkcode Link.watch}. */
  watch(key: Deno.KvKey, changed: (told: Told) => void): () => void {
    return this.#watch(key, changed, this);
  }

  #watch(
    key: Deno.KvKey,
    changed: (told: Told) => void,
    owner: object,
  ): () => void {
    const name = nameOfKey(key);
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers);
    const watcher = { owner, changed };
    watchers.add(watcher);
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      this.#watchers.delete(name);
    };
  }

  /** Serves a thread over a port; returns what ends that. */
  serve(port: MessagePort): () => void {
    const watches = new Map<string, () => void>();
    const reply = (message: Reply) => port.postMessage(message);
    this.#ports.add(port);
    const thread = -this.#served++ - 1;
    port.onmessage = ({ data }: MessageEvent<Request>) => {
      if (data.type === "commit") {
        // It is at work, too.
        heardFrom(thread);
        void this.#answer(data, port, reply);
        return;
      }
      const { type, key } = data;
      const name = nameOfKey(key);
      watches.get(name)?.();
      watches.delete(name);
      if (type === "unwatch") return;
      const tell = (told: Told) => reply({ type: "changed", key, told });
      watches.set(name, this.#watch(key, tell, port));
      // What was written since it was asked may be known to nobody.
      tell(undefined);
    };
    return () => {
      for (const stop of watches.values()) stop();
      this.#ports.delete(port);
      port.close();
    };
  }

  /** Ends all that it serves; the database stays open. */
  close(): void {
    for (const port of this.#ports) port.close();
    this.#ports.clear();
    this.#watchers.clear();
  }

  async #answer(
    { id, checks, writes }: Request & { type: "commit" },
    port: MessagePort,
    reply: (message: Reply) => void,
  ): Promise<void> {
    try {
      const result = await this.#commit(checks, writes, port);
      if (!result.ok) return reply({ type: "conflict", id });
      const { versionstamp, marks } = result as MarkedResult;
      reply({ type: "committed", id, versionstamp, marks });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const wrong = error instanceof TypeError;
      reply({ type: "failed", id, message, wrong });
    }
  }
}
